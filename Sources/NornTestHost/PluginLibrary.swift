import Foundation
import Glibc
import NornABI
import NornKit

/// A built plugin in this process. Never unloaded: a Swift runtime in it would be left dangling.
struct PluginLibrary: @unchecked Sendable {
    // Sendable: a plugin's tables are constant for the process's life.
    let path: String
    let plugin: UnsafePointer<norn_plugin>

    init(path: String) throws {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw TestHostError("\(path) cannot be loaded: \(String(cString: dlerror()))")
        }
        guard let symbol = dlsym(library, "norn_plugin_entry_1") else {
            throw TestHostError("\(path) is no plugin: it exports no norn_plugin_entry_1.")
        }
        let enter = unsafeBitCast(symbol, to: PluginEntry.self)
        var plugin: UnsafePointer<norn_plugin>?
        try callHost { enter(PlainHost.table, NORN_LEVEL, NORN_LEVEL, &plugin, $0) }
        guard let plugin else { throw TestHostError("\(path) gave no plugin.") }
        self.path = path
        self.plugin = plugin
    }

    /// A product of this package or of an installed Norn: beside the test bundle, or in the folder that `NORN_PLUGINS`
    /// names.
    static func find(_ name: String) throws -> String {
        var folders = [CommandLine.arguments[0], executablePath()].map { $0.split(separator: "/").dropLast() }
            .map { "/" + $0.joined(separator: "/") }
        if let named = getenv("NORN_PLUGINS") { folders.insert(String(cString: named), at: 0) }
        for folder in folders where access("\(folder)/lib\(name).so", R_OK) == 0 { return "\(folder)/lib\(name).so" }
        if let installed = findInstalled(name) { return installed }
        throw TestHostError("lib\(name).so is in none of \(folders.joined(separator: ", ")): build it first.")
    }

    /// In the tree that this program is installed in: `libexec/norn/program`, `lib/norn/plugins/<id>/`.
    private static func findInstalled(_ name: String) -> String? {
        let prefix = executablePath().split(separator: "/").dropLast(3).joined(separator: "/")
        let plugins = "/\(prefix)/lib/norn/plugins"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: plugins)) ?? []
        return folders.sorted().map { "\(plugins)/\($0)/lib\(name).so" }.first { access($0, R_OK) == 0 }
    }

    private static func executablePath() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { readlink("/proc/self/exe", $0, text.count) } ?? 0
            }
        }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

private typealias PluginEntry =
    @convention(c) (
        UnsafePointer<norn_host>?, UInt32, UInt32, UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?,
        UnsafeMutablePointer<norn_error>?
    ) -> norn_status

extension UnsafePointer<norn_plugin> {
    var engines: [UnsafePointer<norn_engine>] {
        (0..<Int(pointee.engine_count)).compactMap { pointee.engines[$0] }
    }

    func component(_ name: String) throws -> UnsafePointer<norn_component> {
        let components = (0..<Int(pointee.component_count)).compactMap { pointee.components[$0] }
        guard let found = components.first(where: { $0.pointee.name.swiftText == name }) else {
            let names = components.map { $0.pointee.name.swiftText }.joined(separator: ", ")
            throw TestHostError("The plugin has no component \(name); it has \(names).")
        }
        return found
    }
}

extension UnsafePointer<norn_component> {
    /// The component's section of the manifest, as its code has it.
    func describe() throws -> CBOR {
        guard let describe = pointee.describe else { throw TestHostError("The component does not describe itself.") }
        return try CBOR(decoding: try gatherBytes { describe(self, $0, $1) })
    }

    func outputNames() throws -> [String] { try describe()["outputs"]?.array?.compactMap(\.text) ?? [] }
}

/// The test itself is wrong, not the component.
public struct TestHostError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
