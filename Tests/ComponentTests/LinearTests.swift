import Glibc
import NornKit
import NornMath
import NornTestHost
import Testing

@Suite struct LinearTests {
    static let settings: [(String, String)] = [
        ("sgd", "L2"), ("rmsprop", "L2"), ("adagrad", "L1"), ("adam", "None"), ("nesterov_momentum_sgd", "L2"),
        ("sgd", "L1"),
    ]

    @Test(arguments: settings) func trainingEqualsThePlainComputation(optimizer: String, penalty: String) async throws {
        let data = SmallData(rows: 25)
        let run = try await train(
            data.parties, ["optimizer": .text(optimizer), "penalty": .text(penalty), "batch_size": 10, "max_iter": 3])
        #expect(run.succeeded, "\(run.failures)")
        let plain = data.plainTraining(
            OptimizerMethod(rawValue: optimizer) ?? .sgd, Penalty(rawValue: penalty.lowercased()) ?? .none,
            batch: 10, epochs: 3)
        expectClose(run.losses, plain.losses)
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.weights)
    }

    /// A sum over one row is the row: a guest may not choose batches that the others did not agree to.
    @Test func batchesAreThoseOfEveryPartysOwnParameters() async throws {
        let data = SmallData(rows: 40)
        let run = try await train(data.parties(host: ["batch_size": 20]), ["batch_size": 10, "max_iter": 1])
        #expect(run[.host].error?.message.contains("batch_size") == true, "\(run.failures)")
    }

    @Test func trainingOnAHandfulOfRowsIsRefused() async throws {
        let run = try await train(SmallData(rows: 9).parties, ["max_iter": 1])
        #expect(run[.guest].error?.message.contains("9 rows") == true, "\(run.failures)")
    }

    @Test func theGuestCannotBeItsOwnArbiter() async throws {
        let run = try await train(SmallData(rows: 20).parties(arbiter: "9999"), ["max_iter": 1])
        // Each party refuses by itself; the first one's refusal ends the others.
        #expect(run.failures.contains("guest and arbiter"), "\(run.failures)")
    }

    @Test func severalHostsTrainTheSameModel() async throws {
        let data = SmallData(rows: 20)
        let parameters: [String: CBOR] = ["optimizer": "sgd", "max_iter": 2, "alpha": 0.3]
        let run = try await train(data.partiesWithTwoHosts, parameters, cores: 2)
        #expect(run.succeeded, "\(run.failures)")
        let plain = data.plainTraining(.sgd, .l2, batch: nil, epochs: 2, alpha: 0.3)
        expectClose(run.losses, plain.losses)
        expectClose(run.weights(of: [run[.guest], run[.host, 0], run[.host, 1]]), plain.weights)
    }

    @Test func predictionsFollowTheModelAtTheGuestOnly() async throws {
        let data = SmallData(rows: 20)
        let run = try await train(data.parties, ["max_iter": 3, "predict_param": ["threshold": 0.4]])
        let scores = data.scores(run.weights(of: [run[.guest], run[.host]]))
        let table = try await run[.guest].table()
        #expect(table.schema?.header == ["label", "predict_result", "predict_score", "predict_detail", "type"])
        for (row, score) in zip(try await table.collect(CBOR.self), scores) {
            let values = row.value.array ?? []
            let index = data.ids.firstIndex { .text($0) == row.key } ?? 0
            #expect(values[0].double == data.labels[index])
            #expect(abs((values[2].double ?? 0) - score) < 1e-6)
            #expect(values[1].int == (score > 0.4 ? 1 : 0))
            #expect(values[3].text?.hasPrefix("{\"0\": ") == true)
            #expect(values[4].text == "train")
        }
        let host = try await run[.host].table().collect(String.self)
        #expect(host.count == 20)
        #expect(host.allSatisfy { $0.value.isEmpty })
    }

    @Test func aModelPredictsOtherRowsWithColumnsInAnyOrder() async throws {
        let data = SmallData(rows: 20)
        let trained = try await train(data.parties, ["max_iter": 2])
        let (guest, host): (CBOR, CBOR) = (try trained[.guest].model(), try trained[.host].model())
        let run = try await TestHost(product: "norn_linear").run(
            "HeteroLR", parameters: quick,
            parties: [
                TestParty(
                    .guest, "9999",
                    inputs: [
                        .instances("test_data", csv: "id,g1,g0\np,0.5,-1\nq,2,0"), try .model("model", guest),
                    ]),
                TestParty(
                    .host, "10000",
                    inputs: [
                        .instances("test_data", csv: "id,h2,h0,h1\np,1,2,3\nq,-1,0,1"), try .model("model", host),
                    ]),
            ])
        #expect(run.succeeded, "\(run.failures)")
        let weights = trained.weights(of: [trained[.guest], trained[.host]])  // g0 g1 intercept h0 h1 h2
        let expected = [
            [-1, 0.5, 1, 2, 3, 1], [0, 2, 1, 0, 1, -1],
        ].map { row in 1 / (1 + exp(-zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 })) }
        let rows = try await run[.guest].table().collect(CBOR.self)
        for (row, probability) in zip(rows, expected) {
            #expect(row.value.array?[0] == .null)
            #expect(abs((row.value.array?[2].double ?? 0) - probability) < 1e-9)
            #expect(row.value.array?[4].text == "predict")
        }
    }

    @Test func validationRowsArePredictedAfterTraining() async throws {
        let data = SmallData(rows: 20)
        let parties = data.parties(
            guestMore: [.instances("validate_data", csv: "id,y,g0,g1\nv1,1,1,0\nv2,0,0,1", label: "y")],
            hostMore: [.instances("validate_data", csv: "id,h0,h1,h2\nv1,1,1,1\nv2,0,0,0")])
        let run = try await train(parties, ["max_iter": 1])
        #expect(run.succeeded, "\(run.failures)")
        let rows = try await run[.guest].table().collect(CBOR.self)
        #expect(rows.count == 22)
        #expect(rows.filter { $0.value.array?[4].text == "validate" }.map(\.key) == [.text("v1"), .text("v2")])
    }

    /// As FATE's union of both: a row that is in both is the training's, and is counted once.
    @Test func rowsThatTrainAndValidateArePredictedAsTraining() async throws {
        let data = SmallData(rows: 20)
        let parties = data.parties(
            guestMore: [data.table("validate_data", data.guest, header: ["g0", "g1"], data.labels, nil)],
            hostMore: [data.table("validate_data", data.host, header: ["h0", "h1", "h2"], nil, nil)])
        let run = try await train(parties, ["max_iter": 1])
        #expect(run.succeeded, "\(run.failures)")
        let rows = try await run[.guest].table().collect(CBOR.self)
        #expect(rows.count == 20 && rows.allSatisfy { $0.value.array?[4].text == "train" })
        #expect(try await run[.host].table().count == 20)
    }

    @Test func stoppingRulesEndTraining() async throws {
        let data = SmallData(rows: 15)
        let early = try await train(data.parties, ["early_stop": "diff", "tol": 10.0, "max_iter": 9])
        #expect(early.losses.count == 2)
        #expect(early[.guest].summary["is_converged"]?.bool == true)
        let weights = try await train(data.parties, ["early_stop": "weight_diff", "tol": 10.0, "max_iter": 9])
        #expect(weights.losses.count == 1)
        let absolute = try await train(data.parties, ["early_stop": "abs", "tol": 0.0, "max_iter": 2])
        #expect(absolute.losses.count == 2)
        #expect(absolute[.host].summary["is_converged"]?.bool == false)
    }

    @Test func shuffledBatchesStillTrain() async throws {
        let data = SmallData(rows: 35)
        let run = try await train(
            data.parties,
            ["batch_size": 10, "shuffle": true, "max_iter": 6, "learning_rate": 0.2, "optimizer": "sgd", "alpha": 0.0])
        #expect(run.succeeded, "\(run.failures)")
        #expect((run.losses.last ?? 1) < (run.losses.first ?? 0))
    }

    @Test func everyPartySeesItsOwnWeightsOnly() async throws {
        let run = try await train(SmallData(rows: 15).parties, ["max_iter": 1])
        #expect(run[.guest].modelViews["model"]?["weight"]?.map?.keys.sorted() == ["g0", "g1"])
        #expect(run[.host].modelViews["model"]?["weight"]?.map?.keys.sorted() == ["h0", "h1", "h2"])
        #expect(run[.arbiter].modelViews["model"]?["weight"]?.map?.isEmpty == true)
        let parameters = try run[.host].model(CBOR.self)["HeteroLogisticRegressionParam"]
        #expect(parameters?["header"] == ["h0", "h1", "h2"])
        #expect(parameters?["iters"]?.int == 1)
        #expect(run[.host].points("loss").isEmpty)
        #expect(run[.guest].points("loss") == run[.arbiter].points("loss"))
        #expect(run[.arbiter].log.contains { $0.severity == 2 && $0.text.contains("1024") })
    }

    static let wrongParameters: [(String, CBOR, String)] = [
        ("cv_param", CBOR.map(["need_cv": true, "n_splits": 1]), "cv_param.n_splits"),
        ("optimizer", "magic", "optimizer"), ("validation_freqs", 0, "validation_freqs"),
        ("early_stopping_rounds", 2, "validation_freqs"), ("metrics", ["speed"], "metrics"),
        ("floating_point_precision", 12, "floating_point_precision"),
        ("stepwise_param", ["need_stepwise": true], "stepwise_param.need_stepwise"), ("penalty", "L3", "penalty"),
        ("callback_param", ["callbacks": ["Sleep"]], "callback_param.callbacks"),
        ("encrypt_param", ["key_length": 512], "encrypt_param.key_length"), ("batch_size", 3, "batch_size"),
        ("encrypt_param", ["method": "ipcl"], "encrypt_param.method"), ("batch_strategy", "none", "batch_strategy"),
        ("init_param", ["init_method": "magic"], "init_param.init_method"), ("learning_rate", -1.0, "learning_rate"),
    ]

    @Test(arguments: wrongParameters)
    func wrongParametersAreRefusedByName(name: String, value: CBOR, field: String) async throws {
        let run = try await train(SmallData(rows: 12).parties, [name: value])
        #expect(run[.guest].error?.description.contains(field) == true, "\(run.failures)")
        #expect(run[.guest].error?.fault == .user)
    }

    @Test func rowsThatDoNotMatchAreRefused() async throws {
        let data = SmallData(rows: 12)
        let run = try await train(
            [data.parties[0], SmallData(rows: 13).parties[1], data.parties[2]], [:])
        #expect(run[.host].error?.description.contains("Intersection") == true)
    }

    @Test func oneLabelAloneIsRefused() async throws {
        let data = SmallData(rows: 12)
        let run = try await train(data.parties(labels: data.ids.map { _ in 5 }), [:])
        #expect(run[.guest].error?.description.contains("all rows have the label 5") == true)
    }
}
