import Glibc
import NornKit
import NornTestHost
import Testing

@Suite struct EvaluationTests {
    static let schema = TableSchema(
        layout: .cbor, header: ["label", "predict_result", "predict_score", "predict_detail", "type"],
        content: .predictions)

    /// label, score, type; decided at 0.5
    static func predictions(_ rows: [(Double, Double, String)]) -> TestInput {
        .table(
            "data",
            rows.enumerated().map { index, row in
                (
                    Key.text("id\(index)"),
                    CBOR.array([
                        .double(row.0), .int(row.1 > 0.5 ? 1 : 0), .double(row.1), .text("{}"), .text(row.2),
                    ])
                )
            }, schema: schema)
    }

    static func evaluate(_ input: TestInput, _ parameters: [String: CBOR] = [:]) async throws -> TestResult {
        try await TestHost(product: "norn_evaluation").run(
            "Evaluation", parameters: parameters, parties: [TestParty(.guest, "9999", inputs: [input])])[.guest]
    }

    static let sample: [(Double, Double, String)] = [
        (0, 0.1, "train"), (0, 0.4, "train"), (1, 0.35, "train"), (1, 0.8, "train"),
    ]

    private func value(_ name: String, _ result: TestResult, namespace: String = "train") -> Double? {
        result.summary.map?.values.first?[namespace]?[name]?.double
    }

