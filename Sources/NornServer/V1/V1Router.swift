import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornDialects
import NornManifest
import NornSite

/// Takes requests of FATE's clients to their routes and the answers back.
struct V1Router: Sendable {
    static let routes: [V1Route] =
        V1JobRoutes.all + V1JobQueryRoutes.all + V1JobFileRoutes.all + V1UploadRoutes.all + V1TableRoutes.all
        + V1ServerFileRoutes.all
        + V1ModelRoutes.all + V1ModelFileRoutes.all + V1TagRoutes.all + V1CheckpointRoutes.all
        + V1TrackingRoutes.all + V1OutputRoutes.all + V1PermissionRoutes.all + V1ServerRoutes.all + V1RefusedRoutes.all

    let scheduler: Scheduler

    func add(to router: Router<APIContext>) {
        for route in Self.routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await answer(route, request, context)
            }
        }
    }

    private func answer(_ route: V1Route, _ request: Request, _ context: APIContext) async throws -> Response {
        do {
            return try await serve(route, request, context)
        } catch let refusal as V1Refusal {
            return V1Answers.response(refusal.reply, status: route.refusalStatus)
        } catch let error as SiteError {
            return V1Answers.response(V1Answers.reply(error, otherwise: route.failure), status: route.refusalStatus)
        }
    }

    private func serve(_ route: V1Route, _ request: Request, _ context: APIContext) async throws -> Response {
        let site = scheduler.site
        if scheduler.role == .standby {
            return try await StandbyProxy.shared.pass(request, to: scheduler.activeAddress)
        }
        let patience = StorePatience(scheduler: scheduler)
        if let handle = route.handleParts, MultipartReader.isMultipart(request.headers[.contentType]) {
            let parts = V1PartsRequest(request: request, site: site) { form in
                try await self.call(route, request, context, body: nil, form: form)
            }
            return try Self.response(try await patience.value { try await handle(parts) })
        }
        let call = try await call(route, request, context, body: try await Self.bytes(request, site), form: "")
        return try Self.response(try await patience.value { try await route.handle(call) })
    }

    /// The request, if its caller may call the route.
    private func call(
        _ route: V1Route, _ request: Request, _ context: APIContext, body bytes: [UInt8]?, form: String
    ) async throws -> V1Request {
        let site = scheduler.site
        let known = try await V1Credentials(site: site).caller(
            request, context, known: context.caller, body: bytes, form: form)
        let caller = try V1Credentials.require(route.right, known, path: route.path)
        let body = try bytes.map(Self.json) ?? .object([:])
        try Self.checkParty(route.namesPartner ? ["local": body["local"] ?? .null] : body, caller)
        return V1Request(request: request, context: context, caller: caller, site: site, body: body)
    }

    /// The body, up to the site's limit.
    static func bytes(_ request: Request, _ site: Site) async throws -> [UInt8] {
        let limit = site.settings.http.maximumBodyMegabytes * 1_048_576
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIRequest.tooLarge(limit)
        }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIRequest.tooLarge(limit)
        }
    }

    /// A body as an object; a client that has nothing to say sends none.
    static func json(_ bytes: [UInt8]) throws -> JSON {
        guard !bytes.isEmpty else { return .object([:]) }
        do {
            let json = try JSON(parsing: bytes)
            guard json.asObject != nil || json.isNull else { throw SiteError.invalid("The body is not an object") }
            return json.isNull ? .object([:]) : json
        } catch let error as JSONError {
            throw SiteError(
                "invalid_json", "The body is not JSON: \(error)", field: error.path.isEmpty ? nil : error.path)
        }
    }

    /// A party that is not the caller's is closed to the caller on every route.
    static func checkParty(_ body: JSON, _ caller: Caller) throws {
        for (value, field) in [(body["party_id"], "party_id"), (body["local"]?["party_id"], "local.party_id")] {
            // Filters take lists of ids, too.
            for id in (value?.asArray ?? [value ?? .null]).compactMap({ $0.asString ?? $0.asInt.map { String($0) } })
            where id != "0" && !id.isEmpty && !caller.mayActFor(id) {
                throw V1Refusal(
                    .permission,
                    "the credential of \(caller.submitter) is not for the party \(id.prefix(40)) (\(field))")
            }
        }
    }

    private static func response(_ answer: V1Answer) throws -> Response {
        switch answer {
        case .reply(let reply): return V1Answers.response(reply)
        case .document(let document, let name):
            var response = Answers.value(document)
            response.headers[.contentDisposition] = "attachment; filename=\"\(fileName(name))\""
            return response
        case .file(let file, let name, let mediaType):
            var response = try Answers.file(file, mediaType: mediaType)
            response.headers[.contentDisposition] = "attachment; filename=\"\(fileName(name))\""
            return response
        case .archive(let bytes, let name, let digest):
            // The client takes all behind `filename=` for the name, quotes too.
            return Response(
                status: .ok,
                headers: [
                    .contentType: "application/zip", .contentDigest: digest,
                    .contentDisposition: "attachment; filename=\(token(name))",
                ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }

    /// Only what may stand in a header without quotes.
    private static func token(_ name: String) -> String {
        String(
            name.unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains($0))
            })
    }

    /// Only what may stand in a header.
    private static func fileName(_ name: String) -> String {
        String(name.unicodeScalars.filter { $0.isASCII && $0.value > 31 && $0 != "\"" && $0 != "\\" && $0 != "/" })
    }
}
