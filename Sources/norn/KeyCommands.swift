import ArgumentParser
import Foundation
import NornRegistry
import NornSite

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys that publishers sign plugins with.",
        subcommands: [KeyNew.self, KeyShow.self])
}

struct KeyNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make an ed25519 key; its file is a secret of its owner.")

    @Argument(help: "The file to make; it must not be there.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let key = SigningKey()
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw SiteError(
                    "file_not_written", "\(file) cannot be made: \(String(cString: strerror(errno)))",
                    hint: "A key is never overwritten: name another file")
            }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(key.text.utf8))
            try handle.synchronize()
            try KeyFile.show(key, json: json)
        }
    }
}

struct KeyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the public half of a key: sites know the publisher by it.")

    @Argument(help: "The key's file.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) { try KeyFile.show(KeyFile.read(file), json: json) }
    }
}

enum KeyFile {
    static func read(_ path: String) throws -> SigningKey {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let key = SigningKey(text: text) else {
            throw SiteError(
                "key_not_read", "\(path) is not a key", field: "--key", hint: "norn key new makes one")
        }
        return key
    }

    static func show(_ key: SigningKey, json: Bool) throws {
        let publisher = key.publicKey.description
        if json { try Printing.json(["publisher": publisher]) } else { print("publisher  \(publisher)") }
    }
}
