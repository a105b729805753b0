import NornABI

/// A plugin: what one shared library offers. Its one exported function hands over to `enter`:
///
///     private let plugin = Plugin(id: "org.example.scale", version: "1.0.0", components: [Scale.self])
///
///     @c @implementation public func norn_plugin_entry_1(
///         _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
///         _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
///     ) -> norn_status { plugin.enter(host, low, high, out, error) }
public final class Plugin: @unchecked Sendable {
    // Sendable: the vtables are made in init and constant from then on.
    /// The lowest level of a host that has all that this kit calls.
    static let levelNeeded: UInt32 = 1

    public let id: String
    public let version: String
    /// What the entry gives to the host; lives as long as the process.
    public let table: UnsafePointer<norn_plugin>

    public init(
        id: String, version: String, components: [any Component.Type], engines: [UnsafePointer<norn_engine>] = []
    ) {
        self.id = id
        self.version = version
        var plugin = norn_plugin()
        plugin.struct_size = UInt32(MemoryLayout<norn_plugin>.size)
        plugin.level_min = Self.levelNeeded
        plugin.level_built = NORN_LEVEL
        plugin.id = Permanent.string(id)
        plugin.version = Permanent.string(version)
        let entries = components.map { ComponentEntry($0, plugin: id).table }
        plugin.component_count = UInt32(entries.count)
        plugin.components = Permanent.list(entries)
        plugin.engine_count = UInt32(engines.count)
        plugin.engines = Permanent.list(engines)
        table = Permanent.value(plugin)
    }

    /// The body of `norn_plugin_entry_1`.
    public func enter(
        _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
        _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
    ) -> norn_status {
        catching(error, domain: id) {
            guard let out else { throw ComponentError(.invalidArgument, "No place for the plugin.", fault: .host) }
            guard low <= NORN_LEVEL, high >= Self.levelNeeded else {
                throw ComponentError(
                    .failedPrecondition,
                    "\(id) \(version) works at levels \(Self.levelNeeded) to \(NORN_LEVEL) of the plugin interface; "
                        + "this host has \(low) to \(high).")
            }
            out.pointee = table
        }
    }
}
