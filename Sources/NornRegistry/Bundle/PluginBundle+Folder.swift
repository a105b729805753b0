import NornManifest

extension PluginBundle {
    /// Packs the plugin of a folder as its author built it: libraries get the path `<platform>/<name>`, and the manifest
    /// the digests of what is packed.
    public init(packing folderPath: String, key: SigningKey?) throws {
        let folder = try PluginFolder(folderPath)
        let (text, decoded) = try folder.manifest()
        let manifest = decoded.manifest
        var files: [TarArchive.Entry] = []
        var libraryMembers: [JSON] = []
        for library in manifest.libraries {
            let name = library.path.split(separator: "/").last.map(String.init) ?? library.path
            let entry = TarArchive.Entry(
                path: "\(library.platform)/\(name)",
                bytes: try folder.read(
                    library.path, bytesMaximum: Self.bytesMaximum, plugin: manifest.plugin.id))
            libraryMembers.append([
                "platform": .string(library.platform), "path": .string(entry.path),
                "sha256": .string(Digest.hexadecimal(of: entry.bytes)),
            ])
            files.append(entry)
        }
        var fileMembers: [JSON] = []
        for file in manifest.files {
            let bytes = try folder.read(
                file.path, bytesMaximum: PluginPayload.fileBytesMaximum, plugin: manifest.plugin.id)
            fileMembers.append(["path": .string(file.path), "sha256": .string(Digest.hexadecimal(of: bytes))])
            files.append(TarArchive.Entry(path: file.path, bytes: bytes))
        }
        var json = try JSON(parsing: text).asObject ?? [:]
        if !libraryMembers.isEmpty { json["libraries"] = .array(libraryMembers) }
        if !fileMembers.isEmpty { json["files"] = .array(fileMembers) }
        let entry = TarArchive.Entry(
            path: Self.manifestName, bytes: Array((JSON.object(json).text(.pretty) + "\n").utf8))
        try self.init(files: [entry] + files, key: key)
    }

    /// The bundle that an installed folder came from.
    public init(unpackedIn folderPath: String) throws {
        self = try PluginFolder(folderPath).bundle()
    }

    /// Writes the bundle's files into a new folder, durable once it returns.
    public func unpack(into folder: String) throws(BundleError) {
        do {
            try FileSystem.makeDirectory(folder)
            var entries = files + [TarArchive.Entry(path: DigestList.fileName, bytes: Array(list.text.utf8))]
            if let signature {
                entries.append(TarArchive.Entry(path: BundleSignature.fileName, bytes: Array(signature.text.utf8)))
            }
            for entry in entries {
                try FileSystem.makeParents(of: entry.path, in: folder)
                try FileSystem.write(entry.bytes, to: "\(folder)/\(entry.path)", mode: 0o644)
            }
            try FileSystem.syncDirectory(folder)
        } catch {
            FileSystem.removeDirectory(folder)
            throw .refused("it cannot be unpacked in \(folder): \(error.message)")
        }
    }
}
