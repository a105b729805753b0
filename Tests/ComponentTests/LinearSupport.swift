import Glibc
import NornKit
import NornMath
import NornTestHost
import Testing

/// Short keys and known first weights: what the tests have in common. Shuffling is off unless a test turns it on.
let quick: [String: CBOR] = [
    "encrypt_param": ["key_length": 1024], "init_param": ["init_method": "zeros"], "shuffle": false,
    "learning_rate": 0.15, "alpha": 0.01,
]

func train(_ parties: [TestParty], _ parameters: [String: CBOR], cores: Int = 1) async throws -> TestRun {
    try await TestHost(product: "norn_linear", cores: cores)
        .run("HeteroLR", parameters: quick.merging(parameters) { $1 }, parties: parties)
}

func expectClose(_ values: [Double], _ expected: [Double], _ tolerance: Double = 1e-5) {
    #expect(values.count == expected.count)
    for (value, wanted) in zip(values, expected) {
        #expect(abs(value - wanted) <= tolerance * max(1, abs(wanted)), "\(value) is not \(wanted)")
    }
}

extension TestRun {
    var failures: String {
        parties.all.compactMap { party in
            self[party.role, parties.index(of: party) ?? 0].error.map { "\(party): \($0)" }
        }.joined(separator: "; ")
    }

    /// The arbiter's loss of every epoch.
    var losses: [Double] { self[.arbiter].points("loss").compactMap { $0.array?[1].double } }

    /// Guest's columns, intercept, hosts' columns.
    func weights(of results: [TestResult]) -> [Double] {
        results.flatMap { result -> [Double] in
            let view = result.modelViews["model"]
            let weights = view?["weight"]?.map ?? [:]
            let columns = weights.keys.sorted().compactMap { weights[$0]?.double }
            return result.party.role == .guest ? columns + [view?["intercept"]?.double ?? 0] : columns
        }
    }
}

extension TestResult {
    /// What was kept while the model trained: a sequence of values, each the shortest prefix that is one.
    func checkpoints() throws -> [CBOR] {
        var (found, rest) = ([CBOR](), try bytes("checkpoint")[...])
        while !rest.isEmpty {
            let lengths = 1...rest.count
            guard let length = lengths.first(where: { (try? CBOR(decoding: Array(rest.prefix($0)))) != nil }) else {
                throw ComponentError(.dataLoss, "These bytes hold no value.")
            }
            found.append(try CBOR(decoding: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return found
    }
}

/// Two columns and the label at the guest, three columns at the host.
struct SmallData {
    let ids: [String]
    let labels: [Double]
    let guest: [[Double]]
    let host: [[Double]]

    init(rows: Int) {
        var generator = SeededGenerator(seed: 11)
        func column() -> Double { (Double.random(in: -2...2, using: &generator) * 1000).rounded() / 1000 }
        ids = (0..<rows).map { "r\($0 + 100)" }
        guest = (0..<rows).map { _ in [column(), column()] }
        host = (0..<rows).map { _ in [column(), column(), column()] }
        labels = zip(guest, host).map { $0[0] - $1[1] + $1[2] / 2 > 0.1 ? 1 : 0 }
    }

    private func csv(_ header: String, _ columns: [[Double]], labelled: Bool = false) -> String {
        let lines = ids.indices.map { row in
            ([ids[row]] + (labelled ? ["\(Int(labels[row]))"] : []) + columns[row].map { "\($0)" }).joined(
                separator: ",")
        }
        return ([header] + lines).joined(separator: "\n")
    }

    var parties: [TestParty] { parties() }

    func parties(
        guestMore: [TestInput] = [], hostMore: [TestInput] = [], host parameters: [String: CBOR] = [:],
        arbiter: String = "10001"
    ) -> [TestParty] {
        [
            TestParty(
                .guest, "9999",
                inputs: [.instances("train_data", csv: csv("id,y,g0,g1", guest, labelled: true), label: "y")]
                    + guestMore),
            TestParty(
                .host, "10000", inputs: [.instances("train_data", csv: csv("id,h0,h1,h2", host))] + hostMore,
                parameters: parameters),
            TestParty(.arbiter, arbiter),
        ]
    }

    var partiesWithTwoHosts: [TestParty] {
        let (first, second) = (host.map { [$0[0]] }, host.map { [$0[1], $0[2]] })
        return [
            parties[0],
            TestParty(.host, "10000", inputs: [.instances("train_data", csv: csv("id,h0", first))]),
            TestParty(.host, "10001", inputs: [.instances("train_data", csv: csv("id,h1,h2", second))]),
            parties[2],
        ]
    }

    /// Guest's columns, 1, host's columns.
    private var rows: [[Double]] { zip(guest, host).map { $0 + [1] + $1 } }

    func scores(_ weights: [Double]) -> [Double] {
        rows.map { row in 1 / (1 + exp(-zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 })) }
    }

    /// What the parties compute together, in one place and in the open: the Taylor loss and its gradient.
    func plainTraining(
        _ method: OptimizerMethod, _ penalty: Penalty, batch: Int?, epochs: Int, alpha: Double = 0.01,
        rate: Double = 0.15
    ) -> (weights: [Double], losses: [Double]) {
        var weights = [Double](repeating: 0, count: 6)
        var optimizer = Optimizer(method, rate: LearningRate(rate))
        var losses: [Double] = []
        for epoch in 0..<epochs {
            var total = 0.0
            let batches = Batches(rows: ids.count, size: batch, smallest: 10).inOrder()
            for batch in batches {
                let penalised = weights.enumerated().map { $0.offset == 2 ? 0 : $0.element }
                let scores = batch.map { row in zip(rows[row], weights).reduce(0) { $0 + $1.0 * $1.1 } }
                let signs = batch.map { labels[$0] == 1 ? 1.0 : -1.0 }
                let size = Double(batch.count)
                var loss = log(2.0)
                for (z, y) in zip(scores, signs) { loss += (z * z / 8 - y * z / 2) / size }
                let squares = penalised.reduce(0) { $0 + $1 * $1 }, sizes = penalised.reduce(0) { $0 + abs($1) }
                total += loss + (penalty == .l2 ? alpha / 2 * squares : penalty == .l1 ? alpha * sizes : 0)
                var gradient = penalised.map { penalty == .l2 ? alpha * $0 : 0 }
                for (index, row) in batch.enumerated() {
                    let d = scores[index] / 4 - signs[index] / 2
                    for column in 0..<6 { gradient[column] += d * rows[row][column] / size }
                }
                for (column, step) in optimizer.step(gradient, epoch: epoch).enumerated() {
                    weights[column] -= step
                    guard penalty == .l1, column != 2 else { continue }
                    let size = max(0, abs(weights[column]) - alpha * rate / Double(epoch + 1).squareRoot())
                    weights[column] = weights[column] < 0 ? -size : size
                }
            }
            losses.append(total / Double(batches.count))
        }
        return (weights, losses)
    }
}
