import Foundation
import NornKit
import NornMath
import NornTestHost
import Testing

/// Training on several parties' rows against federated averaging in one place.
@Suite struct HomoTrainingTests {
    private let data = SmallData(rows: 33)
    private static let base: [String: CBOR] = [
        "init_param": ["init_method": "zeros"], "learning_rate": 0.15, "alpha": 0.01, "optimizer": "sgd",
    ]
    private static let header = ["a", "b", "c", "d", "e"]

    private func rows(_ range: Range<Int>) -> [[Double]] { range.map { data.guest[$0] + data.host[$0] } }

    private func table(
        _ name: String, _ range: Range<Int>, labels: [Double], order: [Int] = [0, 1, 2, 3, 4]
    ) -> TestInput {
        let schema = TableSchema(
            layout: .float64, header: order.map { Self.header[$0] }, content: .instances, labelName: "y")
        let own = rows(range)
        return .table(
            name,
            range.map { row in
                (Key.text(data.ids[row]), [labels[row]] + order.map { own[row - range.lowerBound][$0] })
            }, schema: schema)
    }

    /// Guest, two hosts (one with its columns in another order) and the arbiter, with 8, 13 and 12 rows.
    private static let shares = [0..<8, 8..<21, 21..<33]

    private func parties(labels: [Double]? = nil, hosts: Int = 2, more: [TestInput] = []) -> [TestParty] {
        let labels = labels ?? data.labels
        let orders = [[0, 1, 2, 3, 4], [4, 2, 0, 1, 3], [0, 1, 2, 3, 4]]
        return (0...hosts).map { place in
            TestParty(
                place == 0 ? .guest : .host, "\(10000 + place)",
                inputs: [table("train_data", Self.shares[place], labels: labels, order: orders[place])]
                    + (place == 0 ? more : []))
        } + [TestParty(.arbiter, "10009")]
    }

    private func train(_ parties: [TestParty], _ parameters: [String: CBOR]) async throws -> TestRun {
        try await TestHost(product: "norn_linear").run(
            "HomoLR", parameters: Self.base.merging(parameters) { $1 }, parties: parties)
    }

    /// Federated averaging in the open: weights (columns, intercept) and the averaged losses.
    private func averaging(
        _ method: OptimizerMethod, yes: Double = 1, labels: [Double]? = nil, rounds: Int, localEpochs: Int = 1
    ) -> (weights: [Double], losses: [Double]) {
        let labels = labels ?? data.labels
        var weights = [Double](repeating: 0, count: 6)
        var optimizers = Self.shares.map { _ in Optimizer(method, rate: LearningRate(0.15)) }
        var losses: [Double] = []
        for round in 0..<rounds {
            var (sum, total) = ([Double](repeating: 0, count: 6), 0.0)
            for (place, share) in Self.shares.enumerated() {
                var (own, loss) = (weights, 0.0)
                let features = rows(share).map { $0 + [1] }
                for local in 0..<localEpochs {
                    var gradient = own.enumerated().map { $0.offset == 5 ? 0 : 0.01 * $0.element }
                    loss = 0.005 * own.prefix(5).reduce(0) { $0 + $1 * $1 }
                    for (row, x) in zip(share, features) {
                        let z = zip(x, own).reduce(0) { $0 + $1.0 * $1.1 }
                        let y = labels[row] == yes ? 1.0 : 0
                        let p = 1 / (1 + exp(-z))
                        loss -= (y * log(p) + (1 - y) * log(1 - p)) / Double(share.count)
                        for column in 0..<6 { gradient[column] += (p - y) * x[column] / Double(share.count) }
                    }
                    own = zip(own, optimizers[place].step(gradient, epoch: round * localEpochs + local)).map(-)
                }
                let part = Double(share.count) / 33
                sum = zip(sum, own).map { $0 + $1 * part }
                total += loss * part
            }
            weights = sum
            losses.append(total)
        }
        return (weights, losses)
    }

    private func weights(_ view: CBOR?) -> [Double] {
        Self.header.map { view?["weight"]?[$0]?.double ?? .nan } + [view?["intercept"]?.double ?? .nan]
    }

