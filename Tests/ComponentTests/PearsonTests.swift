import NornKit
import NornTestHost
import Testing

/// Correlations across parties against those of the joined columns, and the filters that choose by them.
@Suite struct PearsonTests {
    let guest = FeatureData(rows: 60, columns: 3, prefix: "g", seed: 3)
    let hosts = [
        FeatureData(rows: 60, columns: 2, prefix: "h", seed: 4),
        FeatureData(rows: 60, columns: 3, prefix: "k", seed: 5),
    ]

    private func run(
        guest: FeatureData? = nil, hosts: [FeatureData]? = nil, _ parameters: [String: CBOR] = ["column_indexes": -1],
        guestParameters: [String: CBOR] = [:], hostParameters: [String: CBOR] = [:], isSparse: Bool = false
    ) async throws -> TestRun {
        let hosts = hosts ?? [self.hosts[0]]
        return try await TestHost(product: "norn_feature", cores: 2).run(
            "HeteroPearson", parameters: parameters,
            parties: [TestParty(.guest, "9999", inputs: [(guest ?? self.guest).input()], parameters: guestParameters)]
                + hosts.enumerated().map { index, data in
                    TestParty(
                        .host, "\(10000 + index)", inputs: [data.input(labelled: false, isSparse: isSparse)],
                        parameters: hostParameters)
                })
    }

    private func correlation(_ left: [Double], _ right: [Double]) -> Double {
        let count = Double(left.count)
        let (a, b) = (left.reduce(0, +) / count, right.reduce(0, +) / count)
        func sum(_ x: [Double], _ y: [Double], _ p: Double, _ q: Double) -> Double {
            zip(x, y).reduce(0) { $0 + ($1.0 - p) * ($1.1 - q) }
        }
        return sum(left, right, a, b) / (sum(left, left, a, a) * sum(right, right, b, b)).squareRoot()
    }

    private func matrix(_ left: [[Double]], _ right: [[Double]]) -> [Double] {
        left.flatMap { a in right.map { correlation(a, $0) } }
    }

    private func numbers(_ value: CBOR?) -> [Double] { (value?.array ?? []).compactMap(\.double) }

    private func parameters(_ result: TestResult) throws -> CBOR? { try result.model(CBOR.self)["PearsonModelParam"] }

    /// The share of a column that a least-squares fit on the others leaves over, by Gram and Schmidt.
    private func inflation(_ columns: [[Double]], of place: Int) -> Double {
        func centred(_ values: [Double]) -> [Double] {
            let mean = values.reduce(0, +) / Double(values.count)
            return values.map { $0 - mean }
        }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        var basis: [[Double]] = []
        func rest(_ values: [Double]) -> [Double] {
            basis.reduce(values) { left, unit in
                let share = dot(left, unit) / dot(unit, unit)
                return zip(left, unit).map { $0 - share * $1 }
            }
        }
        for (other, values) in columns.enumerated() where other != place { basis.append(rest(centred(values))) }
        let own = centred(columns[place])
        let left = rest(own)
        return dot(own, own) / dot(left, left)
    }

    @Test(arguments: [false, true]) func everyHostsColumnsAreCorrelatedWithTheGuests(isSparse: Bool) async throws {
        let run = try await run(hosts: hosts, isSparse: isSparse)
        #expect(run.succeeded, "\(run.failures)")
        let own = try parameters(run[.guest])
        expectClose(numbers(own?["local_corr"]), matrix(guest.columns, guest.columns), 1e-9)
        expectClose(numbers(own?["corr"]), matrix(guest.columns, hosts[0].columns), 1e-7)
        #expect(own?["other_names"] == ["host_10000_x0", "host_10000_x1"])
        #expect(own?["parties"] == ["(guest,9999)", "(host,10000)", "(host,10001)"])
        let second = own?["hosts"]?.array?[1]
        #expect(second?["party"] == "10001")
        expectClose(numbers(second?["corr"]), matrix(guest.columns, hosts[1].columns), 1e-7)
        for (place, host) in hosts.enumerated() {
            let theirs = try parameters(run[.host, place])
            expectClose(numbers(theirs?["corr"]), matrix(guest.columns, host.columns), 1e-7)
            expectClose(numbers(theirs?["local_corr"]), matrix(host.columns, host.columns), 1e-9)
            #expect(theirs?["other_names"]?.array?.first == "guest_9999_x0")
        }
        #expect(run[.guest].summary["num_local_features"] == 3)
        #expect(run[.guest].summary["corr"]?.array?.count == 3)
    }

