import EngineTestHost
import Glibc
import NornABI
import Testing

/// The engines that the suite holds to the same semantics.
enum EngineName: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case local, standalone

    var testDescription: String { rawValue }

    /// Plugins and the probe lie beside the test bundle.
    static let products = String(CommandLine.arguments[0].prefix(upTo: CommandLine.arguments[0].lastIndex(of: "/")!))

    var library: String { "\(Self.products)/libnorn_engine_\(rawValue).so" }
}

/// A session in a scratch folder of its own.
final class EngineSession {
    let name: EngineName
    let scratch: String
    let engine: norn_engine
    private(set) var session: UnsafeMutableRawPointer?
    private let host: UnsafeMutablePointer<norn_host>
    private let threads: UnsafeMutablePointer<UInt32>

    init(_ name: EngineName, threads: UInt32 = 2, memoryBytes: UInt64? = nil, scratch: String? = nil) throws {
        self.name = name
        self.scratch = try scratch ?? temporaryFolder()
        self.threads = .allocate(capacity: 1)
        self.threads.initialize(to: threads)
        host = .allocate(capacity: 1)
        engine_test_host_make(host, self.threads)
        var loaded: UnsafePointer<norn_engine>?
        let library = name.library
        let host = host
        try checked { error in
            loaded = engine_test_host_load(library, host, error)
            return loaded == nil ? max(error.pointee.code, NORN_UNKNOWN) : 0
        }
        engine = loaded!.pointee
        session = try Self.open(loaded!, host, self.scratch, memoryBytes)
    }

    private static func open(
        _ engine: UnsafePointer<norn_engine>, _ host: UnsafePointer<norn_host>, _ scratch: String, _ memory: UInt64?
    ) throws -> UnsafeMutableRawPointer? {
        var session: UnsafeMutableRawPointer?
        // CBOR: {"memory_bytes": u64}
        let encoded = memory.map { [0xa1, 0x6c] + Array("memory_bytes".utf8) + shortestUnsigned($0) } ?? []
        var path = scratch
        try path.withUTF8 { path in
            try encoded.withUnsafeBufferPointer { encoded in
                var options = norn_engine_options()
                options.struct_size = UInt32(MemoryLayout<norn_engine_options>.size)
                options.cores = 2
                options.scratch = norn_string(
                    data: UnsafeRawPointer(path.baseAddress!).assumingMemoryBound(to: CChar.self),
                    count: UInt64(path.count))
                options.options = norn_bytes(data: encoded.baseAddress, count: UInt64(encoded.count))
                try checked { engine.pointee.open(engine, host, &options, &session, $0) }
            }
        }
        return session
    }

    /// Ends the session; what was not published is gone.
    func close() {
        engine.close(session)
        session = nil
    }

    deinit {
        if session != nil { close() }
        threads.deallocate()
        host.deallocate()
        removeFolder(scratch)
    }

    /// Names under `<scratch>/tables`.
    var tableFolders: [String] { entries("\(scratch)/tables") }
}

private func shortestUnsigned(_ number: UInt64) -> [UInt8] {
    let bytes = bigEndian(number)
    if number <= 0xffff { return [0x19] + bytes[6...] }
    if number <= 0xffff_ffff { return [0x1a] + bytes[4...] }
    return [0x1b] + bytes
}

func temporaryFolder() throws -> String {
    var template = Array("/tmp/norn-engine-tests-XXXXXX\0".utf8CString)
    guard mkdtemp(&template) != nil else { throw EngineFailure(status: NORN_INTERNAL, message: "no scratch folder") }
    return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func entries(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        // By address: an entry is as long as its name, and a copy of the whole d_name would read past it.
        let field = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
        let name = String(cString: field.assumingMemoryBound(to: CChar.self))
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

func removeFolder(_ path: String) {
    for name in entries(path) {
        let inner = "\(path)/\(name)"
        if unlink(inner) != 0 { removeFolder(inner) }
    }
    rmdir(path)
}
