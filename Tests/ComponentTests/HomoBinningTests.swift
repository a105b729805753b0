import NornKit
import NornTestHost
import Testing

/// Split points over several parties' rows against those of all rows together.
@Suite struct HomoBinningTests {
    private let all = FeatureData(rows: 120, columns: 3, missing: 9, seed: 8)
    private static let shares = [0..<30, 30..<75, 75..<120]

    private func part(_ range: Range<Int>) -> FeatureData {
        FeatureData(
            ids: Array(all.ids[range]), header: all.header, columns: all.columns.map { Array($0[range]) },
            labels: Array(all.labels[range]))
    }

    private func bin(
        _ parameters: [String: CBOR], hosts: Int = 2, data: [FeatureData]? = nil, hostParameters: [String: CBOR] = [:]
    ) async throws -> TestRun {
        let data = data ?? Self.shares.map(part)
        return try await TestHost(product: "norn_feature").run(
            "HomoFeatureBinning", parameters: parameters,
            parties: (0...hosts).map { place in
                TestParty(
                    place == 0 ? .guest : .host, "\(10000 + place)", inputs: [data[place].input()],
                    parameters: place == 0 ? [:] : hostParameters)
            } + [TestParty(.arbiter, "10009")])
    }

    private func points(_ result: TestResult, _ column: String) throws -> [Double] {
        let model = try result.model(CBOR.self)["FeatureBinningParam"]
        let found = model?["binning_result"]?["binning_result"]?[column]?["split_points"]
        return (found?.array ?? []).compactMap(\.double)
    }

    private func sorted(_ column: Int) -> [Double] { all.columns[column].filter { !$0.isNaN }.sorted() }

    @Test func recursiveQueriesFindTheQuantilesOfAllRows() async throws {
        let run = try await bin(["method": "recursive_query", "bin_num": 5, "error": 0.0])
        #expect(run.succeeded, "\(run.failures)")
        for column in 0..<3 {
            let values = sorted(column)
            let found = try points(run[.guest], "x\(column)")
            for place in 0..<2 { #expect(try points(run[.host, place], "x\(column)") == found) }
            #expect(found.last == values.last)
            // Bins hold the very rows that the quantiles of all rows would put into them.
            var wanted: [Double] = []
            for bin in 1...5 {
                let point = values[(bin * values.count + 4) / 5 - 1]
                if wanted.last != point { wanted.append(point) }
            }
            #expect(found.count == wanted.count)
            for (mine, exact) in zip(found, wanted) {
                #expect(values.filter { $0 <= mine }.count == values.filter { $0 <= exact }.count)
            }
        }
    }

    @Test func anErrorAllowsRanksToBeOffByIt() async throws {
        let exact = try await bin(["method": "recursive_query", "bin_num": 4, "error": 0.0])
        let rough = try await bin(["method": "recursive_query", "bin_num": 4, "error": 0.05])
        #expect(exact.succeeded && rough.succeeded, "\(rough.failures)")
        func rounds(_ run: TestRun) -> Int { run[.arbiter].summary["rounds"]?.int ?? 0 }
        #expect(rounds(rough) < rounds(exact))
        for column in 0..<3 {
            let values = sorted(column)
            let found = try points(rough[.guest], "x\(column)")
            #expect(found.count == 4)
            for (bin, point) in found.enumerated() {
                let rank = values.filter { $0 <= point }.count
                let wanted = Double((bin + 1) * values.count) / 4
                #expect(abs(Double(rank) - wanted) <= 0.05 * Double(values.count) + 1)
            }
        }
        let stopped = try await bin(["method": "recursive_query", "bin_num": 4, "error": 0.0, "max_iter": 2])
        #expect(stopped.succeeded && rounds(stopped) < rounds(rough))
    }

    @Test(arguments: [10, 400]) func aSummaryCutsAtPointsThatLieEvenly(samples: Int) async throws {
        let run = try await bin(["bin_num": 4, "sample_bins": .int(Int64(samples))])
        #expect(run.succeeded, "\(run.failures)")
        for column in 0..<3 {
            let values = sorted(column)
            let (low, high) = (values[0], values[values.count - 1])
            let found = try points(run[.host], "x\(column)")
            #expect(found.last == high)
            for (bin, point) in found.dropLast().enumerated() {
                let step = (point - low) / (high - low) * Double(samples)
                #expect(abs(step - step.rounded()) < 1e-6, "\(point) is no point of the grid")
                let wanted = ((bin + 1) * values.count + 3) / 4
                #expect(values.filter { $0 <= point }.count >= wanted)
                let before = low + (step.rounded() - 1) / Double(samples) * (high - low)
                #expect(values.filter { $0 <= before - 1e-9 }.count < wanted)
            }
        }
    }

    @Test func rowsBecomeTheNumbersOfTheirBinsAndAModelDoesTheSame() async throws {
        let run = try await bin(["bin_num": 3, "method": "recursive_query"])
        let cut = try (0..<3).map { try points(run[.guest], "x\($0)") }
        let host = part(Self.shares[1])
        let instances = try await run[.host].table().instances()
        for (place, column) in host.columns.enumerated() {
            for (row, value) in column.enumerated() {
                let bin = value.isNaN ? cut[place].count : cut[place].firstIndex { value <= $0 } ?? -1
                #expect(instances.features[row * 3 + place] == Double(bin))
            }
        }
        let model = try CBOR(decoding: try run[.host].bytes("model"))
        let again = try await feature(
            "HomoFeatureBinning", [host.input(), try .model("model", model)], ["bin_num": 3], role: .host)
        #expect(try await again.table().instances().features == instances.features)
        let plain = try await bin(["bin_num": 3, "transform_param": ["transform_type": nil]])
        #expect(try await plain[.host].table().instances().columns == 3)
        let untouched = try await plain[.host].table().instances().features
        #expect(
            zip(untouched, (0..<45).flatMap { row in host.columns.map { $0[row] } }).allSatisfy { $0 == $1 || $0.isNaN }
        )
    }

