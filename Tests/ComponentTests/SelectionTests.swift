import Glibc
import NornKit
import NornTestHost
import Testing

@Suite struct OneHotTests {
    private let csv = "id,y,a,b\np,1,3,0\nq,0,1,5\nr,1,3,7\n"

    @Test func everyValueBecomesAColumn() async throws {
        let input = TestInput.instances("data", csv: csv, label: "y")
        let (fitted, result) = try await fitAndApply("OneHotEncoder", [input], ["transform_col_indexes": [0]])
        #expect(result.header == ["a_1", "a_3", "b"])
        #expect(result.features == [0, 1, 0, 1, 0, 5, 0, 1, 7])
        #expect(fitted.summary["transferred_dimension"]?.int == 3)
        let schema = try await fitted.table().schema
        #expect(schema?.anonymousHeader == ["guest_9999_x0_0", "guest_9999_x0_1", "guest_9999_x1"])
        let model = try CBOR(decoding: try fitted.bytes("model"))
        let other = try await feature(
            "OneHotEncoder", [.instances("data", csv: "id,a,b\ns,9,1\n"), try .model("model", model)])
        #expect(try await other.table().instances().features == [0, 0, 1], "an unknown value has zeros only")
    }

    @Test func fractionsAreRefused() async throws {
        let result = try await feature("OneHotEncoder", [.instances("data", csv: "id,a\np,0.5\n")])
        #expect(result.error?.description.contains("whole") == true)
    }

    @Test func partiesMakeTheSameColumns() async throws {
        let run = try await TestHost(product: "norn_feature").run(
            "HomoOneHotEncoder",
            parties: [
                TestParty(.guest, "9999", inputs: [.instances("data", csv: "id,a\np,1\nq,2\n")]),
                TestParty(.host, "10000", inputs: [.instances("data", csv: "id,a\np,2\nq,4\n")]),
                TestParty(.arbiter, "10001"),
            ])
        #expect(run.succeeded, "\(run.failures)")
        for role in [Role.guest, .host] {
            #expect(try await run[role].table().schema?.header == ["a_1", "a_2", "a_4"])
        }
        #expect(try await run[.host].table().instances().features == [0, 1, 0, 0, 0, 1])
        #expect(Set(run.messages.map(\.name)) == ["encoder_plan", "column_values", "aligned_values"])
    }
}

@Suite struct StabilityTests {
    @Test func driftIsTheIndexOverQuantileBins() async throws {
        let (first, second) = (
            FeatureData(rows: 80, columns: 2), FeatureData(rows: 60, columns: 2, missing: 5, seed: 9)
        )
        let result = try await feature(
            "PSI", [first.input("train_data"), second.input("validate_data")], ["max_bin_num": 4])
        #expect(result.error == nil)
        for column in 0..<2 {
            let sorted = first.columns[column].sorted()
            let points = [sorted[19], sorted[39], sorted[59], sorted[79]]
            func shares(_ values: [Double]) -> [Double] {
                var counts = [Double](repeating: 0, count: 5)
                for value in values {
                    counts[value.isNaN ? 4 : points.firstIndex { value <= $0 } ?? 3] += 1 / Double(values.count)
                }
                return counts.map { $0 == 0 ? 1e-6 : $0 }
            }
            let wanted = zip(shares(first.columns[column]), shares(second.columns[column])).reduce(0) {
                $0 + ($1.1 - $1.0) * log($1.1 / $1.0)
            }
            #expect(abs((result.summary["psi_scores"]?["x\(column)"]?.double ?? 0) - wanted) < 1e-9)
        }
    }
}

@Suite struct ScorecardTests {
    @Test func probabilitiesBecomeCreditScores() async throws {
        let schema = TableSchema(
            layout: .cbor, header: ["label", "predict_result", "predict_score", "predict_detail", "type"],
            content: .predictions)
        let rows = [0.0, 0.25, 0.5, 1, 1.5].enumerated().map { index, score -> (Key, CBOR) in
            (.int(index), [1, 0, .double(score), "{}", "train"])
        }
        let result = try await feature("Scorecard", [.table("data", rows, schema: schema)])
        let scored = try await result.table().collect(CBOR.self)
        #expect(
            try await result.table().schema?.header == ["label", "predict_result", "predict_score", "credit_score"])
        let wanted = [1500, 531.7, 500, 0, -1]
        #expect(scored.compactMap { $0.value.array?[3].double } == wanted)
    }
}

@Suite struct SelectionTests {
    let guest = FeatureData(rows: 70, columns: 4, prefix: "g", seed: 3)
    let host = FeatureData(rows: 70, columns: 3, prefix: "h", seed: 4)

