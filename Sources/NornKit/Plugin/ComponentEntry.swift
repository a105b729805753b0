import NornABI

/// A component as the plugin's vtable shows it. Made once, kept for the process's life.
final class ComponentEntry: Sendable {
    let plugin: String
    let descriptor: ComponentDescriptor
    private let start: @Sendable (Attempt, norn_task) throws -> AttemptInstance
    private let defaults: @Sendable () throws -> CBOR

    init<C: Component>(_ type: C.Type, plugin: String) {
        self.plugin = plugin
        descriptor = type.descriptor
        defaults = { try CBOREncoder().value(of: C.Parameters()) }
        start = { try AttemptInstance(type, attempt: $0, task: $1) }
    }

    /// The manifest's section as the code has it: what admission compares. The kit's own kernels are no news to anybody.
    func describe() throws -> CBOR {
        [
            "name": .text(descriptor.name),
            "roles": .array(descriptor.roles.map { .text($0.rawValue) }),
            "inputs": .array(descriptor.inputs.map { .text($0.name) }),
            "outputs": .array(descriptor.outputs.map { .text($0.name) }),
            "parameters": try defaults(),
            "kernels": .array(
                descriptor.kernels.map { ["name": .text($0.name), "revision": .int(Int64($0.revision))] }),
        ]
    }

    var table: UnsafePointer<norn_component> {
        let kernels = (descriptor.kernels + BuiltInKernels.all).map { kernel in
            Permanent.value(KernelTable.vtable(kernel.definition))
        }
        var component = norn_component()
        component.struct_size = UInt32(MemoryLayout<norn_component>.size)
        component.kernel_count = UInt32(kernels.count)
        component.name = Permanent.string(descriptor.name)
        component.context = UnsafeRawPointer(Unmanaged.passRetained(self).toOpaque())
        component.kernels = Permanent.list(kernels)
        component.describe = { component, sink, error in
            catching(error) {
                guard let sink else { throw ComponentError(.invalidArgument, "No sink.", fault: .host) }
                try sink.write(try ComponentEntry.of(component).describe().encoded())
            }
        }
        component.create = { component, host, task, instance, error in
            catching(error) {
                let entry = try ComponentEntry.of(component)
                guard let host, let task, let instance else {
                    throw ComponentError(.invalidArgument, "create without host, task or place.", fault: .host)
                }
                let attempt = Attempt(host: host, plugin: entry.plugin, task: task.pointee)
                instance.pointee = Unmanaged.passRetained(try entry.start(attempt, task.pointee)).toOpaque()
            }
        }
        component.run = { instance, error in catching(error) { try AttemptInstance.at(instance).run() } }
        component.cancel = { instance, _ in try? AttemptInstance.at(instance).cancel() }
        component.destroy = { instance in
            if let instance { Unmanaged<AttemptInstance>.fromOpaque(instance).takeRetainedValue().end() }
        }
        return Permanent.value(component)
    }

    private static func of(_ component: UnsafePointer<norn_component>?) throws -> ComponentEntry {
        guard let context = component?.pointee.context else {
            throw ComponentError(.invalidArgument, "A component without its context.", fault: .host)
        }
        return Unmanaged<ComponentEntry>.fromOpaque(context).takeUnretainedValue()
    }
}
