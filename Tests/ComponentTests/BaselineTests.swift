import Glibc
import NornKit
import NornTestHost
import Testing

/// The guest's own regression against the conditions that its optimum fulfils.
@Suite struct BaselineTests {
    private func run(
        _ data: FeatureData, _ options: [String: CBOR], _ more: [TestInput] = [], input: String = "train_data"
    ) async throws -> TestRun {
        try await TestHost(product: "norn_linear").run(
            "LocalBaseline", parameters: ["model_opts": .map(options)],
            parties: [
                TestParty(.guest, "9999", inputs: [data.input(input)] + more),
                TestParty(.host, "10000", inputs: []), TestParty(.arbiter, "10001"),
            ])
    }

    private static let exact: [String: CBOR] = ["tol": 1e-9, "max_iter": 2000]

    /// Weights by score, the intercept last.
    private func weights(_ result: TestResult, _ columns: Int) throws -> [[Double]] {
        let model = try result.model(CBOR.self)["LocalBaselineParam"]
        let parts =
            model?["need_one_vs_rest"]?.bool == true ? model?["completed_models"]?.array ?? [] : [model ?? .null]
        return parts.map { part in
            (0..<columns).map { part["weight"]?["x\($0)"]?.double ?? .nan } + [part["intercept"]?.double ?? .nan]
        }
    }

    /// The gradient of C Σ loss + ½‖w‖² by the textbook; residuals are probability minus truth.
    private func gradient(
        _ data: FeatureData, _ weights: [Double], _ residuals: [Double], factor: [Double], isPenalised: Bool = true
    ) -> [Double] {
        let columns = data.columns.count
        return (0...columns).map { place in
            let sum = residuals.indices.reduce(0.0) { sum, row in
                sum + factor[row] * residuals[row] * (place < columns ? data.columns[place][row] : 1)
            }
            return sum + (isPenalised && place < columns ? weights[place] : 0)
        }
    }

    private func scores(_ data: FeatureData, _ weights: [Double]) -> [Double] {
        (0..<data.rows).map { row in
            data.columns.indices.reduce(weights[data.columns.count]) { $0 + weights[$1] * data.columns[$1][row] }
        }
    }

