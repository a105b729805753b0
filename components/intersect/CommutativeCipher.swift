import NornCrypto
import NornKit

/// Encryption whose layers commute: points of curve25519 under secret scalars (`ecdh`), or squares modulo a safe prime
/// under secret exponents (`dh`).
enum CommutativeCipher: Sendable {
    case curve(CurveScalar)
    case group(ResidueGroup, GroupExponent)

    /// - Parameter secret: a cache's; a fresh one when nil
    init(_ settings: IntersectionSettings, secret: [UInt8]? = nil) throws {
        switch settings.method {
        case .dh:
            let group = try ResidueGroup(safePrimeBits: settings.keyBits)
            self = .group(group, try secret.map(GroupExponent.init) ?? GroupExponent())
        case .ecdh, .rsa:
            guard (secret?.count ?? 32) == 32 else { throw IntersectionCache.damaged }
            self = .curve(try secret.map(CurveScalar.init) ?? CurveScalar())
        }
    }

    var secret: [UInt8] {
        switch self {
        case .curve(let scalar): scalar.secret
        case .group(_, let exponent): exponent.bytes
        }
    }

    var bytesEach: Int {
        switch self {
        case .curve: CurvePoints.bytesEach
        case .group(let group, _): group.bytesEach
        }
    }

    /// Ids, hashed and encrypted once.
    func encrypt(_ ids: Messages, _ settings: IntersectionSettings, on loop: ThreadLoop) throws -> [UInt8] {
        switch self {
        case .curve(let scalar):
            let method = settings.hashMethod
            let digests = Messages(try method.digests(of: ids), bytesEach: method.byteCount)
            let points = try CurvePoints(
                hashing: digests.bytes, offsets: digests.offsets, tag: settings.tag, on: loop)
            return try scalar.multiply(points, on: loop).bytes
        case .group(let group, let exponent):
            let hashes = try group.hash(ids, method: settings.hashMethod, prefix: settings.tag, on: loop)
            return try exponent.power(hashes, in: group, on: loop).bytes
        }
    }

    /// Throws for elements that no honest party sends.
    func check(_ elements: [UInt8], on loop: ThreadLoop) throws {
        switch self {
        case .curve: _ = try CurvePoints(checking: elements)
        case .group(let group, _): _ = try group.residues(checking: elements, on: loop)
        }
    }

    /// The tokens of a peer's elements, checked one by one and encrypted once more. A token of `dh` is a digest: 32 bytes
    /// instead of a residue's.
    func tokens(of elements: [UInt8], _ settings: IntersectionSettings, on loop: ThreadLoop) throws -> [UInt8] {
        switch self {
        case .curve(let scalar):
            return try scalar.multiply(CurvePoints(checking: elements), on: loop).bytes
        case .group(let group, let exponent):
            let residues = try group.residues(checking: elements, on: loop)
            let twice = try exponent.power(residues, in: group, on: loop)
            return try Token.bytes(of: twice.bytes, bytesEach: bytesEach, method: .sha256, tag: settings.tag)
        }
    }

    /// A peer's tokens: of `ecdh` they are points and checked as such.
    func check(tokens: [UInt8]) throws {
        if case .curve = self { _ = try CurvePoints(checking: tokens) }
    }
}
