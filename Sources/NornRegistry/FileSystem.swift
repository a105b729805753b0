import Glibc

/// Why a file could not be read or written.
struct FileError: Error {
    var message: String
    var isTooLarge = false
}

/// The few calls on files that admission needs, each with its reason on failure. They block: a scan is rare and short.
enum FileSystem {
    /// The reason of the last failed call, without its number.
    static func reason() -> String { String(cString: strerror(errno)) }

    static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    static func isDirectory(_ path: String) -> Bool { mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false }

    static func exists(_ path: String) -> Bool { mode(path) != nil }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    /// Names in a folder, sorted; the order in which a folder lists them is random.
    static func names(in path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else { throw FileError(message: "the folder cannot be listed: \(reason())") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The whole of a regular file, which may not change its size meanwhile.
    static func read(_ path: String, bytesMaximum: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(message: "the file cannot be opened: \(reason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(message: "it is not a regular file")
        }
        let count = Int(status.st_size)
        guard count <= bytesMaximum else {
            throw FileError(message: "the file has \(count) bytes", isTooLarge: true)
        }
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + initialized }, count - initialized)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failure = FileError(message: got == 0 ? "the file shrank while it was read" : reason())
                    return
                }
                initialized += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes a new file, durable once it returns.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileError(message: "the file cannot be made: \(reason())") }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(message: "the file cannot be written: \(reason())") }
            written += count
        }
        // The mode given to open is cut by the umask.
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
            throw FileError(message: "the file cannot be made durable: \(reason())")
        }
    }

    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(FileError) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw FileError(message: "the folder cannot be made: \(reason())")
        }
    }

    /// Makes the names in a folder durable.
    static func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(message: reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(message: "the folder cannot be made durable: \(reason())") }
    }

    /// Makes the folders that a relative path leads through, below `root`.
    static func makeParents(of path: String, in root: String) throws(FileError) {
        var folder = root
        for step in path.split(separator: "/").dropLast() {
            folder += "/\(step)"
            try makeDirectory(folder)
        }
    }

    /// Removes a folder with all that is in it, as far as it can be; links are removed, not followed.
    static func removeDirectory(_ path: String) {
        chmod(path, 0o755)
        for name in (try? names(in: path)) ?? [] {
            let entry = "\(path)/\(name)"
            var status = stat()
            if lstat(entry, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                removeDirectory(entry)
            } else {
                unlink(entry)
            }
        }
        rmdir(path)
    }
}
