import NornKit

/// Times operations on a table of 8-byte keys and 16-byte values; its summary holds the seconds of each run.
struct TableBench: Component {
    static let rows = 1_000_000
    static let partitions = 4
    static let runs = 7

    static let scale = Kernel.mapValues("scale") { (pair: SIMD2<Double>, factor: Double) in pair * factor }
    static let add = Kernel.join("add") { (left: SIMD2<Double>, right: SIMD2<Double>) in left + right }
    static let total = Kernel.reduce("total") { (left: SIMD2<Double>, right: SIMD2<Double>) in left + right }

    static let descriptor = ComponentDescriptor(
        name: "TableBench", roles: [.guest], kernels: [scale, add, total])

    func run(_ context: TaskContext<NoParameters>) async throws {
        let table = try await Self.table(context.tables)
        var seconds: [String: CBOR] = [:]
        seconds["mapValues"] = try await Self.timed {
            let scaled = try await table.mapValues(Self.scale, with: 2.0)
            guard scaled.count == Self.rows else { throw ComponentError(.dataLoss, "mapValues lost rows.") }
        }
        seconds["join"] = try await Self.timed {
            let joined = try await table.join(table, Self.add)
            guard joined.count == Self.rows else { throw ComponentError(.dataLoss, "join lost rows.") }
        }
        seconds["reduce"] = try await Self.timed {
            let sum = try await table.reduce(Self.total) ?? SIMD2(0, 0)
            guard sum.y == Double(Self.rows) else { throw ComponentError(.dataLoss, "reduce lost rows.") }
        }
        try context.tracking.summary(seconds)
    }

    private static func table(_ tables: Tables) async throws -> Table {
        let writer = try tables.writer(partitions: partitions)
        for row in 0..<rows {
            // Distinct keys in no order.
            let key = Int(truncatingIfNeeded: UInt64(row) &* 0x9E37_79B9_7F4A_7C15)
            try writer.put(.int(key), SIMD2(Double(row), 1))
        }
        return try await writer.seal()
    }

    /// The first run warms the memory and is not counted.
    private static func timed(_ body: () async throws -> Void) async throws -> CBOR {
        var seconds: [CBOR] = []
        for run in 0...runs {
            let duration = try await ContinuousClock().measure(body)
            let time = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
            if run > 0 { seconds.append(.double(time)) }
        }
        return .array(seconds)
    }
}
