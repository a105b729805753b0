import NornFlow
import NornManifest
import NornWorkers

extension JobTask {
    /// Whether the party does not run the component but hands its input on, as FATE has it for `need_run: false`.
    func isPassedOver(at party: Party) -> Bool { parameters[party]?["need_run"] == false }
}

extension AttemptOrder {
    var isPassedOver: Bool { parameters["need_run"] == false }
}

extension AttemptPlan {
    /// What a component that is passed over hands on: the first table that comes in, as the first that goes out.
    /// Nothing is learned, so no model.
    var handedThrough: [ReportedOutput] {
        guard let table = tables.first, let output = start.outputs.first(where: { $0.kind == PortKind.table.rawValue })
        else { return [] }
        return [ReportedOutput(name: output.name, artifact: table)]
    }
}
