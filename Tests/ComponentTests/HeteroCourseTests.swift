import Foundation
import NornKit
import NornMath
import NornTestHost
import Testing

/// What goes on around training: folds, validation, early stopping, warm starts, checkpoints, and the wire contract.
@Suite struct HeteroCourseTests {
    private let data = SmallData(rows: 36)

    private func subset(_ rows: [Int]) -> PlainTraining {
        PlainTraining(
            rows: rows.map { data.plainRows[$0] }, intercept: 2, targets: rows.map { data.signs[$0] })
    }

    @Test func foldsAreTrainedAndMeasuredEach() async throws {
        let run = try await train(
            data.parties,
            ["optimizer": "sgd", "max_iter": 3, "cv_param": ["need_cv": true, "n_splits": 3, "shuffle": false]])
        #expect(run.succeeded, "\(run.failures)")
        let table = try await run[.guest].table()
        #expect(table.schema?.header == ["label", "predict_result", "predict_score", "predict_detail", "type"])
        let rows = Dictionary(uniqueKeysWithValues: try await table.collect(CBOR.self).map { ($0.key, $0.value) })
        #expect(rows.count == 36 * 3)
        for fold in 0..<3 {
            let held = Array(fold * 12..<(fold + 1) * 12)
            let others = (0..<36).filter { !held.contains($0) }
            let training = subset(others)
            let plain = training.run(epochs: 3)
            var scored: [(Double, Bool)] = []
            for (rowsOf, stage) in [(held, "validate"), (others, "train")] {
                for row in rowsOf {
                    let value = try #require(rows[.text("\(data.ids[row])#fold\(fold)#\(stage)")]?.array)
                    let expected = 1 / (1 + exp(-training.score(data.plainRows[row], plain.weights)))
                    #expect(abs((value[2].double ?? 0) - expected) < 1e-5)
                    #expect(value[4].text == stage)
                    if stage == "validate" { scored.append((expected, data.labels[row] == 1)) }
                }
            }
            let area = try ScoredLabels(scores: scored.map(\.0), labels: scored.map(\.1)).areaUnderROC()
            let measured = run[.guest].points("validate_fold_\(fold)")
            #expect(measured.compactMap { $0.array?[0].text } == ["auc", "ks"])
            #expect(abs((measured[0].array?[1].double ?? 0) - area) < 1e-9)
            #expect(run[.arbiter].points("loss.\(fold)").count == 3)
        }
        #expect(run[.guest].summary["fold_num"]?.int == 3)
        #expect(run[.guest].summary["fold_2"]?["coef"]?.map?.count == 2)
        let host = try await run[.host].table()
        #expect(host.schema?.header == ["fold_num"])
        #expect(try await host.collect(String.self).count == 36 * 3)
        #expect(!run[.guest].outputNames.contains("model"))
    }

    @Test func foldsCanHandOutTheRowsThemselvesOrNothing() async throws {
        let instances = try await train(
            data.parties,
            ["max_iter": 1, "cv_param": ["need_cv": true, "n_splits": 2, "history_value_type": "instance"]])
        #expect(instances.succeeded, "\(instances.failures)")
        let table = try await instances[.host].table()
        #expect(table.schema?.header == ["h0", "h1", "h2"])
        #expect(table.count == 72)
        let plain = try await train(
            data.parties, ["max_iter": 1, "cv_param": ["need_cv": true, "n_splits": 2, "output_fold_history": false]])
        #expect(try await plain[.guest].table().count == 36)
        let tooMany = try await train(data.parties, ["cv_param": ["need_cv": true, "n_splits": 4]])
        #expect(tooMany[.guest].error?.description.contains("cv_param.n_splits") == true)
    }

    /// Rows that training does not know, with labels that disagree more the better training fits.
    private func validation(_ labels: (Int) -> Double) -> (guest: TestInput, host: TestInput) {
        let other = SmallData(rows: 20)
        return (
            other.table("validate_data", other.guest, header: ["g0", "g1"], (0..<20).map(labels), nil),
            other.table("validate_data", other.host, header: ["h0", "h1", "h2"], nil, nil)
        )
    }