    @Test func binaryPredictionsAreMeasured() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.sample))
        #expect(result.error == nil)
        #expect(value("auc", result) == 0.75)
        #expect(value("ks", result) == 0.5)
        #expect(value("accuracy", result) == 0.75)
        #expect(value("precision", result) == 1)
        #expect(value("recall", result) == 0.5)
        let types = Set(result.metrics.compactMap { $0["type"]?.text })
        #expect(
            types.isSuperset(of: [
                "EVALUATION_SUMMARY", "ROC_EVALUATION", "KS_EVALUATION", "LIFT_EVALUATION", "GAIN_EVALUATION",
                "PRECISION_BINARY_EVALUATION", "RECALL_BINARY_EVALUATION", "ACCURACY_EVALUATION", "F1_SCORE",
                "CONFUSION_MAT", "QUANTILE_PR",
            ]))
    }

    @Test func eachTypeOfPredictionIsMeasuredApart() async throws {
        let validate = Self.sample.map { ($0.0, 1 - $0.1, "validate") }
        let result = try await Self.evaluate(Self.predictions(Self.sample + validate))
        #expect(value("auc", result) == 0.75)
        #expect(value("auc", result, namespace: "validate") == 0.25)
    }

    @Test func onlyWhatIsAskedForIsGiven() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.sample), ["metrics": ["auc"]])
        #expect(value("auc", result) == 0.75)
        #expect(value("ks", result) == nil)
        #expect(result.metrics.count == 1)
    }

    @Test func thePositiveLabelCanBeAnother() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.sample), ["pos_label": 0])
        #expect(value("auc", result) == 0.25)
    }

    @Test func regressionsAreMeasured() async throws {
        let result = try await Self.evaluate(
            Self.predictions([(3, 2.5, "train"), (-0.5, 0, "train"), (2, 2, "train"), (7, 8, "train")]),
            ["eval_type": "regression"])
        #expect(value("mean_squared_error", result) == 0.375)
        #expect(value("mean_absolute_error", result) == 0.5)
    }

    @Test func rowsOfOneClassAreRefusedWithWhatToDo() async throws {
        let error = try #require(
            try await Self.evaluate(Self.predictions([(1, 0.2, "train"), (1, 0.3, "train")])).error)
        #expect(error.message.contains("pos_label"))
    }

    @Test(arguments: [
        ("eval_type", CBOR.text("many")), ("metrics", .array(["speed"])), ("metrics", .array(["rmse"])),
        ("unfold_multi_result", .bool(true)), ("run_clustering_arbiter_metric", .bool(true)),
    ])
    func whatIsNotMeasuredIsRefusedByName(field: String, value: CBOR) async throws {
        let error = try #require(try await Self.evaluate(Self.predictions(Self.sample), [field: value]).error)
        #expect(error.message.contains(field) || error.field == field, "\(error)")
    }

    @Test func nothingIsMeasuredWhereNothingIsToRun() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.sample), ["need_run": false])
        #expect(result.error == nil)
        #expect(result.metrics.isEmpty)
    }

    private func meta(_ suffix: String, _ result: TestResult) -> CBOR? {
        result.metrics.first { $0["name"]?.text?.hasSuffix(suffix) == true }?["meta"]
    }

    private func points(_ suffix: String, _ result: TestResult) -> [[Double]] {
        let metric = result.metrics.first { $0["name"]?.text?.hasSuffix(suffix) == true }
        return (metric?["points"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    }

    /// Ten rows whose scores are 0.95, 0.85, … 0.05; positive are the rows 0, 1, 2, 4 and 7.
    private static let ten = (0..<10).map {
        (([0, 1, 2, 4, 7].contains($0) ? 1.0 : 0), 0.95 - Double($0) / 10, "train")
    }

    @Test func liftAndGainAreSharesOfTheRowsAboveAThreshold() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.ten))
        let lift = points("_lift", result), gain = points("_gain", result)
        // Above the third score are two rows, both positive, of five in ten.
        #expect(lift.first { $0[0] == 0.2 }?[1] == 2)
        #expect(gain.first { $0[0] == 0.2 }?[1] == 0.4)
        // Above the sixth are five rows, four of them positive.
        #expect(lift.first { $0[0] == 0.5 }?[1] == 1.6)
        #expect(gain.first { $0[0] == 0.5 }?[1] == 0.8)
        #expect(lift.last == [1, 1])
        #expect(meta("_lift", result)?["curve_name"]?.text == meta("_gain", result)?["curve_name"]?.text)
        #expect(meta("_lift", result)?["thresholds"]?.array?.count == lift.count)
    }

    @Test func curvesHaveFATEsCuts() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.ten))
        let falls = points("_ks_fpr", result), rises = points("_ks_tpr", result)
        #expect(falls.count == 101)
        #expect(falls.last == [1, 1])
        // At half the rows the threshold is the sixth score: above it are four of five positives, one of five negatives.
        #expect(rises.first { $0[0] == 0.5 }?[1] == 0.8)
        #expect(falls.first { $0[0] == 0.5 }?[1] == 0.2)
        #expect(meta("_ks_tpr", result)?["pair_type"]?.text != nil)
        let accuracy = points("_accuracy", result)
        #expect(accuracy.count == 100)
        #expect(accuracy.first { $0[0] == 0.5 }?[1] == 0.8)
        #expect(points("_roc", result).last == [1, 1])
        #expect(meta("_roc", result)?["ordinate_name"] == "tpr")
        #expect(meta("_precision", result)?["ordinate_name"] == "Precision")
        // Of all cuts that find every positive the one with the best precision stays: eight rows, five of them positive.
        #expect(points("_recall", result).last == [0.8, 1])
        #expect(points("_precision", result).last == [0.8, 0.625])
    }

    @Test func tablesAreInTheMetaData() async throws {
        let result = try await Self.evaluate(Self.predictions(Self.ten))
        let counts = meta("_confusion_mat", result)
        #expect(counts?["tp"]?.array?.count == 101)
        for place in [0, 50, 100] {
            let sum = ["tp", "fp", "tn", "fn"].reduce(0) { $0 + (counts?[$1]?.array?[place].int ?? 0) }
            #expect(sum == 10)
        }
        #expect(counts?["tp"]?.array?[50].int == 4)
        #expect(counts?["tp"]?.array?.last?.int == 5, "all rows are above 0")
        #expect(meta("_f1_score", result)?["f1_scores"]?.array?.count == 101)
        let quantiles = meta("_quantile_pr", result)
        #expect(quantiles?["thresholds"]?.array?.count == 21)
        #expect(quantiles?["r_scores"]?.array?.first?.array?.last?.double == 1, "above the lowest score")
    }

    @Test func stabilityComparesTrainingWithValidation() async throws {
        let train = (0..<40).map { (Double($0 % 2), Double($0) / 40, "train") }
        let validate = (0..<40).map { (Double($0 % 2), min(0.999, Double($0) / 40 + 0.25), "validate") }
        let result = try await Self.evaluate(Self.predictions(train + validate), ["metrics": ["psi", "auc"]])
        let table = meta("_psi", result)
        let scores = table?["psi_scores"]?.array?.compactMap(\.double) ?? []
        #expect(scores.count == 20)
        #expect(abs(scores.reduce(0, +) - (table?["total_psi"]?.double ?? 0)) < 1e-4)
        let expected = table?["expected_interval"]?.array?.compactMap(\.int) ?? []
        let actual = table?["actual_interval"]?.array?.compactMap(\.int) ?? []
        #expect(expected.reduce(0, +) == 40)
        #expect(actual.first == 0)
        let (e, a) = (Double(expected[0]) / 40, 1e-6 / 40)
        #expect(abs(scores[0] - (a - e) * log(a / e)) < 1e-6)
        #expect(table?["intervals"]?.array?.last?.text?.hasSuffix("]") == true)
        let alone = try await Self.evaluate(Self.predictions(train), ["metrics": ["psi", "auc"]])
        #expect(meta("_psi", alone) == nil)
    }

    /// label, result and the score of each of the classes 0, 1, 2
    private func classes(_ rows: [(Double, Double, [Double])]) -> TestInput {
        .table(
            "data",
            rows.enumerated().map { index, row in
                let detail = zip(["0", "1", "2"], row.2).map { "\"\($0)\": \($1)" }.joined(separator: ", ")
                let values: [CBOR] = [
                    .double(row.0), .double(row.1), .double(row.2.max() ?? 0), .text("{\(detail)}"), "train",
                ]
                return (Key.text("id\(index)"), CBOR.array(values))
            }, schema: Self.schema)
    }

    private static let multi: [(Double, Double, [Double])] = [
        (0, 0, [0.7, 0.2, 0.1]), (0, 1, [0.3, 0.4, 0.2]), (1, 1, [0.1, 0.8, 0.3]), (2, 2, [0.2, 0.1, 0.6]),
        (2, 2, [0.1, 0.3, 0.9]), (1, 2, [0.2, 0.35, 0.5]),
    ]

    @Test func classesAreMeasured() async throws {
        let result = try await Self.evaluate(classes(Self.multi), ["eval_type": "multi"])
        #expect(result.error == nil)
        #expect(value("accuracy", result) == 4.0 / 6)
        let precisions = [1, 0.5, 2.0 / 3], recalls = [0.5, 0.5, 1]
        #expect(abs((value("precision", result) ?? 0) - precisions.reduce(0, +) / 3) < 1e-12)
        #expect(abs((value("recall", result) ?? 0) - recalls.reduce(0, +) / 3) < 1e-12)
        #expect(points("_recall", result) == [[0, 0.5], [1, 0.5], [2, 1]])
        #expect(result.metrics.contains { $0["type"] == "PRECISION_MULTI_EVALUATION" })
    }

    @Test func classesAreMeasuredAgainstAllOthers() async throws {
        let result = try await Self.evaluate(
            classes(Self.multi), ["eval_type": "multi", "unfold_multi_result": true])
        let summary = try #require(result.summary.map)
        let second = try #require(summary.first { $0.key.hasSuffix("_class_1") }?.value)
        // Scores of class 1: 0.8 and 0.35 of its own rows, 0.2, 0.4, 0.1, 0.3 of others.
        #expect(second["train"]?["auc"]?.double == 7.0 / 8)
        #expect(summary.count == 4)
    }

    @Test func clustersAreMeasuredAgainstClasses() async throws {
        let rows = zip([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]).enumerated().map { index, pair in
            (Key.text("id\(index)"), CBOR.array([.int(Int64(pair.0)), .int(Int64(pair.1)), "train"]))
        }
        let schema = TableSchema(layout: .cbor, header: ["label", "cluster", "type"], content: .predictions)
        let result = try await Self.evaluate(.table("data", rows, schema: schema), ["eval_type": "clustering"])
        #expect(result.error == nil)
        // scikit-learn: adjusted_rand_score 0.24242424, fowlkes_mallows_score 0.47140452
        #expect(abs((value("adjusted_rand_score", result) ?? 0) - 0.24242424) < 1e-7)
        #expect(abs((value("fowlkes_mallows_score", result) ?? 0) - 0.47140452) < 1e-7)
        #expect(meta("_contingency_matrix", result)?["result_table"] == [[2, 1, 0], [0, 1, 2]])
    }

    @Test func clustersAreMeasuredByTheirDistances() async throws {
        let rows: [(Key, CBOR)] = [
            (.int(0), [4, 1.0, 2.0, [16.0, 4.0, 16.0, 9.0, 4.0, 9.0], "train"]),
            (.int(1), [4, 2.0, 3.0, [16.0, 4.0, 16.0, 9.0, 4.0, 9.0], "train"]),
            (.int(2), [4, 0.5, 1.0, [16.0, 4.0, 16.0, 9.0, 4.0, 9.0], "train"]),
        ]
        let schema = TableSchema(
            layout: .cbor, header: ["count", "mean", "radius", "distances", "type"], content: .predictions)
        let result = try await Self.evaluate(.table("data", rows, schema: schema), ["eval_type": "clustering"])
        // (1 + 2) / 4 and (1 + 0.5) / 2; (2 + 1) / 4 and (2 + 0.5) / 3; (0.5 + 1) / 2 and (0.5 + 2) / 3
        let expected = (0.75 + 2.5 / 3 + 2.5 / 3) / 3
        #expect(abs((value("davies_bouldin_index", result) ?? 0) - expected) < 1e-12)
        #expect(meta("_distance_measure", result)?["nearest_idx"] == [2, 2, 0])
    }

    @Test func aTableOfNoPredictionsIsRefused() async throws {
        let result = try await Self.evaluate(.csv("data", "id,x\na,1\n"))
        #expect(result.error?.message.contains("predictions") == true)
    }

    @Test func partiesWithLabelsOfTheirOwnMeasureToo() async throws {
        let run = try await TestHost(product: "norn_evaluation").run(
            "Evaluation",
            parties: [
                TestParty(.guest, "9999", inputs: [Self.predictions(Self.sample)]),
                TestParty(.host, "10000", inputs: [Self.predictions(Self.sample)]),
                TestParty(.host, "10001", inputs: [.csv("data", "id\na\n")]), TestParty(.arbiter, "10002"),
            ])
        #expect(run.succeeded)
        #expect(value("auc", run[.host]) == 0.75)
        #expect(run[.host, 1].metrics.isEmpty)
    }
}
