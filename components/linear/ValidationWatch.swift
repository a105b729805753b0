import NornMath

/// What measuring a model after an epoch means for training. Names of metrics only, no values.
struct ValidationStatus: Codable, Sendable {
    /// metrics that are better than ever; the first one asked for decides which model is kept
    var improved: [String]
    var first: String?
    /// the metric that did not get better for too long: training ends with the model that was its best
    var stoppedBy: String?

    enum CodingKeys: String, CodingKey {
        case improved, first
        case stoppedBy = "stopped_by"
    }
}

/// The guest's memory of measurements.
struct ValidationWatch {
    let rounds: Int
    private var best: [String: Double] = [:]
    private var misses: [String: Int] = [:]

    init(rounds: Int) { self.rounds = rounds }

    mutating func observe(_ values: [(name: String, value: Double)]) -> ValidationStatus {
        var status = ValidationStatus(improved: [], first: values.first?.name)
        for (name, value) in values {
            let isLarger = MetricNames.largerIsBetter.contains(name)
            let isBetter = best[name].map { isLarger ? value > $0 : value < $0 } ?? true
            if isBetter {
                best[name] = value
                misses[name] = 0
                status.improved.append(name)
            } else {
                misses[name, default: 0] += 1
            }
        }
        status.stoppedBy = values.first { misses[$0.name, default: 0] >= rounds }?.name
        return status
    }
}

/// What the guest remembers of a fit's measurements.
struct ValidationMemory {
    private var watch: ValidationWatch?
    private(set) var history: ValidationHistory = [:]

    /// - Parameter rounds: nil where measuring does not stop training
    init(rounds: Int?) { watch = rounds.map(ValidationWatch.init) }

    mutating func note(_ values: [(name: String, value: Double)], namespace: String) {
        for (name, value) in values { history[namespace, default: [:]][name, default: []].append(value) }
    }

    mutating func observe(_ values: [(name: String, value: Double)]) -> ValidationStatus {
        watch?.observe(values) ?? ValidationStatus(improved: [])
    }
}

/// A party's own weights at the times that the guest calls best.
struct BestWeights {
    private var byMetric: [String: (epoch: Int, weights: [Double])] = [:]
    private(set) var kept: (epoch: Int, weights: [Double])?

    mutating func take(_ status: ValidationStatus, epoch: Int, weights: [Double]) {
        for name in status.improved { byMetric[name] = (epoch, weights) }
        if let first = status.first, status.improved.contains(first) { kept = (epoch, weights) }
        if let metric = status.stoppedBy { kept = byMetric[metric] ?? kept }
    }
}