    @Test func trainingStopsWhereValidationGetsNoBetterAndKeepsTheBestModel() async throws {
        let other = SmallData(rows: 20)
        let (guest, host) = validation { 1 - other.labels[$0] }
        let parties = data.parties(labels: data.labels, guestMore: [guest], hostMore: [host])
        let callback: CBOR = [
            "callbacks": ["EarlyStopping"], "validation_freqs": 1, "early_stopping_rounds": 2, "metrics": ["auc"],
        ]
        let run = try await train(
            parties, ["optimizer": "sgd", "max_iter": 20, "tol": 0.0, "callback_param": callback])
        #expect(run.succeeded, "\(run.failures)")
        let plain = PlainTraining(rows: data.plainRows, intercept: 2, targets: data.signs).run(epochs: 20)
        let areas = try plain.path.map { weights in
            try ScoredLabels(
                scores: other.plainRows.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } },
                labels: other.labels.map { $0 == 0 }
            ).areaUnderROC()
        }
        var (best, misses, epoch) = (0, 0, 0)
        while misses < 2, epoch < 20 {
            if epoch == 0 || areas[epoch] > areas[best] { (best, misses) = (epoch, 0) } else { misses += 1 }
            epoch += 1
        }
        #expect(run.losses.count == epoch)
        #expect(run.losses.count < 20)
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.path[best])
        for role in [Role.guest, .host, .arbiter] { #expect(run[role].summary["best_iteration"]?.int == best) }
        let history = run[.guest].summary["validation_metrics"]?["validate"]?["auc"]?.array?.compactMap(\.double) ?? []
        expectClose(history, Array(areas.prefix(epoch)))
        #expect(run[.guest].points("iteration_0").count == 2, "auc of both train and validate")
    }

    @Test func oldNamesOfValidationDoTheSame() async throws {
        let other = SmallData(rows: 20)
        let (guest, host) = validation { 1 - other.labels[$0] }
        let parties = data.parties(labels: data.labels, guestMore: [guest], hostMore: [host])
        let run = try await train(
            parties,
            [
                "max_iter": 20, "tol": 0.0, "validation_freqs": [1, 3, 4], "early_stopping_rounds": 1, "metrics": [],
                "use_first_metric_only": true,
            ])
        #expect(run.succeeded, "\(run.failures)")
        #expect(run[.guest].points("iteration_0").isEmpty)
        #expect(run[.guest].points("iteration_1").count == 4, "auc and ks of train and validate")
        #expect([1, 3, 4].contains(run[.guest].summary["best_iteration"]?.int))
    }

    @Test func earlyStoppingNeedsRowsToValidateOn() async throws {
        let run = try await train(data.parties, ["validation_freqs": 1, "early_stopping_rounds": 1])
        #expect(run[.guest].error?.description.contains("validate_data") == true, "\(run.failures)")
    }

    @Test func aWarmStartGoesOnWhereTheModelStopped() async throws {
        let first = try await train(data.parties, ["optimizer": "sgd", "max_iter": 2])
        let models = try [Role.guest, .host, .arbiter].map {
            try TestInput.model("model", try first[$0].model(CBOR.self))
        }
        let parties = [
            TestParty(
                .guest, "9999",
                inputs: [data.table("train_data", data.guest, header: ["g0", "g1"], data.labels, nil), models[0]]),
            TestParty(
                .host, "10000",
                inputs: [data.table("train_data", data.host, header: ["h0", "h1", "h2"], nil, nil), models[1]]),
            TestParty(.arbiter, "10001", inputs: [models[2]]),
        ]
        let run = try await train(parties, ["optimizer": "sgd", "max_iter": 5])
        #expect(run.succeeded, "\(run.failures)")
        let plain = PlainTraining(rows: data.plainRows, intercept: 2, targets: data.signs).run(epochs: 5)
        expectClose(run.losses, Array(plain.losses.suffix(3)))
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.weights)
        #expect(run[.guest].modelViews["model"]?["iters"]?.int == 5)
    }

    @Test func checkpointsHoldTheModelOfTheirEpoch() async throws {
        let run = try await train(
            data.parties,
            [
                "optimizer": "sgd", "max_iter": 4, "tol": 0.0,
                "callback_param": ["callbacks": ["ModelCheckpoint"], "save_freq": 2],
            ])
        #expect(run.succeeded, "\(run.failures)")
        let plain = PlainTraining(rows: data.plainRows, intercept: 2, targets: data.signs).run(epochs: 4)
        let kept = try run[.host].checkpoints()
        #expect(kept.count == 2)
        for (checkpoint, epoch) in zip(kept, [0, 2]) {
            #expect(checkpoint["step_index"]?.int == epoch)
            #expect(checkpoint["step_name"] == "step_name")
            let weights = checkpoint["content"]?["HeteroLogisticRegressionParam"]?["weight"]
            expectClose(["h0", "h1", "h2"].map { weights?[$0]?.double ?? 0 }, Array(plain.path[epoch].suffix(3)))
        }
    }

    /// Every message that any way of training sends is one of the manifest's, between the roles that it names.
    @Test func nothingLeavesOutsideTheWireContract() async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/linear/manifest.json")
        let manifest = try JSONDecoder().decode(CBOR.self, from: Data(contentsOf: path))
        let component = try #require(manifest["components"]?.array?.first { $0["name"] == "HeteroLR" })
        let wire = Dictionary(
            uniqueKeysWithValues: (component["wire"]?.array ?? []).map { ($0["name"]?.text ?? "", $0) })
        let (guest, host) = validation { Double($0 % 2) }
        let validated = data.parties(labels: data.labels, guestMore: [guest], hostMore: [host])
        let ways: [([TestParty], [String: CBOR])] = [
            (validated, ["max_iter": 2, "validation_freqs": 1, "early_stopping_rounds": 1]),
            (data.parties, ["batch_size": 12, "shuffle": true, "max_iter": 1]),
            (data.parties, ["max_iter": 1, "cv_param": ["need_cv": true, "n_splits": 2]]),
            (
                data.parties,
                ["optimizer": "sqn", "max_iter": 3, "sqn_param": ["update_interval_L": 1, "sample_size": 12]]
            ),
        ]
        var sent: Set<String> = []
        for (parties, parameters) in ways {
            let run = try await train(parties, parameters)
            #expect(run.succeeded, "\(run.failures)")
            for message in run.messages {
                let entry = try #require(wire[message.name], "\(message.name) is not in the contract")
                #expect(entry["from"]?.array?.contains(.text(message.from.role.rawValue)) == true)
                #expect(entry["to"]?.array?.contains(.text(message.to.role.rawValue)) == true)
                #expect(message.byteCount <= entry["max_bytes"]?.int ?? 0, "\(message.name)")
                sent.insert(message.name)
            }
        }
        #expect(sent == Set(wire.keys), "each message of the contract is sent in some way of training")
    }
}
