import NornABI
import NornKit

private let plugin = Plugin(
    id: "norn.data", version: "0.1.0",
    components: [
        CacheLoader.self, DataTransform.self, Download.self, ModelLoader.self, Reader.self, Upload.self,
    ])

/// The plugin's one exported symbol; the header says what it promises.
@c @implementation public func norn_plugin_entry_1(
    _ host: UnsafePointer<norn_host>!, _ levelLow: UInt32, _ levelHigh: UInt32,
    _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>!, _ error: UnsafeMutablePointer<norn_error>!
) -> norn_status {
    plugin.enter(host, levelLow, levelHigh, out, error)
}