    private func sigmoid(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

    @Test(arguments: ["l2", "none"]) func twoClassesReachTheOptimum(penalty: String) async throws {
        let data = FeatureData(rows: 80, columns: 3, seed: 21)
        let run = try await run(data, Self.exact.merging(["penalty": .text(penalty), "C": 0.7]) { $1 })
        #expect(run.succeeded, "\(run.failures)")
        let found = try weights(run[.guest], 3)[0]
        let scores = scores(data, found)
        let residuals = zip(scores, data.labels).map { sigmoid($0) - $1 }
        let slope = gradient(
            data, found, residuals, factor: [Double](repeating: 0.7, count: 80), isPenalised: penalty == "l2")
        #expect(slope.allSatisfy { abs($0) < 1e-6 }, "\(slope)")
        let rows = try await run[.guest].table().collect(CBOR.self)
        expectClose(rows.compactMap { $0.value.array?[2].double }, scores.map(sigmoid), 1e-12)
        #expect(rows.allSatisfy { $0.value.array?[4] == "train" })
        #expect(run[.guest].summary["coef"]?.map?.count == 3 && run[.guest].summary["n_iter"]?.int ?? 0 > 1)
        #expect(run.messages.isEmpty && run[.host].outputNames.isEmpty)
    }

    @Test func classesHaveTheWeightThatIsAsked() async throws {
        let base = FeatureData(rows: 90, columns: 2, seed: 22)
        let data = FeatureData(
            ids: base.ids, header: base.header, columns: base.columns,
            labels: base.labels.enumerated().map { $0 % 4 == 0 ? $1 : 0 })
        let ones = data.labels.filter { $0 == 1 }.count
        for (asked, factors) in [
            (CBOR.text("balanced"), [90.0 / (2 * Double(90 - ones)), 90.0 / (2 * Double(ones))]),
            (["1": 3.0], [1, 3]),
        ] {
            let run = try await run(data, Self.exact.merging(["class_weight": asked]) { $1 })
            #expect(run.succeeded, "\(run.failures)")
            let found = try weights(run[.guest], 2)[0]
            let residuals = zip(scores(data, found), data.labels).map { sigmoid($0) - $1 }
            let slope = gradient(data, found, residuals, factor: data.labels.map { factors[Int($0)] })
            #expect(slope.allSatisfy { abs($0) < 1e-6 }, "\(slope)")
        }
    }

    @Test func severalClassesShareASoftmaxOrHaveAModelEach() async throws {
        let data = FeatureData(rows: 90, columns: 3, classes: 3, seed: 23)
        let shared = try await run(data, Self.exact)
        #expect(shared.succeeded, "\(shared.failures)")
        let found = try weights(shared[.guest], 3)
        let scored = found.map { scores(data, $0) }
        let probabilities = (0..<90).map { row -> [Double] in
            let powers = scored.map { exp($0[row]) }
            return powers.map { $0 / powers.reduce(0, +) }
        }
        for label in 0..<3 {
            let residuals = (0..<90).map { probabilities[$0][label] - (data.labels[$0] == Double(label) ? 1 : 0) }
            let slope = gradient(data, found[label], residuals, factor: [Double](repeating: 1, count: 90))
            #expect(slope.allSatisfy { abs($0) < 1e-6 }, "\(slope)")
        }
        let rows = try await shared[.guest].table().collect(CBOR.self)
        expectClose(rows.compactMap { $0.value.array?[2].double }, probabilities.map { $0.max() ?? 0 }, 1e-9)
        let apart = try await run(data, Self.exact.merging(["multi_class": "ovr"]) { $1 })
        for (label, own) in try weights(apart[.guest], 3).enumerated() {
            let residuals = zip(scores(data, own), data.labels).map { sigmoid($0) - ($1 == Double(label) ? 1 : 0) }
            let slope = gradient(data, own, residuals, factor: [Double](repeating: 1, count: 90))
            #expect(slope.allSatisfy { abs($0) < 1e-6 }, "\(slope)")
        }
    }

    @Test func liblinearPenalisesTheInterceptAndNoInterceptIsNone() async throws {
        let data = FeatureData(rows: 80, columns: 2, seed: 24)
        let run = try await run(data, Self.exact.merging(["solver": "liblinear", "intercept_scaling": 2.0]) { $1 })
        let found = try weights(run[.guest], 2)[0]
        let residuals = zip(scores(data, found), data.labels).map { sigmoid($0) - $1 }
        var slope = gradient(data, found, residuals, factor: [Double](repeating: 1, count: 80))
        slope[2] += found[2] / 4
        #expect(slope.allSatisfy { abs($0) < 1e-6 }, "\(slope)")
        let none = try await self.run(data, ["fit_intercept": false])
        #expect(try weights(none[.guest], 2)[0][2] == 0)
    }

    @Test func aModelPredictsOtherRows() async throws {
        let data = FeatureData(rows: 60, columns: 2, seed: 25)
        let fitted = try await run(data, [:])
        let model = try CBOR(decoding: try fitted[.guest].bytes("model"))
        let again = try await run(data, [:], [try .model("model", model)], input: "test_data")
        #expect(again.succeeded, "\(again.failures)")
        let (first, second) = (
            try await fitted[.guest].table().collect(CBOR.self), try await again[.guest].table().collect(CBOR.self)
        )
        #expect(first.map { $0.value.array?[2] } == second.map { $0.value.array?[2] })
        #expect(second.allSatisfy { $0.value.array?[4] == "predict" })
    }

    @Test func optionsThatAreNotPossibleAreRefusedAndThoseWithoutEffectSaid() async throws {
        let data = FeatureData(rows: 40, columns: 2, seed: 26)
        for (options, word) in [
            (["penalty": "l1"], "penalty"), (["C": -1.0], "model_opts.C"), (["colour": 1], "colour"),
            (["dual": true], "dual"), (["solver": "magic"], "solver"), (["max_iter": 0], "max_iter"),
        ] as [([String: CBOR], String)] {
            let run = try await run(data, options)
            #expect(run[.guest].error?.description.contains(word) == true, "\(word)")
        }
        let said = try await run(data, ["random_state": 3, "max_iter": 1])
        #expect(said[.guest].log.contains { $0.text.contains("[WARN] model_opts.random_state") })
        #expect(said[.guest].log.contains { $0.text.contains("[WARN] max_iter") })
    }
}
