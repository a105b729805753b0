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
                "EVALUATION_SUMMARY", "ROC_EVALUATION", "KS_EVALUATION", "PR_EVALUATION", "PRECISION_EVALUATION",
                "RECALL_EVALUATION", "ACCURACY_EVALUATION", "F1_EVALUATION", "CONFUSION_MAT",
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
        ("eval_type", CBOR.text("multi")), ("metrics", .array(["speed"])), ("unfold_multi_result", .bool(true)),
    ])
    func whatIsNotMeasuredIsRefusedByName(field: String, value: CBOR) async throws {
        let error = try #require(try await Self.evaluate(Self.predictions(Self.sample), [field: value]).error)
        #expect(error.message.contains(field) || error.field == field, "\(error)")
    }

    @Test func aTableOfNoPredictionsIsRefused() async throws {
        let result = try await Self.evaluate(.csv("data", "id,x\n1,2\n"))
        #expect(result.error?.message.contains("predictions") == true)
    }
}
