import Foundation
import HTTPTypes
import Hummingbird
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// One route of `/v1`, the API of FATE-Flow 1.11 that FATE's own clients call. What no client calls is not served.
struct V1Route: Sendable {
    /// Such as `/v1/job/submit`.
    var path: String
    /// FATE's clients download with GET; everything else is POST.
    var method = HTTPRequest.Method.post
    /// Nil: everyone may.
    var right: Right?
    /// What an error means that has no closer code.
    var failure = V1Code.argument
    /// Of a refusal: the client takes an answer of 200 for the file where it downloads one.
    var refusalStatus = HTTPResponse.Status.ok
    /// Whether `party_id` is of a partner, not of the caller.
    var namesPartner = false
    var handle: @Sendable (V1Request) async throws -> V1Answer
    /// Takes a body of several parts (`multipart/form-data`) instead, where the client sends a file; the parts before it
    /// are signed.
    var handleParts: (@Sendable (V1PartsRequest) async throws -> V1Answer)?

    /// As the table of clients' requests names it: below `/v1`, the method before it unless it is POST.
    var request: String {
        let place = String(path.dropFirst(V1Answers.prefix.count))
        return method == .post ? place : "\(method.rawValue) \(place)"
    }
}

/// A request whose body is read part by part. Nothing of it may be used before it was opened.
struct V1PartsRequest: Sendable {
    let request: Request
    let site: Site
    /// Finds out who calls, given the form that the client signed.
    let authenticate: @Sendable (String) async throws -> V1Request

    /// The request with the fields before the file as its body, and the rest to read.
    /// - Throws: when the caller may not call the route.
    func opened() async throws -> (call: V1Request, parts: MultipartBody) {
        let parts = try await MultipartBody(request)
        let fields = JSONObject(parts.fields.map { ($0.name, JSON.string($0.value)) })
        return (try await authenticate(parts.form).with(.object(fields)), parts)
    }
}

/// What a route of `/v1` answers.
enum V1Answer: Sendable {
    case reply(V1Reply)
    /// A file that the server made for this answer; its folder goes when it is sent.
    case file(URL, name: String, mediaType: String)
    /// JSON as a file that the client named.
    case document(JSON, name: String)
    /// A ZIP file that is small enough to be in memory, with its SHA-256.
    case archive([UInt8], name: String, digest: String)

    static func data(_ data: JSON?, message: String = "success") -> V1Answer {
        .reply(V1Reply(data, message: message))
    }
}

/// Why a route refuses, where the code matters more than the words.
struct V1Refusal: Error {
    var code: V1Code
    var message: String
    var job: JobID?
    var data: JSON?

    init(_ code: V1Code, _ message: String, job: JobID? = nil, data: JSON? = nil) {
        self.code = code
        self.message = message
        self.job = job
        self.data = data
    }

    var reply: V1Reply { V1Reply(data, message: message, job: job, code: code) }
}

/// What a handler of `/v1` works with.
struct V1Request: Sendable {
    let request: Request
    let context: APIContext
    let caller: Caller
    let site: Site
    /// An object; empty where the client sent none.
    let body: JSON

    func pathParameter(_ name: String) -> String? { context.parameters.get(name)?.removingPercentEncoding }

    subscript(name: String) -> JSON? {
        guard let value = body[name], !value.isNull else { return nil }
        return value
    }

    /// A text, or a number as text: ids come as either. Nil where it is absent or empty.
    func text(_ name: String) throws -> String? {
        guard let value = self[name] else { return nil }
        if let text = value.asString { return text.isEmpty ? nil : text }
        if let number = value.asInt { return String(number) }
        throw SiteError.invalid("\(name) is a text", field: name)
    }

    /// Texts that must be there; FATE-Flow names all that are missing at once.
    func require(_ names: String...) throws -> [String] {
        let values = try names.map { try text($0) }
        let missing = zip(names, values).filter { $0.1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw V1Refusal(.argument, "required argument are missing: \(missing.joined(separator: ",")); ")
        }
        return values.compactMap { $0 }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.asInt ?? value.asString.flatMap({ Int($0) }), range.contains(number) else {
            throw SiteError.invalid(
                "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)", field: name)
        }
        return number
    }

    /// Names of components: a list, or the text that the command passes on, such as `a_0, b_0` or `[a_0,b_0]`.
    func componentNames(_ name: String) throws -> [String]? {
        guard let text = self[name]?.asString else {
            let names = try texts(name)
            return names.isEmpty ? nil : names
        }
        let names = text.split { ",[]\"' \t\r\n".contains($0) }.map(String.init)
        return names.isEmpty ? nil : names
    }

    /// An object, or the text of one, which the command passes on from a file as it is.
    func document(_ name: String) throws -> JSON? {
        guard let value = self[name] else { return nil }
        guard let text = value.asString else { return value }
        do {
            return text.isEmpty ? nil : try JSON(parsing: text)
        } catch {
            throw SiteError.invalid("\(name) is not JSON: \(error)", field: name)
        }
    }

    /// A flag as FATE's clients send one: true, 1, "1" or "true".
    func flag(_ name: String) throws -> Bool? {
        switch self[name] {
        case nil: return nil
        case .bool(let value)?: return value
        case .int(0)?, .string("0")?, .string("false")?, .string("False")?, .string("")?: return false
        case .int(1)?, .string("1")?, .string("true")?, .string("True")?: return true
        default: throw SiteError.invalid("\(name) is 0 or 1, or true or false", field: name)
        }
    }

    func object(_ name: String) throws -> JSONObject? {
        guard let value = self[name] else { return nil }
        guard let object = value.asObject else { throw SiteError.invalid("\(name) is an object", field: name) }
        return object
    }

    /// A text or a list of texts, as a list; a text may hold several with commas between them.
    func texts(_ name: String) throws -> [String] {
        guard let value = self[name] else { return [] }
        if let text = value.asString {
            return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        return try DataRoutes.strings(body, name) ?? []
    }

    /// The party that the request names, in a job of which it has to be a part.
    func party(in facts: JobFacts) throws -> (party: Party, job: Job) {
        let role = try text("role") ?? facts.parties.first?.job.initiator.role.rawValue
        let id = try text("party_id") ?? facts.parties.first?.job.initiator.v1ID
        guard let found = facts.parties.first(where: { $0.party.role.rawValue == role && $0.party.answers(to: id) })
        else {
            try refuseRole(of: facts, role)
            throw V1Refusal(
                .argument,
                "find job failed: no party \(role ?? "") \(id ?? "") of this site is in the job \(facts.summary.job)")
        }
        return found
    }
}

extension V1Request {
    /// A role of the job in which none of its parties is the caller's.
    private func refuseRole(of facts: JobFacts, _ role: String?) throws {
        guard !caller.parties.isEmpty, let role, let job = facts.parties.first?.job else { return }
        let holders = job.parties.filter { $0.role.rawValue == role }
        guard !holders.isEmpty, !holders.contains(where: { caller.mayActFor($0.id) }) else { return }
        throw V1Refusal(
            .permission,
            "the credential of \(caller.submitter) is for no party that is \(role) in the job "
                + "\(facts.summary.job) (role)")
    }
}

extension Party {
    /// A local party is 0 for FATE's clients, whoever it is.
    func answers(to id: String?) -> Bool { id == self.id || id == v1ID }
}
