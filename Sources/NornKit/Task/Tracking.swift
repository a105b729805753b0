import NornABI

/// What people and programs see of a running task.
public struct Tracking: Sendable {
    let attempt: Attempt

    /// One number: `metric("auc", 0.97)`.
    public func metric(_ name: String, _ value: Double, namespace: String = "") throws {
        try series(name, namespace: namespace, type: "SCALAR", points: [(.text(name), .double(value))])
    }

    /// Appends a point to a series: `point("loss", at: Double(iteration), loss)`.
    public func point(
        _ name: String, at key: Double, _ value: Double, namespace: String = "", type: String = "LINE"
    ) throws {
        try series(name, namespace: namespace, type: type, points: [(.double(key), .double(value))])
    }

    /// Appends points to a series with its meta data, as FATE's metrics have them: a type such as `ROC_EVALUATION`.
    public func series(
        _ name: String, namespace: String, type: String, points: [(key: CBOR, value: CBOR)], meta: [String: CBOR] = [:]
    ) throws {
        let metric: CBOR = [
            "namespace": .text(namespace), "name": .text(name), "type": .text(type),
            "points": .array(points.map { .array([$0.key, $0.value]) }), "meta": .map(meta),
        ]
        let call = try slot(try attempt.tracking().pointee.metric, "metric")
        try metric.encoded().withNornBytes { bytes in try withHostError { call(attempt.host, bytes, $0) } }
    }

    public func progress(_ done: Int, of total: Int, _ what: String = "") throws {
        let call = try slot(try attempt.tracking().pointee.progress, "progress")
        try what.withNornString { what in
            try withHostError { call(attempt.host, UInt64(max(0, done)), UInt64(max(0, total)), what, $0) }
        }
    }

    /// A few named results; a later summary replaces an earlier one.
    public func summary(_ summary: [String: CBOR]) throws {
        let call = try slot(try attempt.tracking().pointee.summary, "summary")
        try CBOR.map(summary).encoded().withNornBytes { bytes in try withHostError { call(attempt.host, bytes, $0) } }
    }

    /// - Parameter summary: encodes to a map.
    public func summary(_ summary: some Encodable) throws {
        guard case .map(let values) = try CBOREncoder().value(of: summary) else {
            throw ComponentError(.invalidArgument, "A summary is a map of named values.")
        }
        try self.summary(values)
    }

    /// What people see of a model (weights by name); stays at this party.
    public func model(_ view: some Encodable, name: String = "model") throws {
        let call = try slot(try attempt.tracking().pointee.model, "model")
        let bytes = try CBOREncoder().encode(view)
        try name.withNornString { name in
            try bytes.withNornBytes { bytes in try withHostError { call(attempt.host, name, bytes, $0) } }
        }
    }
}
