import NornFlow
import NornManifest
import NornStore
import NornWorkers

extension AttemptPlan {
    /// What the component's manifest asks for, now that the rows of all inputs are known.
    func declared(for role: Role) -> ResourceRequest {
        let rows = start.inputs.reduce(0) { sum, input in
            if case .table(_, _, _, let rows) = input.source { sum + rows } else { sum }
        }
        return component.resources(for: Manifest.Role(rawValue: role.rawValue) ?? .local).request(rows: rows)
    }
}

extension AttemptRecord {
    mutating func note(declared: ResourceRequest, granted: Resources) {
        declaredCores = declared.cores
        declaredMemoryBytes = Int64(declared.memoryBytes)
        declaredNodes = declared.workingNodes
        grantedCores = granted.cores
        grantedMemoryBytes = granted.memoryBytes
        grantedNodes = granted.workingNodes
    }
}

/// Cores, memory and nodes of an attempt.
public struct AmountsView: Codable, Equatable, Sendable {
    public var cores: Int
    public var memoryBytes: Int64
    public var workingNodes: Int

    init?(_ cores: Int?, _ memoryBytes: Int64?, _ workingNodes: Int?) {
        guard let cores, let memoryBytes, let workingNodes else { return nil }
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.workingNodes = workingNodes
    }
}

extension AttemptView {
    init(_ record: AttemptRecord, failure: SiteError?) {
        self.init(
            task: record.task, attempt: record.attempt, role: record.role, party: record.party,
            component: record.component, engine: record.engine, status: record.status, started: record.started,
            ended: record.ended, failure: failure,
            declared: AmountsView(record.declaredCores, record.declaredMemoryBytes, record.declaredNodes),
            granted: AmountsView(record.grantedCores, record.grantedMemoryBytes, record.grantedNodes),
            peakMemoryBytes: record.peakMemoryBytes, processorMilliseconds: record.processorMilliseconds)
    }
}