    @Test func inflationFactorsAreThoseOfLeastSquares() async throws {
        let run = try await run()
        for (result, data) in [(run[.guest], guest), (run[.host], hosts[0])] {
            let wanted = data.columns.indices.map { inflation(data.columns, of: $0) }
            expectClose(numbers(try parameters(result)?["local_vif"]), wanted, 1e-7)
        }
        let without = try await self.run(["column_indexes": -1, "calc_local_vif": false])
        #expect(try parameters(without[.guest])?["local_vif"] == [])
    }

    @Test func constantColumnsHaveNoCorrelationAndSumsOfOthersNoFactor() async throws {
        let sum = zip(guest.columns[0], guest.columns[1]).map { $0 + 2 * $1 }
        let constant = [Double](repeating: 4, count: 60)
        let own = FeatureData(guest, columns: guest.columns + [constant, sum])
        let run = try await run(guest: own, hosts: [FeatureData(hosts[0], columns: [constant] + hosts[0].columns)])
        #expect(run.succeeded, "\(run.failures)")
        let model = try parameters(run[.guest])
        let cross = numbers(model?["corr"])
        #expect(cross.count == 15)
        for (place, value) in cross.enumerated() {
            #expect(value.isNaN == (place / 3 == 3 || place % 3 == 0), "\(place)")
        }
        let factors = numbers(model?["local_vif"])
        #expect(factors.map(\.isNaN) == [false, false, false, true, false])
        #expect([0, 1, 4].allSatisfy { factors[$0] == .infinity } && factors[2].isFinite)
        #expect(run[.guest].log.contains { $0.text.contains("[WARN] some columns are sums") })
    }

