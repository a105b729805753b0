import NornABI
import NornKit

private let plugin = Plugin(
    id: "norn.linear", version: "0.1.0", components: [HeteroLR.self, HeteroLinR.self, HomoLR.self, LocalBaseline.self])

@c @implementation
public func norn_plugin_entry_1(
    _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
    _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
) -> norn_status { plugin.enter(host, low, high, out, error) }
