/// What a plugin says about itself in the `manifest.json` beside its library.
public struct Manifest: Hashable, Sendable, Codable {
    /// The number of this form of manifest.
    public static let number = 1

    static let bytesMaximum = 1024 * 1024
    static let librariesMaximum = 256
    static let pathBytesMaximum = 4096
    static let componentsMaximum = 256
    static let enginesMaximum = 16
    static let portsMaximum = 64
    static let wireMessagesMaximum = 256
    static let kernelsMaximum = 256
    static let keyLengthsMaximum = 16
    static let coresMaximum = 4096
    static let memoryBytesMaximum = 1 << 46
    static let stopGraceMillisecondsMaximum = 600_000
    static let filesMaximum = 256

    public struct Plugin: Hashable, Sendable, Codable {
        /// Such as `norn.linear`.
        public var id: String
        public var version: String
        public var vendor: String
        public var license: String
        public var summary: String
    }

    /// The levels of the ABI that the library works with and was built with.
    public struct ABI: Hashable, Sendable, Codable {
        public var generation: Int
        public var minimumLevel: Int
        public var builtLevel: Int
    }

    public struct Library: Hashable, Sendable, Codable {
        /// Such as `linux_x86_64_glibc`.
        public var platform: String
        /// Relative to the manifest, without `..`.
        public var path: String
        /// 64 lowercase hexadecimal digits; nil in a source tree, where no library is staged yet.
        public var sha256: String?
    }

    /// A file that a plugin needs beside its library.
    public struct File: Hashable, Sendable, Codable {
        /// Relative to the manifest, without `..`.
        public var path: String
        /// 64 lowercase hexadecimal digits; nil in a source tree.
        public var sha256: String?
    }

    /// A plugin in Python: the site's bridge is its library, and runs the file.
    public struct Python: Hashable, Sendable, Codable {
        /// Id of the bridge, such as `norn.python`.
        public var bridge: String
        /// One of `files`.
        public var file: String
        /// Absolute path of a virtual environment at the site; nil for the system's Python.
        public var environment: String?
    }

    /// The name that jobs use for a plugin: `fate@1.11.3`.
    public struct Provider: Hashable, Sendable, Codable, CustomStringConvertible {
        public var name: String
        public var version: String

        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }

        public var description: String { "\(name)@\(version)" }
    }

    public var plugin: Plugin
    public var abi: ABI
    /// One for each platform; none for a plugin in Python.
    public var libraries: [Library]
    public var files: [File]
    public var python: Python?
    public var provider: Provider?
    public var components: [ComponentDeclaration]
    public var engines: [EngineDeclaration]

    public func library(for platform: String) -> Library? { libraries.first { $0.platform == platform } }
    public func component(_ name: String) -> ComponentDeclaration? { components.first { $0.name == name } }
}
