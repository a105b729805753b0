import HTTPTypes
import Hummingbird
import NIOCore
import NornManifest
import NornRegistry
import NornSite

/// Plugins: install, remove, switch, history; and what another site installs from here.
enum PluginRoutes {
    static let bundleType = "application/octet-stream"

    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/plugins", right: .read,
            summary: "Every plugin that was admitted, switched off or not.", answer: .jsonArray(of: "Plugin"),
            needsHeart: true, handle: { call in try Answers.json(try await call.site.plugins.list()) }),
        APIRoute(
            method: .post, path: "/api/plugins", right: .admin,
            summary: "Install a bundle, as norn component pack makes it; jobs may use it at once.",
            query: [.init(name: "source", summary: "where it came from, for the history")],
            body: .stream(mediaType: bundleType), answer: .json("Plugin"), status: .created, handle: install),
        APIRoute(
            method: .delete, path: "/api/plugins/{plugin}", right: .admin,
            summary: "Remove a plugin that was installed here; what runs goes on with it.", query: [version],
            answer: .json("Done"),
            handle: { call in
                try await call.site.plugins.remove(
                    id: call.parameter("plugin"), version: call.query("version"), by: call.caller)
                return Answers.value(["done": true])
            }),
        APIRoute(
            method: .post, path: "/api/plugins/{plugin}/disable", right: .admin,
            summary: "Keep new jobs from using a plugin.", query: [version], answer: .json("Plugin"),
            handle: { call in try await setEnabled(false, call) }),
        APIRoute(
            method: .post, path: "/api/plugins/{plugin}/enable", right: .admin,
            summary: "Let jobs use a plugin again.", query: [version], answer: .json("Plugin"),
            handle: { call in try await setEnabled(true, call) }),
        APIRoute(
            method: .get, path: "/api/plugins/{plugin}/bundle", right: .read,
            summary: "A plugin as a bundle, for another site to install; the newest version unless one is named.",
            query: [version], answer: .stream(mediaType: bundleType), needsHeart: true, handle: bundle),
        APIRoute(
            method: .get, path: "/api/plugin-history", right: .admin,
            summary: "What was done with plugins, newest first, refusals too.",
            query: [
                .init(name: "plugin", summary: "only of this plugin"),
                .init(name: "limit", summary: "at most so many", isInteger: true),
            ], answer: .jsonArray(of: "PluginChange"),
            handle: { call in
                let limit = try call.integer("limit", in: 1...PluginService.historyMaximum) ?? 100
                return try Answers.json(
                    try await call.site.plugins.history(plugin: call.query("plugin"), limit: limit))
            }),
    ]

    private static let version = APIRoute.Query(name: "version", summary: "which version, where there are several")

    @Sendable private static func install(_ call: APIRequest) async throws -> Response {
        let bytes: [UInt8]
        do {
            let buffer = try await call.request.body.collect(upTo: PluginBundle.bytesMaximum)
            bytes = Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw SiteError("upload_too_large", "A bundle has at most \(PluginBundle.bytesMaximum / 1_048_576) MiB")
        }
        let source = String((call.query("source") ?? "upload").prefix(1024))
        return try Answers.json(
            try await call.site.plugins.install(bytes, from: source, by: call.caller), status: .created)
    }

    private static func setEnabled(_ isEnabled: Bool, _ call: APIRequest) async throws -> Response {
        try Answers.json(
            try await call.site.plugins.setEnabled(
                isEnabled, id: call.parameter("plugin"), version: call.query("version"), by: call.caller))
    }

    @Sendable private static func bundle(_ call: APIRequest) async throws -> Response {
        let bundle = try await call.site.plugins.bundle(
            id: call.parameter("plugin"), version: call.query("version"))
        return Response(
            status: .ok,
            headers: [
                .contentType: bundleType, .contentDisposition: "attachment; filename=\"\(bundle.fileName)\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bundle.encoded())))
    }
}
