import Foundation
import NIOSSL
import Synchronization

/// This site's key and certificate as they are on disk now: a renewed certificate is used by the next handshake,
/// without a restart.
public final class SiteIdentity: Sendable {
    public static let keyFile = "site.key.pem"
    public static let certificateFile = "site.cert.pem"
    /// Read and write for the owner alone.
    static let keyFileMode = 0o600

    /// One reading of the files; a later one has a higher generation.
    struct Current: Sendable {
        let certificate: SiteCertificate
        let chain: [NIOSSLCertificateSource]
        let privateKey: NIOSSLPrivateKeySource
        let generation: Int
    }

    private struct State {
        var current: Current
        var stamps: [FileStamp?]
    }

    private let paths: [String]
    private let state: Mutex<State>

    /// Reads the key and certificate of a folder.
    /// - Throws: `FederationError.configuration` when they are missing, damaged or of different keys.
    public init(folder: String) throws {
        let paths = [folder + "/" + Self.certificateFile, folder + "/" + Self.keyFile]
        self.paths = paths
        let stamps = paths.map(FileStamp.init(path:))
        state = Mutex(State(current: try Self.read(paths, generation: 0), stamps: stamps))
    }

    /// Writes a key and certificate; the key's file is 0600 from its first byte.
    /// - Throws: `FederationError.alreadyExists` when there is a key and `replacing` is false.
    public static func write(_ certificate: SiteCertificate, folder: String, replacing: Bool = false) throws {
        let manager = FileManager.default
        let keyPath = folder + "/" + keyFile
        guard replacing || !manager.fileExists(atPath: keyPath) else {
            throw FederationError(.alreadyExists, "\(keyPath) is there already; peers know this site by it")
        }
        try manager.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try AtomicFile.write(certificate.privateKeyPEM, to: keyPath, mode: keyFileMode)
        try AtomicFile.write(certificate.certificatePEM, to: folder + "/" + certificateFile, mode: 0o644)
    }

    /// The certificate in use.
    public var certificate: SiteCertificate { current().certificate }
    public var pin: KeyPin { certificate.pin }

    /// Files that changed are read again; a pair that cannot be read leaves the one before in use.
    func current() -> Current {
        state.withLock { state in
            let stamps = paths.map(FileStamp.init(path:))
            if stamps != state.stamps {
                state.stamps = stamps
                if let next = try? Self.read(paths, generation: state.current.generation + 1) { state.current = next }
            }
            return state.current
        }
    }

    private static func read(_ paths: [String], generation: Int) throws -> Current {
        guard let certificatePEM = try? String(contentsOfFile: paths[0], encoding: .utf8),
            let privateKeyPEM = try? String(contentsOfFile: paths[1], encoding: .utf8)
        else {
            throw FederationError(
                .configuration, "there is no key or certificate at \(paths[1]): run `norn site init`")
        }
        let certificate = try SiteCertificate(certificatePEM: certificatePEM, privateKeyPEM: privateKeyPEM)
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(privateKeyPEM.utf8), format: .pem)
        return Current(
            certificate: certificate, chain: chain.map { .certificate($0) }, privateKey: .privateKey(key),
            generation: generation)
    }
}
