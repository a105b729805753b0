/// What a kernel reference carries: CBOR `[plugin, component, kernel, argument]`. All kernels of a plugin share one `open`,
/// so the closure says which one is meant; with the plugin's digest it is all that another process needs.
struct KernelClosure {
    let plugin: String
    let component: String
    let kernel: String
    let argument: CBOR

    init(plugin: String, component: String, kernel: String, argument: CBOR) {
        self.plugin = plugin
        self.component = component
        self.kernel = kernel
        self.argument = argument
    }

    init(decoding bytes: UnsafeRawBufferPointer) throws {
        guard case .array(let parts) = try CBOR(decoding: bytes), parts.count == 4,
            let plugin = parts[0].text, let component = parts[1].text, let kernel = parts[2].text
        else { throw ComponentError(.invalidArgument, "This closure was not made by NornKit.", fault: .host) }
        self.init(plugin: plugin, component: component, kernel: kernel, argument: parts[3])
    }

    var encoded: [UInt8] {
        CBOR.array([.text(plugin), .text(component), .text(kernel), argument]).encoded()
    }
}
