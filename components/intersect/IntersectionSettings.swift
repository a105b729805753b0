import NornCrypto
import NornKit

enum IntersectionMethod: String, Codable, Sendable {
    case ecdh, dh, rsa
}

/// What all parties of an intersection do alike, and the salt that they agreed on.
struct IntersectionSettings: Codable, Sendable {
    private static let domain = "NORN-V01-PSI-with-"
    var method: IntersectionMethod
    /// of the RSA key or the safe prime
    var keyBits: Int
    var hash: String
    var finalHash: String
    /// Separates this job's hashes from all others': the protocol's name and a digest of salt and shares; at most 255
    /// bytes.
    var tag: [UInt8] = []

    var hashMethod: DigestMethod { DigestMethod(rawValue: hash) ?? .sha256 }
    var finalHashMethod: DigestMethod { DigestMethod(rawValue: finalHash) ?? .sha256 }

    init(_ parameters: IntersectionParameters) throws {
        method = parameters.protocolMethod
        switch method {
        case .rsa:
            keyBits = parameters.rsa.keyLength
            hash = parameters.rsa.hashMethod.lowercased()
            finalHash = parameters.rsa.finalHashMethod.lowercased()
        case .dh:
            keyBits = parameters.dh.keyLength
            hash = parameters.dh.hashMethod.lowercased()
            finalHash = DigestMethod.sha256.rawValue
        case .ecdh:
            keyBits = 255
            hash = parameters.ecdh.hashMethod.lowercased()
            finalHash = DigestMethod.sha256.rawValue
        }
    }

    var name: String { "\(method.rawValue)/\(keyBits)/\(hash)/\(finalHash)" }

    mutating func salt(_ shares: [[UInt8]], _ parameters: IntersectionParameters) throws {
        let own =
            switch method {
            case .rsa: parameters.rsa.salt
            case .dh: parameters.dh.salt
            case .ecdh: parameters.ecdh.salt
            }
        let salted = shares.flatMap { $0 } + Array(own.utf8)
        let suite = method == .ecdh ? "curve25519_XMD:SHA-512_ELL2_NU_" : "\(method.rawValue)_MGF1_"
        tag = Array((Self.domain + suite).utf8) + (try SHA512.digest(salted))
    }
}
