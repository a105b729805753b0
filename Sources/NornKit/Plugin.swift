import NornABI

/// A plugin: what one shared library offers. Its one exported function hands over to `enter`:
///
///     private let plugin = Plugin(id: "org.example.scale", version: "1.0.0", components: [Scale.self])
///
///     @c @implementation public func norn_plugin_entry_1(
///         _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
///         _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
///     ) -> norn_status { plugin.enter(host, low, high, out, error) }
public final class Plugin: Sendable {
    public let id: String
    public let version: String
    public init(id: String, version: String, components: [any Component.Type]) {
        self.id = id
        self.version = version
    }
    /// The body of `norn_plugin_entry_1`.
    public func enter(
        _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
        _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
    ) -> norn_status { fatalError() }
}
