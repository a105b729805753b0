import Glibc
import NornKit
import NornMath

/// How the guest measures a model after an epoch, with the hosts' scores of the same rows.
struct GuestValidation: Sendable {
    let task: HeteroTask
    let hosts: [Party]
    let scope: FitScope
    let measured: [(stage: String, instances: Instances)]
    /// the label that means yes; nil in a regression
    let yes: Double?

    private var metrics: InTrainingMetrics {
        InTrainingMetrics(yes == nil ? .regression : .binary, task.settings.validation.metrics)
    }

    /// Measures on every stage; what counts for stopping is "validate".
    func measure(
        _ weights: [Double], epoch: Int, memory: inout ValidationMemory
    ) async throws -> ValidationStatus {
        let metrics = metrics
        var decisive: [(name: String, value: Double)] = []
        for (stage, instances) in measured {
            var scores = instances.scores(0..<instances.rows, weights: weights)
            for host in hosts {
                try await task.linear.add(
                    to: &scores, name: MessageName.hostScore, tag: scope.tag("\(stage).\(epoch)"), from: host)
            }
            let labels = instances.labels ?? []
            let values =
                yes.map { yes in
                    metrics.values(
                        truth: labels.map { $0 == yes ? 1 : 0 }, predictions: scores.map { 1 / (1 + exp(-$0)) })
                } ?? metrics.values(truth: labels, predictions: scores)
            try task.linear.publish(values, as: scope.validationName(epoch), namespace: stage)
            memory.note(values, namespace: stage)
            if stage == "validate" { decisive = values }
        }
        guard task.settings.validation.rounds != nil else { return ValidationStatus(improved: []) }
        guard !decisive.isEmpty else {
            throw ComponentError.invalid(
                field: "metrics",
                "none of them has a value on the validation rows, so that nothing says when to stop")
        }
        if task.settings.validation.usesFirstMetricOnly { decisive = [decisive[0]] }
        let status = memory.observe(decisive)
        for role in [Role.host, .arbiter] {
            try await task.federation.send(
                status, name: MessageName.validationStatus, tag: scope.tag("\(epoch)"), to: role)
        }
        return status
    }
}
