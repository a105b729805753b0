import NornKit
import NornMath
import NornTestHost
import Testing

/// Runs a component of the feature family at one party.
func feature(
    _ component: String, _ inputs: [TestInput], _ parameters: [String: CBOR] = [:], role: Role = .guest
) async throws -> TestResult {
    try await TestHost(product: "norn_feature").run(
        component, parameters: parameters, parties: [TestParty(role, "9999", inputs: inputs)])[role]
}

/// Fits, applies the model to the same table and expects the same rows.
func fitAndApply(
    _ component: String, _ inputs: [TestInput], _ parameters: [String: CBOR] = [:]
) async throws -> (fitted: TestResult, instances: Instances) {
    let fitted = try await feature(component, inputs, parameters)
    #expect(fitted.error == nil, "\(String(describing: fitted.error))")
    let model = try CBOR(decoding: try fitted.bytes("model"))
    let applied = try await feature(component, inputs + [try .model("model", model)], parameters)
    #expect(applied.error == nil, "\(String(describing: applied.error))")
    let (first, second) = (try await fitted.table(), try await applied.table())
    #expect(first.schema == second.schema)
    let (rows, again) = (try await first.collect([UInt8].self), try await second.collect([UInt8].self))
    #expect(rows.map(\.key) == again.map(\.key) && rows.map(\.value) == again.map(\.value))
    return (fitted, try await first.instances())
}

/// Random columns with some values missing or zero, as instances.
struct FeatureData {
    let ids: [Key]
    let header: [String]
    let columns: [[Double]]
    let labels: [Double]

    init(rows: Int, columns count: Int, prefix: String = "x", missing: Int = 0, classes: Int = 2, seed: Int = 7) {
        var generator = SeededGenerator(seed: seed)
        ids = (0..<rows).map { Key.text("r\($0 + 1000)") }
        header = (0..<count).map { "\(prefix)\($0)" }
        var labels: [Double] = []
        var columns = [[Double]](repeating: [], count: count)
        for row in 0..<rows {
            labels.append(Double(Int.random(in: 0..<classes, using: &generator)))
            for column in 0..<count {
                let noise = Double.random(in: -2...2, using: &generator)
                let isMissing = missing > 0 && (row * 7 + column * 3) % missing == 0
                columns[column].append(
                    isMissing ? .nan : ((labels[row] * Double(column) / 3 + noise) * 100).rounded() / 100)
            }
        }
        self.labels = labels
        self.columns = columns
    }

    init(ids: [Key], header: [String], columns: [[Double]], labels: [Double]) {
        self.ids = ids
        self.header = header
        self.columns = columns
        self.labels = labels
    }

    var rows: Int { ids.count }

    /// - Parameter isSparse: as sparse rows
    func input(_ name: String = "data", labelled: Bool = true, isSparse: Bool = false) -> TestInput {
        let schema = TableSchema(
            layout: isSparse ? .sparse : .float64, header: header, content: .instances,
            labelName: labelled ? "y" : nil, labelType: labelled ? "int" : nil)
        let format: InstanceFormat
        do { format = try InstanceFormat(schema) } catch { preconditionFailure("\(error)") }
        let values = ids.indices.map { row -> [UInt8] in
            let features = columns.map { $0[row] }
            guard isSparse else { return format.bytes(of: InstanceRow(label: labels[row], values: features)) }
            let named = features.indices.filter { features[$0] != 0 }
            return format.bytes(
                of: InstanceRow(label: labels[row], values: named.map { features[$0] }, columns: named.map(UInt32.init))
            )
        }
        return .table(name, Array(zip(ids, values)), schema: schema)
    }
}
