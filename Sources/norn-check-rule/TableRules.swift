import NornABI

/// Rule 401: every struct of a plugin's tables, field by field.
enum TableRules {
    private static let countMaximum: UInt32 = 4096
    private static let kernelFlags =
        NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS | NORN_KERNEL_COMMUTATIVE | NORN_KERNEL_ORDERED
        | NORN_KERNEL_IDEMPOTENT

    static func findings(_ plugin: UnsafePointer<norn_plugin>) -> Findings {
        var findings = Findings()
        let table = plugin.pointee
        guard table.struct_size >= NORN_PLUGIN_LEVEL_1_BYTES else {
            findings.fail("the plugin's struct_size is \(table.struct_size), below \(NORN_PLUGIN_LEVEL_1_BYTES)")
            return findings
        }
        if table.level_min > table.level_built { findings.fail("level_min is above level_built") }
        if table.level_built < NORN_LEVEL_LOWEST || table.level_min > NORN_LEVEL {
            findings.fail(
                "it works at levels \(table.level_min) to \(table.level_built), this Norn at "
                    + "\(NORN_LEVEL_LOWEST) to \(NORN_LEVEL)")
        }
        if table.id.trialText.isEmpty { findings.fail("the plugin's id is empty") }
        if table.version.trialText.isEmpty { findings.fail("the plugin's version is empty") }
        if table.component_count == 0, table.engine_count == 0 { findings.fail("it offers nothing") }
        guard table.component_count <= countMaximum, table.engine_count <= countMaximum else {
            findings.fail("it says that it has \(table.component_count) components and \(table.engine_count) engines")
            return findings
        }
        if plugin.components.count < Int(table.component_count) { findings.fail("an entry of components is NULL") }
        if plugin.engines.count < Int(table.engine_count) { findings.fail("an entry of engines is NULL") }
        for component in plugin.components { check(component, &findings) }
        for engine in plugin.engines { check(engine, &findings) }
        return findings
    }

    private static func check(_ component: UnsafePointer<norn_component>, _ findings: inout Findings) {
        let table = component.pointee
        guard table.struct_size >= NORN_COMPONENT_LEVEL_1_BYTES else {
            return findings.fail(
                "a component's struct_size is \(table.struct_size), below \(NORN_COMPONENT_LEVEL_1_BYTES)")
        }
        let name = table.name.trialText
        if name.isEmpty { findings.fail("a component's name is empty") }
        let slots: [(String, Bool)] = [
            ("describe", table.describe != nil), ("create", table.create != nil), ("run", table.run != nil),
            ("cancel", table.cancel != nil), ("destroy", table.destroy != nil),
        ]
        for (slot, isFilled) in slots where !isFilled { findings.fail("\(name)'s \(slot) is NULL") }
        guard table.kernel_count <= countMaximum else {
            return findings.fail("\(name) says that it has \(table.kernel_count) kernels")
        }
        let kernels = (0..<Int(table.kernel_count)).compactMap { table.kernels?[$0] }
        if kernels.count < Int(table.kernel_count) { findings.fail("an entry of \(name)'s kernels is NULL") }
        for kernel in kernels { check(kernel, of: name, &findings) }
        let names = kernels.map { $0.pointee.name.trialText }
        if Set(names).count < names.count { findings.fail("two kernels of \(name) have the same name") }
    }

    private static func check(
        _ kernel: UnsafePointer<norn_kernel>, of component: String, _ findings: inout Findings
    ) {
        let table = kernel.pointee
        guard table.struct_size >= NORN_KERNEL_LEVEL_1_BYTES else {
            return findings.fail(
                "a kernel of \(component) has struct_size \(table.struct_size), below \(NORN_KERNEL_LEVEL_1_BYTES)")
        }
        let name = "\(component)'s kernel \(table.name.trialText)"
        if table.name.count == 0 { findings.fail("a kernel of \(component) has no name") }
        if !(NORN_KERNEL_MAP...NORN_KERNEL_GROUP).contains(table.kind) { findings.fail("\(name) is of no known kind") }
        if table.flags & ~kernelFlags != 0 { findings.fail("\(name) has flags that nobody knows") }
        if table.open == nil || table.step == nil || table.close == nil {
            findings.fail("\(name) lacks open, step or close")
        }
        if table.kind == NORN_KERNEL_REDUCE, table.freeze == nil || table.merge == nil {
            findings.fail("\(name) folds, and lacks freeze or merge")
        }
    }

    private static func check(_ engine: UnsafePointer<norn_engine>, _ findings: inout Findings) {
        let table = engine.pointee
        guard table.struct_size >= NORN_ENGINE_LEVEL_1_BYTES else {
            return findings.fail("an engine's struct_size is \(table.struct_size), below \(NORN_ENGINE_LEVEL_1_BYTES)")
        }
        let name = table.name.trialText
        if name.isEmpty { findings.fail("an engine's name is empty") }
        let slots: [(String, Bool)] = [
            ("describe", table.describe != nil), ("open", table.open != nil), ("cancel", table.cancel != nil),
            ("close", table.close != nil), ("table_create", table.table_create != nil),
            ("table_put", table.table_put != nil), ("table_seal", table.table_seal != nil),
            ("table_publish", table.table_publish != nil), ("table_open", table.table_open != nil),
            ("table_info", table.table_info != nil), ("table_release", table.table_release != nil),
            ("table_destroy", table.table_destroy != nil), ("table_get", table.table_get != nil),
            ("table_scan", table.table_scan != nil), ("map_reduce", table.map_reduce != nil),
            ("zip", table.zip != nil), ("reduce", table.reduce != nil), ("repartition", table.repartition != nil),
        ]
        for (slot, isFilled) in slots where !isFilled { findings.fail("engine \(name)'s \(slot) is NULL") }
    }
}
