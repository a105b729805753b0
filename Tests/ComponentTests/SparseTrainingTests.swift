import NornKit
import NornTestHost
import Testing

/// Sparse rows train to the very models that the same rows train to when they are dense.
@Suite struct SparseTrainingTests {
    private static let rows = 30

    /// Columns of which two in three values are zero.
    private func values(_ columns: Int, seed: Int) -> [[Double]] {
        let data = FeatureData(rows: Self.rows, columns: columns, seed: seed)
        return (0..<Self.rows).map { row -> [Double] in
            (0..<columns).map { column -> Double in
                let isKept = (row + column) % 3 == 0
                return isKept ? data.columns[column][row] : 0
            }
        }
    }

    private let labels = FeatureData(rows: rows, columns: 1, seed: 3).labels

    private func input(
        _ name: String, _ values: [[Double]], header: [String], isSparse: Bool, labelled: Bool, matched: Bool = false,
        from first: Int = 0
    ) throws -> TestInput {
        let schema = TableSchema(
            layout: isSparse ? .sparse : .float64, header: header, content: .instances,
            matchIDName: matched ? "match" : nil, labelName: labelled ? "y" : nil)
        let format = try InstanceFormat(schema)
        let rows = values.enumerated().map { index, row -> (Key, [UInt8]) in
            let named: [Int] = isSparse ? row.indices.filter { row[$0] != 0 } : []
            let kept: [Double] = isSparse ? named.map { row[$0] } : row
            let columns: [UInt32] = named.map { UInt32($0) }
            let instance = InstanceRow(
                label: labels[first + index], values: kept, columns: columns, matchID: Array("m\(first + index)".utf8))
            return (Key.text("r\(first + index + 100)"), format.bytes(of: instance))
        }
        return .table(name, rows, schema: schema)
    }

    private func hetero(isSparse: Bool, _ parameters: [String: CBOR] = [:], matched: Bool = false) async throws
        -> TestRun
    {
        let parties = [
            TestParty(
                .guest, "9999",
                inputs: [
                    try input(
                        "train_data", values(3, seed: 5), header: ["g0", "g1", "g2"], isSparse: isSparse,
                        labelled: true,
                        matched: matched)
                ]),
            TestParty(
                .host, "10000",
                inputs: [
                    try input(
                        "train_data", values(4, seed: 6), header: ["h0", "h1", "h2", "h3"], isSparse: isSparse,
                        labelled: false, matched: matched)
                ]),
            TestParty(.arbiter, "10001"),
        ]
        return try await train(parties, ["max_iter": 3].merging(parameters) { $1 })
    }

    private func homo(isSparse: Bool, _ parameters: [String: CBOR] = [:], matched: Bool = false) async throws -> TestRun
    {
        let all = values(3, seed: 5)
        let parties = try [(Role.guest, 0..<14), (.host, 14..<30)].map { role, range in
            TestParty(
                role, role == .guest ? "9999" : "10000",
                inputs: [
                    try input(
                        "train_data", Array(all[range]), header: ["a", "b", "c"], isSparse: isSparse, labelled: true,
                        matched: matched, from: range.lowerBound)
                ])
        }
        return try await TestHost(product: "norn_linear").run(
            "HomoLR",
            parameters: [
                "init_param": ["init_method": "zeros"], "learning_rate": 0.15, "optimizer": "sgd", "max_iter": 4,
            ].merging(parameters) { $1 }, parties: parties + [TestParty(.arbiter, "10001")])
    }

    private func expectSame(_ sparse: TestRun, _ dense: TestRun) async throws {
        #expect(sparse.succeeded && dense.succeeded, "\(sparse.failures) \(dense.failures)")
        for role in [Role.guest, .host] {
            let (mine, wanted) = (sparse[role].modelViews["model"], dense[role].modelViews["model"])
            #expect(mine?["header"] == wanted?["header"])
            let names = (wanted?["header"]?.array ?? []).compactMap(\.text)
            #expect(!names.isEmpty)
            func weights(_ view: CBOR?) -> [Double] {
                names.map { view?["weight"]?[$0]?.double ?? .nan } + [view?["intercept"]?.double ?? 0]
            }
            expectClose(weights(mine), weights(wanted), 1e-9)
            #expect(weights(wanted).contains { $0 != 0 })
        }
        let (scored, wanted) = (
            try await sparse[.guest].table().collect(CBOR.self), try await dense[.guest].table().collect(CBOR.self)
        )
        #expect(scored.map(\.key) == wanted.map(\.key))
        expectClose(
            scored.compactMap { $0.value.array?[2].double }, wanted.compactMap { $0.value.array?[2].double }, 1e-9)
    }

    @Test func columnsOfSeveralPartiesTrainAlike() async throws {
        try await expectSame(try await hetero(isSparse: true), try await hetero(isSparse: false))
    }

    @Test func rowsOfSeveralPartiesTrainAlike() async throws {
        try await expectSame(try await homo(isSparse: true), try await homo(isSparse: false))
    }

    /// Folds hand rows out as they came in, each with its match id.
    @Test(arguments: [false, true], [false, true]) func foldsKeepMatchIDs(isSparse: Bool, isOfRows: Bool) async throws {
        let folds: [String: CBOR] = [
            "max_iter": 1,
            "cv_param": ["need_cv": true, "n_splits": 2, "history_value_type": "instance", "shuffle": false],
        ]
        let run =
            isOfRows
            ? try await homo(isSparse: isSparse, folds, matched: true)
            : try await hetero(isSparse: isSparse, folds, matched: true)
        #expect(run.succeeded, "\(run.failures)")
        let table = try await run[.host].table()
        #expect(table.schema?.matchIDName == "match" && table.schema?.layout == (isSparse ? .sparse : .float64))
        let instances = try await table.instances()
        let matchIDs = try #require(instances.matchIDs)
        #expect(instances.rows == (isOfRows ? 16 : 30) * 2)
        for (id, match) in zip(instances.ids, matchIDs) {
            guard case .text(let text) = id, let row = Int(text.dropFirst().prefix { $0 != "#" }) else {
                Issue.record("\(id) is no id of a fold")
                continue
            }
            #expect(match == "m\(row - 100)")
        }
    }
}
