import Foundation
import HTTPTypes
import NornManifest
import NornSite

/// Backups of the site, made by the server itself.
enum BackupRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "/api/site/backups", right: .admin,
            summary: "Make a backup in a new folder of the server's machine, while the site serves.",
            body: .json("NewBackup"), answer: .json("Backup"), status: .created,
            handle: { call in
                let body = try await call.json()
                guard let folder = try path(body, "folder") else {
                    throw SiteError.invalid("folder is an absolute path", field: "folder")
                }
                let request = BackupRequest(
                    folder: folder, base: try path(body, "base"), keys: try path(body, "keys"))
                return try Answers.json(try await call.site.backup(request), status: .created)
            })
    ]

    /// An absolute path; nil where it is absent.
    private static func path(_ body: JSON, _ name: String) throws -> URL? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let text = value.asString, text.hasPrefix("/"), text.utf8.count < 4096, !text.utf8.contains(0) else {
            throw SiteError.invalid("\(name) is an absolute path", field: name)
        }
        return URL(filePath: text).standardizedFileURL
    }
}
