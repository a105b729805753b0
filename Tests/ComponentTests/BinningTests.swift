import Glibc
import NornKit
import NornTestHost
import Testing

/// Short keys: these tests are of the protocol, not of its strength.
private let quickBinning: [String: CBOR] = ["encrypt_param": ["key_length": 1024]]

@Suite struct BinningTests {
    let guest = FeatureData(rows: 90, columns: 3, prefix: "g", seed: 3)
    let host = FeatureData(rows: 90, columns: 4, prefix: "h", seed: 4)

    private func bin(
        _ parameters: [String: CBOR] = [:], guest: FeatureData? = nil, hosts: [FeatureData]? = nil,
        hostParameters: [String: CBOR] = [:], guestParameters: [String: CBOR] = [:],
        isSparse: Bool = false
    ) async throws -> TestRun {
        let hosts = hosts ?? [host]
        return try await TestHost(product: "norn_feature", cores: 2).run(
            "HeteroFeatureBinning", parameters: quickBinning.merging(parameters) { $1 },
            parties: [
                TestParty(
                    .guest, "9999", inputs: [(guest ?? self.guest).input()], parameters: guestParameters)
            ]
                + hosts.enumerated().map { index, data in
                    TestParty(
                        .host, "\(10000 + index)", inputs: [data.input(labelled: false, isSparse: isSparse)],
                        parameters: hostParameters)
                })
    }

    /// The formula, on joined data: woe and iv of each bin.
    private func plain(
        _ column: [Double], labels: [Double], event: Double, points: [Double]
    ) -> (woe: [Double], iv: Double) {
        let hasMissing = column.contains { $0.isNaN }
        var (events, others) = (
            [Double](repeating: 0, count: points.count + (hasMissing ? 1 : 0)),
            [Double](repeating: 0, count: points.count + (hasMissing ? 1 : 0))
        )
        for (value, label) in zip(column, labels) {
            let bin = value.isNaN ? points.count : points.firstIndex { value <= $0 } ?? points.count - 1
            if label == event { events[bin] += 1 } else { others[bin] += 1 }
        }
        let (allEvents, allOthers) = (events.reduce(0, +), others.reduce(0, +))
        var (woes, iv) = ([Double](), 0.0)
        for (event, other) in zip(events, others) {
            let added = event == 0 || other == 0 ? 0.5 : 0
            let (a, b) = ((event + added) / allEvents, (other + added) / allOthers)
            woes.append(log(a / b))
            iv += (a - b) * log(a / b)
        }
        return (woes, iv)
    }

    private func quantiles(_ column: [Double], _ bins: Int) -> [Double] {
        let sorted = column.filter { !$0.isNaN }.sorted()
        var points: [Double] = []
        for bin in 1...bins {
            let point = sorted[(bin * sorted.count + bins - 1) / bins - 1]
            if points.last != point { points.append(point) }
        }
        return points
    }

    private func expect(
        _ result: CBOR?, _ column: [Double], labels: [Double], event: Double = 1, points: [Double],
        _ name: String
    ) {
        let wanted = plain(column, labels: labels, event: event, points: points)
        #expect(abs((result?["iv"]?.double ?? .infinity) - wanted.iv) < 1e-9, "\(name)")
        expectClose(result?["woe_array"]?.array?.compactMap(\.double) ?? [], wanted.woe, 1e-9)
    }

