import NornABI
import Testing

/// Random programs of operations, run by an engine and by a dictionary.
@Suite struct DifferentialTests {
    /// SplitMix64: the same programs in every run.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private typealias Model = [[UInt8]: [UInt8]]

    private static func randomRows(_ generator: inout Generator) -> [Row] {
        let count = [0, 1, 7, 200, 900].randomElement(using: &generator)!
        return (0..<count).map { _ in
            let keyCount = Int.random(in: 1...[2, 9, 40].randomElement(using: &generator)!, using: &generator)
            let key = (0..<keyCount).map { _ in UInt8.random(in: 0...3, using: &generator) &* 85 }
            let value = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            return Row(key, value)
        }
    }

    private static func join(_ mode: UInt32) -> TestKernel {
        TestKernel(kind: NORN_KERNEL_ZIP, flags: NORN_KERNEL_KEEPS_KEYS) { left, right, emit in
            try emit((0..<left.count).map { Row(left.key($0), left.value($0) + (right?.value($0) ?? [])) })
        }
    }

    private static func joined(_ mode: UInt32, _ left: Model, _ right: Model) -> Model {
        switch mode {
        case NORN_ZIP_INNER:
            Model(uniqueKeysWithValues: left.compactMap { row in right[row.key].map { (row.key, row.value + $0) } })
        case NORN_ZIP_LEFT:
            Model(uniqueKeysWithValues: left.map { ($0.key, $0.value + (right[$0.key] ?? [])) })
        case NORN_ZIP_OUTER: left.merging(right) { $0 + $1 }
        default: left.filter { right[$0.key] == nil }
        }
    }

    private static func expect(_ table: UInt64, of session: EngineSession, is model: Model) throws {
        let partitions = try session.partitions(table)
        #expect(partitions.allSatisfy { $0 == $0.sorted() })
        let rows = partitions.flatMap { $0 }
        #expect(rows.count == model.count)
        #expect(rows.allSatisfy { model[$0.key] == $0.value })
    }

    @Test(arguments: EngineName.allCases, [1, 2, 3, 4, 5, 6] as [UInt64])
    func agreesWithADictionary(_ name: EngineName, seed: UInt64) throws {
        var generator = Generator(state: seed)
        let memory: UInt64? = seed % 2 == 0 ? 65_536 : nil
        let session = try EngineSession(name, memoryBytes: memory)
        var tables: [(handle: UInt64, model: Model)] = []
        for _ in 0..<4 {
            let rows = Self.randomRows(&generator)
            let partitions = UInt32.random(in: 1...6, using: &generator)
            let table = try session.table(rows, partitions: partitions, batchRows: 111)
            tables.append((table, Model(rows.map { ($0.key, $0.value) }) { _, last in last }))
            try Self.expect(table, of: session, is: tables.last!.model)
        }
        for _ in 0..<12 {
            let left = tables.randomElement(using: &generator)!
            let right = tables.randomElement(using: &generator)!
            switch Int.random(in: 0...2, using: &generator) {
            case 0:
                let mode = UInt32.random(in: NORN_ZIP_INNER...NORN_ZIP_ANTI, using: &generator)
                let out = try session.zip(left.handle, right.handle, mode, Self.join(mode))
                tables.append((out, Self.joined(mode, left.model, right.model)))
            case 1:
                let count = UInt32.random(in: 1...6, using: &generator)
                tables.append((try session.repartition(left.handle, partitions: count), left.model))
            default:
                // Reversed keys are unique again, and in another partition.
                let reverse = TestKernel(kind: NORN_KERNEL_MAP) { left, _, emit in
                    try emit(left.rows.map { Row($0.key.reversed(), $0.value) })
                }
                let model = Model(uniqueKeysWithValues: left.model.map { (Array($0.key.reversed()), $0.value) })
                tables.append((try session.mapReduce(left.handle, map: reverse), model))
            }
            try Self.expect(tables.last!.handle, of: session, is: tables.last!.model)
        }
    }
}