    @Test func everyPartySendsWhatTheContractSaysAndNoMore() async throws {
        let run = try await run(hosts: hosts)
        func names(_ from: Role, _ to: Role) -> [String: Int] {
            run.messages.filter { $0.from.role == from && $0.to.role == to }.reduce(into: [:]) {
                $0[$1.name, default: 0] += 1
            }
        }
        #expect(names(.guest, .host) == ["pearson_plan": 2, "encrypted_column": 6, "correlations": 2])
        #expect(names(.host, .guest) == ["pearson_columns": 2, "encrypted_products": 6])
        #expect(names(.host, .host).isEmpty)
        // A ciphertext of a 2048-bit key has 512 bytes.
        for message in run.messages where message.name == "encrypted_column" { #expect(message.byteCount == 60 * 512) }
    }

    @Test func partiesChooseColumnsAndWhetherToCross() async throws {
        let chosen = try await run(
            [:], guestParameters: ["column_names": ["g2"]], hostParameters: ["column_indexes": [1]])
        #expect(chosen.succeeded, "\(chosen.failures)")
        expectClose(
            numbers(try parameters(chosen[.guest])?["corr"]), [correlation(guest.columns[2], hosts[0].columns[1])], 1e-7
        )
        let alone = try await run(["column_indexes": -1, "cross_parties": false])
        #expect(alone.succeeded, "\(alone.failures)")
        #expect(try parameters(alone[.guest])?["corr"] == [])
        #expect(Set(alone.messages.map(\.name)) == ["pearson_plan", "pearson_columns"])
        let passed = try await run(["need_run": false])
        #expect(passed.succeeded && !passed[.guest].outputNames.contains("model"))
        #expect(try await passed[.host].table().count == 60)
        let differing = try await run(hostParameters: ["cross_parties": false])
        #expect(differing[.guest].error?.description.contains("cross_parties") == true)
    }

    @Test func whatCannotBeCorrelatedIsRefused() async throws {
        let none = try await run([:])
        #expect(none[.guest].error?.description.contains("column_indexes") == true)
        let missing = try await run(guest: FeatureData(rows: 60, columns: 3, prefix: "g", missing: 5, seed: 3))
        #expect(missing[.guest].error?.description.contains("fill them") == true)
        let others = try await run(hosts: [FeatureData(rows: 50, columns: 2, prefix: "h", seed: 4)])
        #expect(others[.host].error?.description.contains("Intersection") == true)
    }

    // MARK: filters

    private func select(_ guest: FeatureData, _ host: FeatureData, _ parameters: [String: CBOR]) async throws -> TestRun
    {
        let pearson = try await run(guest: guest, hosts: [host])
        let binned = try await TestHost(product: "norn_feature").run(
            "HeteroFeatureBinning", parameters: ["encrypt_param": ["key_length": 1024]],
            parties: [
                TestParty(.guest, "9999", inputs: [guest.input()]),
                TestParty(.host, "10000", inputs: [host.input(labelled: false)]),
            ])
        let parties = try [(Role.guest, guest), (.host, host)].map { role, data in
            TestParty(
                role, role == .guest ? "9999" : "10000",
                inputs: [
                    data.input(labelled: role == .guest),
                    try .model("isometric_model", try CBOR(decoding: binned[role].bytes("model"))),
                    try .model("isometric_model", try CBOR(decoding: pearson[role].bytes("model"))),
                ])
        }
        return try await TestHost(product: "norn_feature").run(
            "HeteroFeatureSelection", parameters: parameters, parties: parties)
    }

    @Test func columnsThatOthersSayGo() async throws {
        let near = zip(guest.columns[0], guest.columns[2]).map { $0 + $1 / 10 }
        let own = FeatureData(guest, columns: guest.columns + [near])
        let run = try await select(
            own, hosts[0], ["filter_methods": ["vif_filter"], "vif_param": ["threshold": 5.0]])
        #expect(run.succeeded, "\(run.failures)")
        let left = own.columns.indices.filter { inflation(own.columns, of: $0) <= 5 }.map { own.header[$0] }
        #expect(!left.isEmpty && left.count < 4)
        #expect(try await run[.guest].table().schema?.header == left)
        #expect(try await run[.host].table().schema?.header == hosts[0].header)
    }

    @Test func ofCorrelatedColumnsTheOneWithTheHighestValueStaysWhoeverHasIt() async throws {
        // Noise for the label at the guest, and the same column nearly again at the host.
        let twin = guest.columns[2].enumerated().map { $1 + ($0 % 2 == 0 ? 0.01 : -0.01) }
        let host = FeatureData(hosts[0], columns: [twin, hosts[0].columns[1]])
        let run = try await select(
            guest, host, ["filter_methods": ["correlation_filter"], "correlation_param": ["threshold": 0.95]])
        #expect(run.succeeded, "\(run.failures)")
        let result = try run[.guest].model(CBOR.self)["FeatureSelectionParam"]?["results"]?.array?.first
        let mine = result?["feature_values"]?["g2"]?.double ?? 0
        let theirs =
            result?["host_feature_values"]?.array?.first?["feature_values"]?["host_10000_x0"]?.double ?? 0
        let guestStays = mine >= theirs
        #expect(try await run[.guest].table().schema?.header == (guestStays ? ["g0", "g1", "g2"] : ["g0", "g1"]))
        #expect(try await run[.host].table().schema?.header == (guestStays ? ["h1"] : ["h0", "h1"]))
    }
}

extension FeatureData {
    /// The same rows with other columns.
    init(_ other: FeatureData, columns: [[Double]]) {
        let prefix = other.header.first?.prefix(1) ?? "x"
        self.init(
            ids: other.ids, header: columns.indices.map { "\(prefix)\($0)" }, columns: columns, labels: other.labels)
    }
}