    @Test func theArbiterSeesMaskedCountsAndNobodyElseAnything() async throws {
        let run = try await bin(["bin_num": 3])
        #expect(run.succeeded, "\(run.failures)")
        func names(_ from: Role, _ to: Role) -> Set<String> {
            Set(run.messages.filter { $0.from.role == from && $0.to.role == to }.map(\.name))
        }
        #expect(names(.guest, .host) == ["binning_plan", "aggregation_key", "keys_seen"])
        #expect(names(.host, .guest) == ["aggregation_key", "keys_seen"])
        #expect(names(.guest, .arbiter) == ["binning_plan", "masked_counts"])
        #expect(names(.host, .arbiter) == ["masked_counts"])
        #expect(names(.arbiter, .guest) == ["rank_query"] && names(.arbiter, .host) == ["rank_query"])
        let answers = run.messages.filter { $0.name == "masked_counts" && $0.from.role == .guest }
        #expect(answers.count == run[.arbiter].summary["rounds"]?.int)
        #expect(run[.arbiter].outputNames.isEmpty)
    }

    @Test func whatCannotBeIsRefused() async throws {
        for (parameters, word) in [
            (["method": "quantile"], "method"), (["category_indexes": [1]], "category_indexes"),
            (["transform_param": ["transform_type": "woe"]], "transform_type"), (["bin_num": 0], "bin_num"),
        ] as [([String: CBOR], String)] {
            let result = try await feature("HomoFeatureBinning", [all.input()], parameters)
            #expect(result.error?.description.contains(word) == true, "\(word)")
        }
        let differing = try await bin([:], hosts: 1, hostParameters: ["bin_indexes": [0]])
        #expect(differing[.host].error?.description.contains("bin_indexes") == true)
    }
}
