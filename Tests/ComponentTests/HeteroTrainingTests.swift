import NornKit
import NornMath
import NornTestHost
import Testing

/// Training on several parties' columns against the same training in one place.
@Suite struct HeteroTrainingTests {
    private let data = SmallData(rows: 24)

    @Test func weightedRowsCountAsTheirWeightsSay() async throws {
        let run = try await train(
            data.parties(labels: data.labels, weights: data.rowWeights), ["optimizer": "rmsprop", "max_iter": 3])
        #expect(run.succeeded, "\(run.failures)")
        let scale = Double(data.ids.count) / data.rowWeights.reduce(0, +)
        let plain = PlainTraining(
            rows: data.plainRows, intercept: 2, targets: data.signs, weights: data.rowWeights.map { $0 * scale }
        ).run(.rmsprop, epochs: 3)
        expectClose(run.losses, plain.losses, 1e-4)
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.weights, 1e-4)
    }

    @Test func weightsThatAreNegativeAreRefused() async throws {
        let run = try await train(
            data.parties(labels: data.labels, weights: data.ids.indices.map { Double($0) - 3 }), ["max_iter": 1])
        #expect(run[.guest].error?.description.contains("weight") == true, "\(run.failures)")
    }

    @Test func quasiNewtonEqualsThePlainComputation() async throws {
        let asked: CBOR = ["update_interval_L": 2, "memory_M": 2]
        let run = try await train(data.parties, ["optimizer": "sqn", "sqn_param": asked, "max_iter": 9, "tol": 0.0])
        #expect(run.succeeded, "\(run.failures)")
        let training = PlainTraining(rows: data.plainRows, intercept: 2, targets: data.signs)
        let plain = training.quasiNewton(epochs: 9, interval: 2, memory: 2)
        expectClose(run.losses, plain.losses, 1e-4)
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.weights, 1e-4)
        #expect((run.losses.last ?? 1) < (training.run(epochs: 9).losses.last ?? 0))
        #expect(run.messages.filter { $0.name == "gradient" && $0.tag.hasPrefix("h") }.count == 2 * 3)
    }

    @Test func theCurvatureIsTakenOverASampleOfTheRows() async throws {
        let asked: CBOR = ["update_interval_L": 1, "memory_M": 5, "sample_size": 12, "random_seed": 3]
        let run = try await train(data.parties, ["optimizer": "sqn", "sqn_param": asked, "max_iter": 3])
        #expect(run.succeeded, "\(run.failures)")
        let sampled = run.messages.filter { $0.name == "hessian_rows" }
        #expect(sampled.map(\.byteCount) == [48, 48])
    }

    @Test func randomBatchesAreOneAnEpoch() async throws {
        let run = try await train(
            data.parties,
            ["batch_strategy": "random", "batch_size": 12, "max_iter": 5, "optimizer": "sgd", "alpha": 0.0, "tol": 0.0])
        #expect(run.succeeded, "\(run.failures)")
        #expect(run.messages.filter { $0.name == "batch_rows" }.map(\.byteCount) == [48, 48, 48, 48, 48])
        #expect(run.messages.filter { $0.name == "residual" }.count == 5)
        #expect((run.losses.last ?? 1) < (run.losses.first ?? 0))
    }

    @Test func moreThanTwoClassesTrainAModelEach() async throws {
        let run = try await train(data.parties(labels: data.classes), ["max_iter": 4, "optimizer": "sgd"])
        #expect(run.succeeded, "\(run.failures)")
        let view = try #require(run[.guest].modelViews["model"])
        #expect(view["needOneVsRest"]?.bool == true)
        #expect(view["oneVsRestResult"]?["oneVsRestClasses"] == ["0", "2", "7"])
        let models = try #require(view["oneVsRestResult"]?["completedModels"]?.array)
        let hosts = try #require(run[.host].modelViews["model"]?["oneVsRestResult"]?["completedModels"]?.array)
        var scores = [[Double]](repeating: [], count: data.ids.count)
        for (place, label) in [0.0, 2, 7].enumerated() {
            let training = PlainTraining(
                rows: data.plainRows, intercept: 2, targets: data.classes.map { $0 == label ? 1 : -1 })
            let plain = training.run(epochs: 4)
            let own = ["g0", "g1"].map { models[place]["weight"]?[$0]?.double ?? 0 }
            let theirs = ["h0", "h1", "h2"].map { hosts[place]["weight"]?[$0]?.double ?? 0 }
            expectClose(own + [models[place]["intercept"]?.double ?? 0] + theirs, plain.weights)
            for row in scores.indices { scores[row].append(training.score(data.plainRows[row], plain.weights)) }
        }
        for row in try await run[.guest].table().collect(CBOR.self) {
            let values = row.value.array ?? []
            let place = try #require(data.ids.firstIndex { .text($0) == row.key })
            let best = scores[place].indices.max { scores[place][$0] < scores[place][$1] } ?? 0
            #expect(values[0].double == data.classes[place])
            #expect(values[1].double == [0, 2, 7][best])
            #expect(values[3].text?.hasPrefix("{\"0\": ") == true)
        }
        #expect(run[.guest].summary.map?.keys.sorted() == ["0", "2", "7"])
        #expect(run[.guest].summary["7"]?["one_vs_rest"]?.bool == true)
        #expect(run[.host].summary.map?.keys.sorted() == ["0", "1", "2"], "hosts are not told the labels")
    }

    @Test func linearRegressionEqualsThePlainComputation() async throws {
        let parameters: [String: CBOR] = [
            "encrypt_param": ["key_length": 1024], "init_param": ["init_method": "zeros"], "learning_rate": 0.15,
            "alpha": 0.01, "max_iter": 5, "batch_size": 12,
        ]
        let run = try await TestHost(product: "norn_linear").run(
            "HeteroLinR", parameters: parameters, parties: data.parties(labels: data.amounts))
        #expect(run.succeeded, "\(run.failures)")
        let training = PlainTraining(rows: data.plainRows, intercept: 2, targets: data.amounts, loss: .squares)
        let plain = training.run(epochs: 5) { _ in [Array(0..<12), Array(12..<24)] }
        expectClose(run.losses, plain.losses)
        expectClose(run.weights(of: [run[.guest], run[.host]]), plain.weights)
        for row in try await run[.guest].table().collect(CBOR.self) {
            let values = row.value.array ?? []
            let place = try #require(data.ids.firstIndex { .text($0) == row.key })
            #expect(abs((values[1].double ?? 0) - training.score(data.plainRows[place], plain.weights)) < 1e-5)
            #expect(values[1] == values[2])
            #expect(values[3].text?.hasPrefix("{\"label\": ") == true)
        }
        let model = try run[.host].model(CBOR.self)
        #expect(model["HeteroLinearRegressionMeta"]?["module"] == "HeteroLinR")
    }
}
