import Foundation
import Glibc
import NornManifest

/// Files of the server's machine that callers may name: only those below folders that the settings name.
extension Site {
    /// The file or folder at a path, with all its links resolved; it has to be there.
    public func servedFile(_ path: String, field: String) throws -> URL {
        let resolved = try Self.resolved(path, field: field)
        try requireServed(resolved, field: field)
        return resolved
    }

    /// A file that may not be there yet, in a folder that is.
    public func servedNewFile(_ path: String, field: String) throws -> URL {
        let url = URL(filePath: path)
        let folder = try Self.resolved(url.deletingLastPathComponent().path, field: field)
        try requireServed(folder, field: field)
        let file = folder.appending(path: url.lastPathComponent)
        // A link that stands there already may lead elsewhere.
        if let target = realpath(file.path, nil) {
            defer { free(target) }
            try requireServed(URL(filePath: String(cString: target)), field: field)
        }
        return file
    }

    private static func resolved(_ path: String, field: String) throws -> URL {
        guard path.hasPrefix("/"), path.utf8.count < Int(PATH_MAX), !path.utf8.contains(0) else {
            throw SiteError.invalid("\(field) is an absolute path on the server", field: field)
        }
        guard let real = realpath(path, nil) else { throw closed(field) }
        defer { free(real) }
        return URL(filePath: String(cString: real))
    }

    private func requireServed(_ file: URL, field: String) throws {
        let isServed = settings.data.folders.contains { folder in
            guard let real = realpath(folder, nil) else { return false }
            defer { free(real) }
            let base = String(cString: real)
            return file.path == base || file.path.hasPrefix(base == "/" ? "/" : base + "/")
        }
        guard isServed else { throw Self.closed(field) }
    }

    /// The same whether the file is there or not: nobody learns of files outside the folders.
    private static func closed(_ field: String) -> SiteError {
        SiteError(
            "forbidden_path", "There is no such file in the folders that the site opens to callers", field: field,
            hint: "An administrator names folders in data.folders of site.yaml")
    }
}
