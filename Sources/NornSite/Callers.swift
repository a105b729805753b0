import Crypto
import Foundation
import NornStore

/// What a caller may do.
public enum Right: String, Codable, CaseIterable, Sendable {
    /// Everything, tokens and peers included.
    case admin
    /// Submit and stop jobs.
    case submit
    /// See jobs, metrics and logs.
    case read
    /// Upload, download, grant and delete tables.
    case data
}

/// Who calls: known by a token.
public struct Caller: Equatable, Sendable {
    public var submitter: String
    /// Party ids for which the caller may act; empty for every party of the site.
    public var parties: [String]
    public var rights: Set<Right>

    public init(submitter: String, parties: [String], rights: Set<Right>) {
        self.submitter = submitter
        self.parties = parties
        self.rights = rights
    }

    /// The site itself.
    public static let site = Caller(submitter: "site", parties: [], rights: Set(Right.allCases))

    public func may(_ right: Right) -> Bool { rights.contains(.admin) || rights.contains(right) }

    public func mayActFor(_ party: String) -> Bool { parties.isEmpty || parties.contains(party) }

    /// Refuses a caller who may not act for this party.
    public func requireParty(_ party: String, field: String? = nil) throws {
        guard mayActFor(party) else {
            throw SiteError(
                "forbidden_party", "The token of \(submitter) may not act for party \(party)", field: field,
                hint: "Use a token made with --party \(party)")
        }
    }
}

/// Makes and checks tokens. A secret is shown once; the store holds its hash.
public struct TokenOffice: Sendable {
    static let secretBytes = 32
    static let localTokenID = "local"
    static let tokensMaximum = 10_000

    let store: any Store
    private let known = KnownCallers()

    public init(store: any Store) {
        self.store = store
    }

    static func hash(_ secret: String) -> String { hexadecimal(SHA256.hash(data: Data(secret.utf8))) }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        digest.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// Who shows this secret; nil for nobody.
    public func caller(secret: String) async throws -> Caller? {
        guard secret.utf8.count <= 256 else { return nil }
        let digest = SHA256.hash(data: Data(secret.utf8))
        return try await known.caller(digest) {
            guard let token = try await store.token(hash: Self.hexadecimal(digest)) else { return nil }
            return Caller(
                submitter: token.submitter, parties: token.parties,
                rights: Set(token.rights.compactMap(Right.init(rawValue:))))
        }
    }

    /// What a client of FATE signs with that has this app key, and who it is; nil for an unknown key.
    func signer(_ appKey: String) async throws -> (secret: String, caller: Caller)? {
        guard let token = try await store.tokens().first(where: { $0.id == appKey }) else { return nil }
        let caller = Caller(
            submitter: token.submitter, parties: token.parties,
            rights: Set(token.rights.compactMap(Right.init(rawValue:))))
        return (Self.signingSecret(hash: token.hash), caller)
    }

    /// The secret of a token's signatures. Both ends have to know it, and the store keeps no secret of a token: so it is
    /// made from the hash that the store does keep, and says nothing of the token's own secret.
    static func signingSecret(hash: String) -> String {
        let key = SymmetricKey(data: Data(hash.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("norn fate client signature 1".utf8), using: key)
        return code.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// - Parameters:
    ///   - parties: among those of the creator; nil or none takes all of the creator's.
    ///   - creator: who asks for it. Nobody gives a token for more parties than its own.
    public func create(
        submitter: String, parties: [String]?, rights: [Right], by creator: Caller
    ) async throws -> TokenView {
        guard !submitter.isEmpty, submitter.utf8.count <= 128 else {
            throw SiteError.invalid("A token needs the name of its submitter, at most 128 bytes", field: "submitter")
        }
        guard submitter != Caller.site.submitter else {
            throw SiteError.invalid("The name is the site's own", field: "submitter", hint: "Choose another")
        }
        let wanted = parties ?? []
        for party in wanted { try creator.requireParty(party, field: "parties") }
        guard !rights.isEmpty else {
            throw SiteError.invalid(
                "A token needs at least one right", field: "rights", hint: "admin, submit, read or data")
        }
        guard try await store.tokens().count < Self.tokensMaximum else {
            throw SiteError("too_many_tokens", "The site holds \(Self.tokensMaximum) tokens", hint: "Revoke some")
        }
        return try await make(
            id: FreshID.hexadecimal(bytes: 6), submitter, wanted.isEmpty ? creator.parties : wanted, rights)
    }

    /// The token of this run for the command on the same machine; replaces the one of the run before.
    public func createLocal() async throws -> String {
        _ = try await store.removeToken(id: Self.localTokenID)
        known.forgetAll()
        let view = try await make(id: Self.localTokenID, "local", [], [.admin])
        return view.secret ?? ""
    }

    private func make(
        id: String, _ submitter: String, _ parties: [String], _ rights: [Right]
    ) async throws -> TokenView {
        let secret = "norn_" + FreshID.hexadecimal(bytes: Self.secretBytes)
        let record = TokenRecord(
            id: id, hash: Self.hash(secret), submitter: submitter, parties: parties, rights: rights.map(\.rawValue),
            created: Clocks.wallMilliseconds())
        try await store.putToken(record)
        var view = TokenView(record)
        view.secret = secret
        view.signingSecret = Self.signingSecret(hash: record.hash)
        return view
    }

    public func list() async throws -> [TokenView] { try await store.tokens().map(TokenView.init) }

    public func revoke(_ id: String) async throws {
        let isRemoved = try await store.removeToken(id: id)
        known.forgetAll()
        guard isRemoved else { throw SiteError.notFound("token", id) }
    }
}

extension TokenView {
    init(_ record: TokenRecord) {
        self.init(
            id: record.id, submitter: record.submitter, parties: record.parties, rights: record.rights,
            created: record.created, secret: nil, signingSecret: nil)
    }
}
