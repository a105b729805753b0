import Glibc
import NornABI
import NornManifest

/// Rules 401 to 404: what plugin and host agree on, when the host is as it should be and when it is not.
struct NegotiationRules {
    let plugin: CheckedPlugin
    let teller: Teller

    func findings(_ number: Int) throws -> Findings {
        teller.at("entering it")
        let loaded = try LoadedPlugin(path: plugin.library)
        switch number {
        case 401: return TableRules.findings(try loaded.enter())
        case 402: return try newerHost(loaded)
        case 403: return try olderHost(loaded)
        default: return try lyingHosts(loaded)
        }
    }

    /// A host of the future: a larger table, a wider range of levels, and extensions nobody knows yet.
    private func newerHost(_ loaded: LoadedPlugin) throws -> Findings {
        var findings = Findings()
        let ordinary = try loaded.enter()
        let size = MemoryLayout<norn_host>.size + 256
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        memset(memory, 0xff, size)
        let host = memory.bindMemory(to: norn_host.self, capacity: 1)
        host.initialize(to: TrialHost.make())
        host.pointee.struct_size = UInt32(size)
        host.pointee.level = ordinary.pointee.level_built
        for high in [NORN_LEVEL, NORN_LEVEL + 1, NORN_LEVEL + 1000] {
            teller.at("entering it with a host of levels \(NORN_LEVEL_LOWEST) to \(high) and a table of \(size) bytes")
            let answer = loaded.enter(host: UnsafePointer(host), low: NORN_LEVEL_LOWEST, high: high)
            if answer.status != NORN_OK {
                findings.fail(
                    "a host of levels \(NORN_LEVEL_LOWEST) to \(high) gets status \(answer.status): \(answer.message)")
            } else if answer.plugin == nil {
                findings.fail("a host of levels \(NORN_LEVEL_LOWEST) to \(high) gets NORN_OK and no plugin")
            }
        }
        return findings
    }

    private func olderHost(_ loaded: LoadedPlugin) throws -> Findings {
        var findings = Findings()
        let table = try loaded.enter().pointee
        var ranges = [(table.level_built + 1, table.level_built + 9)]
        if table.level_min > 0 { ranges.append((0, table.level_min - 1)) }
        for (low, high) in ranges {
            let range = "\(low) to \(high), while it works at \(table.level_min) to \(table.level_built)"
            teller.at("entering it with a host of levels \(range)")
            let answer = loaded.enter(host: TrialHost.table, low: low, high: high)
            if answer.status == NORN_OK {
                findings.fail("it accepts a host of levels \(range)")
            } else if answer.status != NORN_FAILED_PRECONDITION {
                findings.fail(
                    "it refuses a host of levels \(range) with status \(answer.status), not NORN_FAILED_PRECONDITION")
            } else if answer.message.isEmpty {
                findings.fail("it refuses a host of levels \(range) without a word")
            }
            teller.at("entering it with a host of levels \(range) and no place for an error")
            var none: UnsafePointer<norn_plugin>?
            if loaded.entry(TrialHost.table, low, high, &none, nil) == NORN_OK {
                findings.fail("without a place for an error it accepts a host of levels \(range)")
            }
        }
        return findings
    }

    /// Hosts that withhold every extension, each one in turn, or give a table that is shorter than it may be.
    private func lyingHosts(_ loaded: LoadedPlugin) throws -> Findings {
        var findings = Findings()
        let table = try loaded.enter()
        for component in table.components {
            let name = component.pointee.name.trialText
            let task = TrialTask(component: name, manifest: plugin.manifest)
            teller.at("creating \(name) with a host that grants no extension")
            let answer = task.create(component, host: TrialHost.table)
            if answer.status != NORN_OK, answer.message.isEmpty {
                findings.fail(
                    "\(name) does not say what it misses when its host grants nothing (status \(answer.status))")
            }
            answer.destroy(component)
            var short = TrialHost.make()
            short.struct_size = 16
            teller.at("creating \(name) with a host whose table ends after 16 bytes, without a place for an error")
            withUnsafePointer(to: &short) { host in
                task.create(component, host: host, withError: false).destroy(component)
            }
        }
        return findings
    }
}

extension UnsafePointer<norn_plugin> {
    var components: [UnsafePointer<norn_component>] {
        (0..<Int(pointee.component_count)).compactMap { pointee.components?[$0] }
    }

    var engines: [UnsafePointer<norn_engine>] {
        (0..<Int(pointee.engine_count)).compactMap { pointee.engines?[$0] }
    }
}