    private func select(_ parameters: [String: CBOR], host hostParameters: [String: CBOR] = [:]) async throws -> TestRun
    {
        let binned = try await TestHost(product: "norn_feature").run(
            "HeteroFeatureBinning", parameters: ["encrypt_param": ["key_length": 1024]],
            parties: [
                TestParty(.guest, "9999", inputs: [guest.input()]),
                TestParty(.host, "10000", inputs: [host.input(labelled: false)]),
            ])
        var parties: [TestParty] = []
        for (role, data) in [(Role.guest, guest), (.host, host)] {
            let input = data.input(labelled: role == .guest)
            let statistics = try await feature("DataStatistics", [input], role: .guest)
            parties.append(
                TestParty(
                    role, role == .guest ? "9999" : "10000",
                    inputs: [
                        input, try .model("isometric_model", try CBOR(decoding: binned[role].bytes("model"))),
                        try .model("isometric_model", try CBOR(decoding: statistics.bytes("model"))),
                    ], parameters: role == .host ? hostParameters : [:]))
        }
        return try await TestHost(product: "norn_feature").run(
            "HeteroFeatureSelection", parameters: parameters, parties: parties)
    }

    private func headers(_ run: TestRun) async throws -> [[String]] {
        [try await run[.guest].table().schema?.header ?? [], try await run[.host].table().schema?.header ?? []]
    }

    /// Names of all parties' columns, the highest information value first.
    private func ranked() async throws -> [String] {
        let run = try await select(["filter_methods": ["iv_top_k"], "iv_top_k_param": ["k": 7]])
        let result = try run[.guest].model(CBOR.self)["FeatureSelectionParam"]?["results"]?.array?.first
        let own = result?["feature_values"]?.map ?? [:]
        let theirs = result?["host_feature_values"]?.array?.first?["feature_values"]?.map ?? [:]
        return own.merging(theirs) { $1 }.sorted { ($0.value.double ?? 0) > ($1.value.double ?? 0) }.map(\.key)
    }

    @Test func theHighestInformationValuesStay() async throws {
        let order = try await ranked()
        #expect(order.count == 7)
        let run = try await select([
            "filter_methods": ["iv_filter"], "iv_param": ["filter_type": "top_k", "threshold": 3],
        ])
        #expect(run.succeeded, "\(run.failures)")
        let named = try await headers(run)
        let stays = Set(order.prefix(3))
        let guestLeft = guest.header.filter(stays.contains)
        let hostLeft = host.header.indices.filter { stays.contains("host_10000_x\($0)") }.map { host.header[$0] }
        // A party whose columns would all go keeps its best.
        #expect(named[0] == guestLeft || guestLeft.isEmpty && named[0].count == 1)
        #expect(named[1] == hostLeft || hostLeft.isEmpty && named[1].count == 1)
        #expect(Set(run.messages.map(\.name)) == ["host_columns", "host_left"])
        let anonymous = try await run[.host].table().schema?.anonymousHeader ?? []
        #expect(anonymous == named[1].map { "host_10000_x\(host.header.firstIndex(of: $0) ?? 9)" })
    }

    @Test func filtersFollowEachOther() async throws {
        let run = try await select(
            [
                "filter_methods": ["manually", "unique_value", "statistic_filter", "percentage_value"],
                "statistic_param": ["metrics": ["max"], "filter_type": "top_k", "threshold": [2]],
            ], host: ["manually_param": ["left_col_names": ["h2", "h0"]]])
        #expect(run.succeeded, "\(run.failures)")
        let named = try await headers(run)
        let byMaximum = guest.header.indices.sorted { (guest.columns[$0].max() ?? 0) > (guest.columns[$1].max() ?? 0) }
        #expect(Set(named[0]) == Set(byMaximum.prefix(2).map { guest.header[$0] }))
        #expect(named[1] == ["h0", "h2"])
        #expect(run[.guest].summary["max"]?["left_col_nums"]?.int == 2)
        #expect(run[.guest].summary["all"]?["last_col_nums"]?.int == 4)
    }

    @Test func oneColumnStaysInAnyCase() async throws {
        let run = try await select(["filter_methods": ["iv_value_thres"], "iv_value_param": ["value_threshold": 999.0]])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await headers(run).map(\.count) == [1, 1])
    }

    @Test func aModelTakesTheSameColumns() async throws {
        let fitted = try await select([
            "filter_methods": ["iv_percentile"], "iv_percentile_param": ["percentile_threshold": 0.5],
        ])
        let model = try CBOR(decoding: try fitted[.guest].bytes("model"))
        let again = try await feature("HeteroFeatureSelection", [guest.input(), try .model("model", model)])
        let (first, second) = (try await fitted[.guest].table(), try await again.table())
        #expect(first.schema == second.schema)
        #expect(try await first.collect([UInt8].self).map(\.value) == second.collect([UInt8].self).map(\.value))
    }

    @Test(
        arguments: [
            (["filter_methods": ["best"]], "filter_methods"), (["filter_methods": ["hetero_sbt_filter"]], "tree"),
            (["filter_methods": ["psi_filter"]], "PSI"), (["filter_methods": ["vif_filter"]], "HeteroPearson"),
            (["iv_param": ["filter_type": "some"]], "filter_type"),
            (["percentage_value_param": ["upper_pct": 0.01]], "upper_pct"),
        ] as [([String: CBOR], String)])
    func whatCannotBeIsRefused(parameters: [String: CBOR], word: String) async throws {
        let result = try await feature("HeteroFeatureSelection", [guest.input()], parameters)
        #expect(result.error?.description.contains(word) == true, "\(String(describing: result.error))")
    }
}