    @Test(arguments: [0, 5]) func quantileBinsOfEveryPartyHaveTheirExactValues(missing: Int)
        async throws
    {
        let guest = FeatureData(rows: 90, columns: 3, prefix: "g", missing: missing, seed: 3)
        let host = FeatureData(rows: 90, columns: 4, prefix: "h", missing: missing, seed: 4)
        let run = try await bin(guest: guest, hosts: [host])
        #expect(run.succeeded, "\(run.failures)")
        let model = try run[.guest].model(CBOR.self)["FeatureBinningParam"]
        let own = model?["binning_result"]?["binning_result"]
        for (place, column) in guest.columns.enumerated() {
            expect(
                own?["g\(place)"], column, labels: guest.labels, points: quantiles(column, 10), "g\(place)")
            #expect(
                own?["g\(place)"]?["split_points"]?.array?.compactMap(\.double) == quantiles(column, 10))
        }
        let theirs = model?["host_results"]?.array?.first
        #expect(theirs?["party_id"] == "10000" && theirs?["role"] == "host")
        for (place, column) in host.columns.enumerated() {
            let result = theirs?["binning_result"]?["host_10000_x\(place)"]
            expect(result, column, labels: guest.labels, points: quantiles(column, 10), "h\(place)")
            #expect(result?["split_points"]?.array?.isEmpty == true, "a host's split points are its own")
        }
        let hostModel = try run[.host].model(CBOR.self)["FeatureBinningParam"]
        let hostColumn = hostModel?["binning_result"]?["binning_result"]?["h0"]
        #expect(
            hostColumn?["split_points"]?.array?.compactMap(\.double) == quantiles(host.columns[0], 10))
        #expect(hostColumn?["woe_array"]?.array?.isEmpty == true)
        let summary = run[.guest].summary["result"]?["iv"]?.array ?? []
        #expect(summary.count == 7)
        let ivs = summary.compactMap { $0.array?[1].double }
        #expect(ivs == ivs.sorted(by: >))
    }

    /// As FATE does: its ionosphere has such columns. The one split point is 0, and every row is in the bin after it.
    @Test(arguments: ["quantile", "bucket"], [false, true])
    func aColumnWithoutAnyValueIsOneBinOfMissingValues(method: String, isSparse: Bool) async throws {
        func emptied(_ data: FeatureData) -> FeatureData {
            var columns = data.columns
            columns[1] = data.ids.map { _ in .nan }
            return FeatureData(ids: data.ids, header: data.header, columns: columns, labels: data.labels)
        }
        let run = try await bin(
            ["method": .text(method)], guest: emptied(guest), hosts: [emptied(host)], isSparse: isSparse)
        #expect(run.succeeded, "\(run.failures)")
        let model = try run[.guest].model(CBOR.self)["FeatureBinningParam"]
        let own = model?["binning_result"]?["binning_result"]?["g1"]
        let theirs = model?["host_results"]?.array?.first?["binning_result"]?["host_10000_x1"]
        let (column, events) = (guest.ids.map { _ in Double.nan }, guest.labels.filter { $0 == 1 }.count)
        for result in [own, theirs] {
            expect(result, column, labels: guest.labels, points: [0], "empty")
            #expect(result?["event_count_array"] == [0, .int(Int64(events))])
            #expect(result?["bin_nums"]?.int == 2)
        }
        #expect(own?["split_points"] == [0.0])
        for party in [run[.guest], run[.host]] {
            let instances = try await party.table().instances()
            #expect((0..<90).allSatisfy { instances.features[$0 * instances.columns + 1] == 1 })
            #expect(party.log.contains { $0.severity == 2 && $0.text.contains("bin of missing values: ") })
        }
    }

    @Test func rowsBecomeTheNumbersOfTheirBins() async throws {
        let run = try await bin(["bin_num": 5])
        #expect(run.succeeded, "\(run.failures)")
        for (party, data) in [(run[.guest], guest), (run[.host], host)] {
            let instances = try await party.table().instances()
            for (place, column) in data.columns.enumerated() {
                let points = quantiles(column, 5)
                for (row, value) in column.enumerated() {
                    let bin = points.firstIndex { value <= $0 } ?? points.count - 1
                    #expect(instances.features[row * data.columns.count + place] == Double(bin))
                }
            }
        }
    }

    @Test(arguments: [false, true]) func bucketsHaveEqualWidth(isSparse: Bool) async throws {
        let run = try await bin(["method": "bucket", "bin_num": 6], isSparse: isSparse)
        #expect(run.succeeded, "\(run.failures)")
        let results = try run[.guest].model(CBOR.self)["FeatureBinningParam"]?["host_results"]?.array?
            .first
        for (place, column) in host.columns.enumerated() {
            let (low, high) = (column.min() ?? 0, column.max() ?? 0)
            let points = (1..<6).map { low + Double($0) * ((high - low) / 6) } + [high]
            expect(
                results?["binning_result"]?["host_10000_x\(place)"], column, labels: guest.labels,
                points: points,
                "h\(place)")
        }
    }

    @Test func severalHostsAndClassesAreCountedApart() async throws {
        let guest = FeatureData(rows: 80, columns: 2, prefix: "g", classes: 4, seed: 5)
        let hosts = [
            FeatureData(rows: 80, columns: 2, prefix: "h", seed: 6),
            FeatureData(rows: 80, columns: 1, prefix: "k", seed: 8),
        ]
        let run = try await bin(["bin_num": 4], guest: guest, hosts: hosts)
        #expect(run.succeeded, "\(run.failures)")
        let all = try run[.guest].model(CBOR.self)["FeatureBinningParam"]?["multi_class_result"]
        #expect(all?["labels"] == ["3", "2", "1", "0"])
        #expect(all?["host_party_ids"] == ["10000", "10001"])
        #expect(all?["host_results"]?.array?.count == 8)
        for (index, event) in [3.0, 2, 1, 0].enumerated() {
            let own = all?["results"]?.array?[index]["binning_result"]?["g1"]
            expect(
                own, guest.columns[1], labels: guest.labels, event: event,
                points: quantiles(guest.columns[1], 4), "g1")
            let second = all?["host_results"]?.array?[4 + index]["binning_result"]?["host_10001_x0"]
            expect(
                second, hosts[1].columns[0], labels: guest.labels, event: event,
                points: quantiles(hosts[1].columns[0], 4), "k0")
        }
        #expect(run[.guest].summary.map?.keys.sorted() == ["0", "1", "2", "3"])
    }

    @Test(arguments: ["iv", "gini", "chi-square", "ks"]) func optimalBinsHoldTheirLimits(
        metric: String
    ) async throws {
        let run = try await bin([
            "method": "optimal", "bin_num": 5,
            "optimal_binning_param": [
                "metric_method": .text(metric), "init_bin_nums": 30, "min_bin_pct": 0.1,
            ],
        ])
        #expect(run.succeeded, "\(run.failures)")
        let model = try run[.guest].model(CBOR.self)["FeatureBinningParam"]
        let hostModel = try run[.host].model(CBOR.self)["FeatureBinningParam"]?["binning_result"]?[
            "binning_result"]
        for (place, column) in host.columns.enumerated() {
            let points = hostModel?["h\(place)"]?["split_points"]?.array?.compactMap(\.double) ?? []
            #expect(2...5 ~= points.count && points.last == column.max())
            #expect(Set(points).isSubset(of: Set(quantiles(column, 30))))
            let result = model?["host_results"]?.array?.first?["binning_result"]?["host_10000_x\(place)"]
            expect(result, column, labels: guest.labels, points: points, "h\(place)")
            let events = result?["event_count_array"]?.array?.compactMap(\.int) ?? []
            let others = result?["non_event_count_array"]?.array?.compactMap(\.int) ?? []
            #expect(zip(events, others).allSatisfy { $0 + $1 >= 9 && $0 > 0 && $1 > 0 })
        }
        let own = model?["binning_result"]?["binning_result"]?["g0"]
        let points = own?["split_points"]?.array?.compactMap(\.double) ?? []
        expect(own, guest.columns[0], labels: guest.labels, points: points, "g0")
    }

    @Test func categoriesAreBinsOfTheirOwn() async throws {
        let csv =
            "id,y,c,x\n"
            + (0..<40).map { "r\($0 + 10),\($0 % 2),\($0 % 3 * 2),\($0)" }.joined(separator: "\n")
        let input = TestInput.instances("data", csv: csv, label: "y")
        let run = try await TestHost(product: "norn_feature").run(
            "HeteroFeatureBinning",
            parameters: [
                "category_names": ["c"], "category_indexes": [], "bin_indexes": [1], "local_only": true,
            ],
            parties: [TestParty(.guest, "9999", inputs: [input])])
        #expect(run.succeeded, "\(run.failures)")
        let model = try run[.guest].model(CBOR.self)["FeatureBinningParam"]?["binning_result"]?[
            "binning_result"]
        #expect(model?["c"]?["split_points"] == [0.0, 2.0, 4.0])
        #expect(model?["x"]?["bin_nums"]?.int == 10)
    }

    @Test func splitPointsCanBeGiven() async throws {
        let run = try await bin(
            guestParameters: [
                "split_points_by_index": ["0": [0.5, 3.0], "1": [9.0]],
                "split_points_by_col_name": ["g2": [0.0, 9.0]],
            ])
        #expect(run.succeeded, "\(run.failures)")
        let own = try run[.guest].model(CBOR.self)["FeatureBinningParam"]?["binning_result"]?[
            "binning_result"]
        expect(own?["g0"], guest.columns[0], labels: guest.labels, points: [0.5, 3], "g0")
        expect(own?["g2"], guest.columns[2], labels: guest.labels, points: [0, 9], "g2")
        let wrong = try await bin(guestParameters: ["split_points_by_index": ["0": [0.5]]])
        #expect(wrong[.guest].error?.description.contains("split_points_by_index") == true)
    }

    @Test func weightOfEvidenceReplacesTheGuestsValues() async throws {
        let run = try await bin(
            ["transform_param": ["transform_type": "woe", "transform_cols": [1]]],
            hostParameters: ["transform_param": ["transform_type": .null]])
        #expect(run.succeeded, "\(run.failures)")
        let instances = try await run[.guest].table().instances()
        let points = quantiles(guest.columns[1], 10)
        let woe = plain(guest.columns[1], labels: guest.labels, event: 1, points: points).woe
        for (row, value) in guest.columns[1].enumerated() {
            let bin = points.firstIndex { value <= $0 } ?? points.count - 1
            #expect(abs(instances.features[row * 3 + 1] - woe[bin]) < 1e-12)
            #expect(instances.features[row * 3] == guest.columns[0][row])
        }
        let untouched = try await run[.host].table().instances()
        #expect(untouched.features[0] == host.columns[0][0])
    }

    @Test func aModelGivesTheRowsOfItsFit() async throws {
        let fitted = try await bin(["bin_num": 7])
        let parties = [(fitted[.guest], guest, Role.guest), (fitted[.host], host, .host)]
        let again = try await TestHost(product: "norn_feature").run(
            "HeteroFeatureBinning", parameters: quickBinning,
            parties: try parties.map { result, data, role in
                TestParty(
                    role, result.party.id,
                    inputs: [
                        data.input(labelled: role == .guest),
                        try .model("model", try CBOR(decoding: result.bytes("model"))),
                    ])
            })
        #expect(again.succeeded, "\(again.failures)")
        for role in [Role.guest, .host] {
            let (first, second) = (try await fitted[role].table(), try await again[role].table())
            #expect(first.schema == second.schema)
            #expect(
                try await first.collect([UInt8].self).map(\.value)
                    == second.collect([UInt8].self).map(\.value))
        }
        #expect(again.messages.isEmpty, "applying a model needs no other party")
    }

    @Test func messagesAreThoseOfTheContract() async throws {
        let run = try await bin()
        let names = run.messages.map { "\($0.name) \($0.from.role)" }
        #expect(names.count == 4)
        #expect(
            Set(names) == [
                "binning_plan guest", "encrypted_labels guest", "host_bins host", "encrypted_bin_sums host",
            ])
        // 90 rows need 7 bits, so 18 bins share a ciphertext: 4 columns of 10 bins are three.
        #expect(run.messages.first { $0.name == "encrypted_bin_sums" }?.byteCount == 3 * 256)
        let skipped = try await bin(["skip_static": true])
        #expect(skipped.succeeded && skipped.messages.map(\.name) == ["binning_plan"])
        let mismatch = try await bin(hostParameters: ["skip_static": true])
        #expect(mismatch[.host].error?.description.contains("skip_static") == true)
    }

    @Test func smallBinsAreJoinedWhereAFloorHolds() async throws {
        let run = try await bin(
            ["method": "bucket", "bin_num": 20], hostParameters: ["minimum_rows_per_cell": 6])
        #expect(run.succeeded, "\(run.failures)")
        let results = try run[.guest].model(CBOR.self)["FeatureBinningParam"]?["host_results"]?.array?
            .first
        for (_, column) in results?["binning_result"]?.map ?? [:] {
            let rows = zip(
                column["event_count_array"]?.array ?? [], column["non_event_count_array"]?.array ?? []
            ).map { ($0.int ?? 0) + ($1.int ?? 0) }
            #expect(rows.allSatisfy { $0 >= 6 } && rows.reduce(0, +) == 90)
        }
    }

    @Test(arguments: [
        ("method", CBOR.text("best")), ("bin_num", CBOR.int(0)), ("adjustment_factor", CBOR.double(0)),
        ("encrypt_param", CBOR.map(["key_length": 1000])),
        ("transform_param", CBOR.map(["transform_type": "log"])),
        ("bin_indexes", CBOR.array([17])), ("category_names", CBOR.array(["nobody"])),
    ])
    func wrongParametersAreRefusedByName(field: String, value: CBOR) async throws {
        let run = try await bin([field: value])
        // Both have the parameter; who is first ends the other.
        #expect(run.failures.contains(field), "\(run.failures)")
    }

    @Test func otherRowsAreRefused() async throws {
        let run = try await bin(hosts: [FeatureData(rows: 91, columns: 1, prefix: "h")])
        #expect(run[.host].error?.description.contains("Intersection") == true, "\(run.failures)")
    }
}
