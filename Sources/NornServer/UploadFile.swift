import Foundation
import NornSite

/// The file of an upload on its way in: private, and no larger than the site allows.
struct UploadFile: ~Copyable {
    private let handle: FileHandle
    private let bytesMaximum: Int
    private var bytes = 0

    init(_ url: URL, bytesMaximum: Int) throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw SiteError("file_not_written", "The upload cannot be kept", hint: "Check the disk of the home") }
        handle = try FileHandle(forWritingTo: url)
        self.bytesMaximum = bytesMaximum
    }

    deinit { try? handle.close() }

    mutating func write(_ piece: Data) throws {
        bytes += piece.count
        guard bytes <= bytesMaximum else {
            throw SiteError(
                "upload_too_large", "The upload is larger than \(bytesMaximum / 1_048_576) MiB",
                hint: "See data.upload_megabytes")
        }
        try handle.write(contentsOf: piece)
    }

    consuming func finish() throws {
        guard bytes > 0 else { throw SiteError("empty_file", "The file is empty", field: "file") }
    }
}