    @Test(arguments: [(OptimizerMethod.sgd, 1), (.rmsprop, 1), (.adam, 2)])
    func trainingEqualsFederatedAveraging(method: OptimizerMethod, localEpochs: Int) async throws {
        let run = try await train(
            parties(),
            [
                "optimizer": .text(method.rawValue), "max_iter": .int(Int64(4 * localEpochs)), "tol": 0.0,
                "aggregate_iters": .int(Int64(localEpochs)),
            ])
        #expect(run.succeeded, "\(run.failures)")
        let plain = averaging(method, rounds: 4, localEpochs: localEpochs)
        expectClose(run.losses, plain.losses, 1e-9)
        for result in [run[.guest], run[.host], run[.host, 1]] {
            expectClose(weights(result.modelViews["model"]), plain.weights, 1e-9)
        }
        // Everybody predicts the own rows.
        for (result, share) in zip([run[.guest], run[.host], run[.host, 1]], Self.shares) {
            let predicted = try await result.table().collect(CBOR.self)
            #expect(predicted.count == share.count)
            for row in predicted {
                let place = try #require(data.ids.firstIndex { .text($0) == row.key })
                let z = zip(rows(place..<place + 1)[0] + [1], plain.weights).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs((row.value.array?[2].double ?? 0) - 1 / (1 + exp(-z))) < 1e-9)
                #expect(row.value.array?[0].double == data.labels[place])
            }
        }
    }

    @Test func moreThanTwoClassesTrainAModelEach() async throws {
        let run = try await train(parties(labels: data.classes), ["max_iter": 2])
        #expect(run.succeeded, "\(run.failures)")
        for result in [run[.guest], run[.host, 1]] {
            let models = result.modelViews["model"]?["oneVsRestResult"]?["completedModels"]?.array ?? []
            for (place, label) in [0.0, 2, 7].enumerated() {
                expectClose(
                    weights(models[place]), averaging(.sgd, yes: label, labels: data.classes, rounds: 2).weights, 1e-9)
            }
        }
    }

    @Test func foldsAreOfEveryPartysOwnRows() async throws {
        let run = try await train(
            parties(), ["max_iter": 2, "cv_param": ["need_cv": true, "n_splits": 3, "random_seed": 33]])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await run[.guest].table().count == 8 * 3)
        #expect(try await run[.host].table().count == 13 * 3)
        #expect(run[.host].summary["fold_num"]?.int == 3)
        let rows = try await run[.host].table().collect(CBOR.self)
        #expect(rows.filter { $0.value.array?[4].text == "validate" }.count == 13)
        #expect(run[.arbiter].points("loss.2").count == 2)
    }

    @Test func modelsAreMeasuredWhileTheyTrain() async throws {
        let validation = table("validate_data", 21..<33, labels: data.labels)
        var all = parties(more: [validation])
        all[1] = TestParty(
            .host, "10001", inputs: [table("train_data", 8..<21, labels: data.labels), validation])
        all[2] = TestParty(
            .host, "10002", inputs: [table("train_data", 21..<33, labels: data.labels), validation])
        let run = try await train(
            all,
            ["max_iter": 4, "tol": 0.0, "callback_param": ["callbacks": ["EarlyStopping"], "validation_freqs": 2]])
        #expect(run.succeeded, "\(run.failures)")
        let history = run[.guest].summary["validation_metrics"]?["validate"]?["auc"]?.array
        #expect(history?.count == 2)
        #expect(history == run[.host].summary["validation_metrics"]?["validate"]?["auc"]?.array)
        #expect(try await run[.guest].table().count == 20)
    }

    @Test func twoPartiesAreWarnedAndThreeAreNot() async throws {
        let warned = try await train(parties(hosts: 1), ["max_iter": 1])
        #expect(warned.succeeded, "\(warned.failures)")
        #expect(warned[.host].log.contains { $0.severity == 2 && $0.text.contains("[WARN] only 2 parties") })
        let quiet = try await train(parties(), ["max_iter": 1])
        #expect(!quiet[.host].log.contains { $0.text.contains("[WARN]") })
    }

    @Test func stoppingByValidationAndOtherColumnsAreRefused() async throws {
        let stopping = try await train(
            parties(), ["validation_freqs": 1, "early_stopping_rounds": 1])
        #expect(stopping[.guest].error?.description.contains("early_stopping_rounds") == true)
        var all = parties()
        all[1] = data.parties(labels: data.labels)[1]
        let other = try await train(all, ["max_iter": 1])
        #expect(other[.host].error?.description.contains("label") == true, "\(other.failures)")
    }

    /// No party's numbers travel in the open, and nothing outside the contract travels at all.
    @Test func nothingLeavesOutsideTheWireContract() async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/linear/manifest.json")
        let manifest = try JSONDecoder().decode(CBOR.self, from: Data(contentsOf: path))
        let component = try #require(manifest["components"]?.array?.first { $0["name"] == "HomoLR" })
        let wire = Dictionary(
            uniqueKeysWithValues: (component["wire"]?.array ?? []).map { ($0["name"]?.text ?? "", $0) })
        let run = try await train(parties(), ["max_iter": 3])
        #expect(run.succeeded, "\(run.failures)")
        for message in run.messages {
            let entry = try #require(wire[message.name], "\(message.name) is not in the contract")
            #expect(entry["from"]?.array?.contains(.text(message.from.role.rawValue)) == true)
            #expect(entry["to"]?.array?.contains(.text(message.to.role.rawValue)) == true)
            #expect(message.byteCount <= entry["max_bytes"]?.int ?? 0)
        }
        #expect(Set(run.messages.map(\.name)) == Set(wire.keys))
        // Keys go past the arbiter, which never has one to swap.
        #expect(run.messages.allSatisfy { $0.name != "aggregation_key" || $0.to.role != .arbiter })
        #expect(run.messages.filter { $0.name == "masked_update" }.allSatisfy { $0.byteCount == 7 * 8 })
    }

    /// Where one party falls out, the attempt fails at all others: the arbiter has nothing but masked numbers.
    @Test func aPartyThatFallsOutFailsTheAttempt() async throws {
        let rogue = Plugin(id: "test.rogue", version: "1", components: [QuietHost.self])
        var all = parties()
        all[2] = TestParty(.host, "10002", plugin: rogue)
        let run = try await train(all, ["max_iter": 2])
        #expect(!run.succeeded)
        #expect(run[.arbiter].points("loss").isEmpty)
        #expect(run[.guest].error != nil)
    }
}

/// Takes part in everything until it should send its numbers.
private struct QuietHost: Component {
    struct Parameters: ComponentParameters {
        var initial = CBOR.null
        var rate = 0.0
        var alpha = 0.0
        var optimizer = ""
        var epochs = 0

        enum CodingKeys: String, CodingKey {
            case alpha, optimizer
            case initial = "init_param"
            case rate = "learning_rate"
            case epochs = "max_iter"
        }
    }

    static let descriptor = ComponentDescriptor(name: "HomoLR", roles: [.host])

    func run(_ context: TaskContext<Parameters>) async throws {
        let guest = try #require(context.parties[.guest].first)
        try await context.federation.send([0.0, 1.0], name: "host_classes", to: guest)
        _ = try await context.federation.receiveBytes(name: "aggregation_key", from: guest)
        throw ComponentError(.unknown, "This party falls out.")
    }
}
