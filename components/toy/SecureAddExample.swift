import NornKit

/// FATE's toy: guest and host add what each holds without showing it. It proves that a job, the tables and the exchange
/// between two parties work.
///
/// Each party holds `data_num` ones, in fixed point modulo 2^64. It draws one random word for each from the host's secure
/// generator, sends those words to the other party (they say nothing), and keeps value minus word. Each adds the words
/// that it got; the host sends the sum of its results, and the sum of both is 2 · data_num: the words cancel.
struct SecureAddExample: Component {
    struct Parameters: ComponentParameters {
        /// rows of each party
        var dataNum = 1000
        /// partitions of the tables
        var partition = 4
        /// As in FATE's conf. The shares never come from a seed: it changes nothing.
        var seed = 123

        enum CodingKeys: String, CodingKey {
            case dataNum = "data_num"
            case partition, seed
        }

        /// The sum of two such columns stays below 2^63 in fixed point.
        static let maximumRows = 1 << 30
        static let maximumPartitions = 1024

        func validate() throws {
            guard 1...Self.maximumRows ~= dataNum else {
                throw ComponentError.invalid(field: "data_num", "\(dataNum) is not from 1 to \(Self.maximumRows)")
            }
            guard 1...Self.maximumPartitions ~= partition else {
                throw ComponentError.invalid(
                    field: "partition", "\(partition) is not from 1 to \(Self.maximumPartitions)")
            }
        }
    }

    static let subtract = Kernel.join("subtract") { (value: UInt64, share: UInt64) in value &- share }
    static let add = Kernel.join("add") { (mine: UInt64, theirs: UInt64) in mine &+ theirs }
    static let total = Kernel.reduce("total") { (left: UInt64, right: UInt64) in left &+ right }

    static let descriptor = ComponentDescriptor(
        name: "SecureAddExample", roles: [.guest, .host], kernels: [subtract, add, total])

    func run(_ context: TaskContext<Parameters>) async throws {
        let name = "secure_add_\(context.role)"
        guard let peer = context.parties[context.role == .guest ? .host : .guest].first else {
            throw ComponentError(.failedPrecondition, "The toy needs one guest and one host.", fault: .user)
        }
        context.log.info("\(name): begin to make \(context.role) data")
        let values = try await column(context) { FixedPoint.word(1.0) }
        context.log.info("\(name): split data into two random parts")
        var random = try context.randomNumberGenerator()
        let sent = try await column(context) { random.next() }
        let kept = try await values.join(sent, Self.subtract)

        context.log.info("\(name): share one random part data to \(peer.role)")
        let expected = try context.federation.expect(name: "share", from: peer)
        try await context.federation.sendTable(sent, name: "share", to: peer)
        context.log.info("\(name): get share of one random part data from \(peer.role)")
        let received = try await expected.table()
        guard received.count == kept.count else {
            throw ComponentError.peer(peer, "it shares \(received.count) rows where data_num is \(kept.count)")
        }

        context.log.info("\(name): begin to get sum of guest and host")
        let summed = try await kept.join(received, Self.add)
        let share = try await summed.reduce(Self.total) ?? 0
        if context.role == .host {
            try await context.federation.send(share, name: "host_sum", to: peer)
        } else {
            try await reveal(share, of: context, peer: peer, name: name)
        }
    }

    private func reveal(_ share: UInt64, of context: TaskContext<Parameters>, peer: Party, name: String) async throws {
        context.log.info("\(name): receive host sum from guest")
        let theirs = try await context.federation.receive(UInt64.self, name: "host_sum", from: peer)
        let sum = FixedPoint.value(share &+ theirs)
        guard sum == 2 * Double(context.parameters.dataNum) else {
            throw ComponentError(.dataLoss, "The secure sum is \(sum), not \(2 * context.parameters.dataNum).")
        }
        try context.tracking.metric("secure_sum", sum, namespace: "toy")
        try context.tracking.summary(["secure_sum": .double(sum)])
        context.log.info("\(name): success to calculate secure_sum, it is \(sum)")
    }

    /// A table of `data_num` words under the keys 0, 1, ...
    private func column(_ context: TaskContext<Parameters>, _ word: () -> UInt64) async throws -> Table {
        let writer = try context.tables.writer(partitions: context.parameters.partition)
        for row in 0..<context.parameters.dataNum { try writer.put(.int(row), word()) }
        return try await writer.seal()
    }
}

/// Numbers as words modulo 2^64, with 32 bits after the point.
enum FixedPoint {
    static let scale = 4_294_967_296.0

    static func word(_ value: Double) -> UInt64 { UInt64(bitPattern: Int64((value * scale).rounded())) }
    static func value(_ word: UInt64) -> Double { Double(Int64(bitPattern: word)) / scale }
}
