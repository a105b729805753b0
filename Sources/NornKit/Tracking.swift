/// What people and programs see of a running task.
public struct Tracking: Sendable {
    let attempt: Attempt

    /// One number: `metric("auc", 0.97)`.
    public func metric(_ name: String, _ value: Double, namespace: String = "") throws { fatalError() }
    /// Appends a point to a series: `point("loss", at: Double(iteration), loss)`.
    public func point(_ name: String, at key: Double, _ value: Double, namespace: String = "", type: String = "LINE") throws {
        fatalError()
    }
    /// Appends points to a series with its meta data, as FATE's metrics have them: a type such as `ROC_EVALUATION`.
    public func series(
        _ name: String, namespace: String, type: String, points: [(key: CBOR, value: CBOR)], meta: [String: CBOR] = [:]
    ) throws { fatalError() }
    public func progress(_ done: Int, of total: Int, _ what: String = "") throws { fatalError() }
    /// A few named results; a later summary replaces an earlier one.
    public func summary(_ summary: [String: CBOR]) throws { fatalError() }
    public func summary(_ summary: some Encodable) throws { fatalError() }
    /// What people see of a model (weights by name); stays at this party.
    public func model(_ view: some Encodable, name: String = "model") throws { fatalError() }
}
