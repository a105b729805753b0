import Foundation
import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// One party's part of a model as a file.
enum V1ModelFileRoutes {
    static let all: [V1Route] = [
        V1Route(
            path: "/v1/model/export", method: .get, right: .data, refusalStatus: .notFound, handle: export),
        V1Route(
            path: "/v1/model/import", right: .data, failure: .badRequest,
            handle: { _ in
                throw V1Refusal(.argument, "required argument are missing: file; ")
            }, handleParts: take),
    ]

    @Sendable private static func export(_ call: V1Request) async throws -> V1Answer {
        let (reference, party) = try V1ModelRoutes.part(call)
        let (archive, digest) = try await call.site.exportModel(reference, party, call.caller)
        let model = reference.id.replacing("#", with: "~")
        return .archive(
            archive, name: "\(party.role.rawValue)~\(party.id)~\(model)_\(reference.version).zip", digest: digest)
    }

    @Sendable private static func take(_ request: V1PartsRequest) async throws -> V1Answer {
        let opened = try await request.opened()
        let call = opened.call
        var parts = opened.parts
        try V1Router.checkParty(call.body, call.caller)
        let (reference, party) = try V1ModelRoutes.part(call)
        var expecting = ModelImport()
        expecting.modelID = reference.id
        expecting.version = reference.version
        expecting.role = party.role.rawValue
        expecting.party = party.id
        expecting.digest = try call.text("sha256") ?? call.text("hash")
        expecting.replaces = try call.flag("force_update") ?? false
        var archive: [UInt8] = []
        try await parts.readFile("file") { bytes in
            guard archive.count + bytes.count <= ModelRoutes.archiveBytesMaximum else {
                throw SiteError(
                    "archive_refused",
                    "The archive is larger than \(ModelRoutes.archiveBytesMaximum / 1_048_576) MiB", field: "file")
            }
            archive += bytes
        }
        let detail = try await call.site.importModel(archive, expecting: expecting, call.caller)
        return .data([
            "model_id": .string(detail.summary.modelID), "model_version": .string(detail.summary.version),
            "role": .string(detail.summary.role), "party_id": .string(detail.summary.party),
            "components": .array(detail.components.map { .string($0.task) }),
        ])
    }
}
