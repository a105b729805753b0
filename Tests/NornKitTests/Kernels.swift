import NornKit

/// The kernels of the table tests: one of each kind.
struct TableTester: Component {
    static let scale = Kernel.mapValues("scale") { (value: Double, factor: Double) in value * factor }
    static let negate = Kernel.mapValues("negate") { (value: Int) in -value }
    static let text = Kernel.mapValues("text") { (value: Int) in "value \(value)" }
    static let swell = Kernel.mapValues("swell") { (value: Int) in
        [UInt8](repeating: UInt8(value & 255), count: 300_000)
    }
    static let fail = Kernel.mapValues("fail") { (value: Int) -> Int in
        if value == 7 { throw ComponentError(.outOfRange, field: "value", "seven", fault: .user) }
        return value
    }
    static let modulo = Kernel.map("modulo") { (key, value: Int, by: Int) in (Key.int(value % by), value) }
    static let rename = Kernel.map("rename") { (key, value: Int) in (Key.text("r\(value)"), value) }
    static let twice = Kernel.flatMap("twice") { (key, value: Int) in
        value % 3 == 0 ? [] : [(Key.text("\(key)-1"), value), (Key.text("\(key)-2"), -value)]
    }
    static let above = Kernel.filter("above") { (key, value: Int, limit: Int) in value > limit }
    static let sumKept = Kernel.mapPartitions("sum_kept", keepsKeys: true) { (rows: [(key: Key, value: Int)]) in
        rows.map { ($0.key, rows.count) }
    }
    static let count = Kernel.applyPartitions("count") { (rows: [(key: Key, value: Int)]) in rows.count }
    static let byModulo = Kernel.mapPartitions("by_modulo") { (rows: [(key: Key, value: Int)], by: Int) in
        rows.map { (Key.int($0.value % by), $0.value) }
    }
    static let add = Kernel.join("add") { (left: Int, right: Int) in left + right }
    static let weighted = Kernel.join("weighted") { (left: Int, right: Double, by: Double) in Double(left) * right * by
    }
    static let larger = Kernel.union("larger") { (left: Int, right: Int) in max(left, right) }
    static let sum = Kernel.reduce("sum") { (left: Int, right: Int) in left + right }
    static let join = Kernel.reduce("join") { (left: String, right: String) in left + right }
    static let sumByKey = Kernel.reduceByKey("sum_by_key") { (left: Int, right: Int) in left + right }
    static let listByKey = Kernel.reduceByKey("list_by_key") { (left: [Int], right: [Int]) in left + right }
    static let listed = Kernel.map("listed") { (key, value: Int, by: Int) in (Key.int(value % by), [value]) }
    static let moments = Kernel.fold("moments", Moments.self)
    static let numbered = Kernel.batches("numbered", keepsKeys: true, Numbered.self)

    static let descriptor = ComponentDescriptor(
        name: "TableTester", roles: [.guest],
        kernels: [
            scale, negate, text, swell, fail, modulo, rename, twice, above, sumKept, count, byModulo, add, weighted,
            larger, sum, join, sumByKey, listByKey, listed, moments, numbered,
        ])

    func run(_ context: TaskContext<NoParameters>) async throws {}
}

/// Count and sum of a column of integers.
struct Moments: FoldBody, Equatable {
    var count = 0
    var sum = 0

    init(_ argument: NoArgument) {}

    mutating func step(_ batch: RowBatch) throws {
        for row in 0..<batch.rows {
            count += 1
            sum += try batch.value(at: row, as: Int.self)
        }
    }

    mutating func merge(_ other: Moments) {
        count += other.count
        sum += other.sum
    }
}

/// Gives each row its place in its partition.
struct Numbered: BatchBody {
    var next = 0

    init(_ argument: NoArgument, partition: PartitionPlace) {}

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            try output.put(key: batch.keyBytes(at: row), next)
            next += 1
        }
    }
}
