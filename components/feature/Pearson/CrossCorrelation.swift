import NornCrypto
import NornKit

/// What guest and hosts do together.
struct CrossCorrelation {
    let context: PearsonContext
    let stage: LocalStage
    /// nil for a party that takes no part.
    let own: StandardColumns?

    /// A host's columns whose scalars are held at once.
    static let columnsAtOnce = 64

    init(_ context: PearsonContext, _ stage: LocalStage, own: StandardColumns?) {
        self.context = context
        self.stage = stage
        self.own = own
    }

    private var loop: ThreadLoop { ThreadLoop(width: context.cores) }

    /// Tells the other parties that this one correlates nothing with them.
    func decline() async throws {
        if context.role == .guest {
            try await context.federation.send(
                PearsonPlan(crosses: false), name: PearsonMessage.plan, to: .host)
        } else {
            try await context.federation.send(
                PearsonColumns(crosses: false), name: PearsonMessage.columns, to: try context.onlyGuest)
        }
    }

    /// - Returns: at the guest, every host's columns; at a host, those of the guest; nil where nothing is asked for
    func correlate(_ ids: [Key]) async throws -> [PearsonModel.Host]? {
        guard context.parameters.crossParties, let own else {
            try await decline()
            return nil
        }
        if context.role == .host { return [try await host(own, ids)] }
        guard !context.parties[.host].isEmpty else { return nil }
        return try await guest(own, ids)
    }

    private func description(_ own: StandardColumns) -> PearsonColumns {
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        return PearsonColumns(crosses: true, names: own.places.map { anonymous[$0] }, constant: own.constant)
    }

    private func mismatch(_ party: Party) -> ComponentError {
        .invalid(
            field: "cross_parties",
            "\(party) correlates nothing across parties and this party does: give all the same cross_parties")
    }

    // MARK: guest

    private func guest(_ own: StandardColumns, _ ids: [Key]) async throws -> [PearsonModel.Host] {
        let secret = try PaillierPrivateKey()
        let key = try PaillierPublicKey(modulus: secret.modulus)
        let plan = PearsonPlan(
            crosses: true, rows: own.rows, digest: try ids.digest, modulus: secret.modulus,
            columns: description(own))
        try await context.federation.send(plan, name: PearsonMessage.plan, to: .host)
        let hosts = context.parties[.host]
        var theirs: [PearsonColumns] = []
        for host in hosts {
            let columns = try await context.federation.receive(
                PearsonColumns.self, name: PearsonMessage.columns, from: host)
            guard columns.crosses else { throw mismatch(host) }
            try columns.check(host)
            theirs.append(columns)
        }
        var results = zip(hosts, theirs).map { host, columns in
            PearsonModel.Host(
                party: host.id, names: columns.names,
                correlations: [Double](repeating: .nan, count: own.names.count * columns.names.count))
        }
        let alive = own.columns.indices.filter { own.columns[$0] != nil }
        for (step, column) in alive.enumerated() {
            try context.checkCancelled()
            let plaintexts = try PearsonEncoding.column.plaintexts(own.columns[column] ?? [])
            let encrypted = try key.encrypt(plaintexts, on: loop)
            for host in hosts {
                try await context.federation.send(
                    encrypted, name: PearsonMessage.encrypted, tag: "\(column)", to: host)
            }
            // One column is under way while the sums of the one before come: no more has to be kept.
            if step > 0 { try await take(alive[step - 1], theirs, secret, key, &results) }
            try context.tracking.progress(step + 1, of: alive.count, "columns")
        }
        if let last = alive.last { try await take(last, theirs, secret, key, &results) }
        for (host, result) in zip(hosts, results) {
            try await context.federation.send(result.correlations, name: PearsonMessage.correlations, to: host)
        }
        return results
    }

    /// Takes the sums of one own column with all columns of the hosts.
    private func take(
        _ column: Int, _ theirs: [PearsonColumns], _ secret: PaillierPrivateKey, _ key: PaillierPublicKey,
        _ results: inout [PearsonModel.Host]
    ) async throws {
        for (index, host) in context.parties[.host].enumerated() {
            let columns = theirs[index]
            let alive = columns.constant.indices.filter { !columns.constant[$0] }
            guard !alive.isEmpty else { continue }
            let sums = try await context.federation.receiveCiphertexts(
                alive.count, name: PearsonMessage.products, tag: "\(column)", from: host, key: key, on: loop)
            let plaintexts: [Int128]
            do { plaintexts = try secret.decrypt(sums, on: loop) } catch {
                throw ComponentError.peer(host, "its sums are refused: \(error)")
            }
            for (other, plaintext) in zip(alive, plaintexts) {
                let value = PearsonEncoding.product.value(plaintext) / Double(own?.rows ?? 1)
                guard abs(value) < 1 + 1e-6 else {
                    throw ComponentError.peer(host, "a sum that it made is that of no standardised columns")
                }
                results[index].correlations[column * columns.names.count + other] = StandardColumns.clamped(value)
            }
        }
    }

    // MARK: host

    private func host(_ own: StandardColumns, _ ids: [Key]) async throws -> PearsonModel.Host {
        let guest = try context.onlyGuest
        let mine = description(own)
        try await context.federation.send(mine, name: PearsonMessage.columns, to: guest)
        let plan = try await context.federation.receive(PearsonPlan.self, name: PearsonMessage.plan, from: guest)
        guard plan.crosses else { throw mismatch(guest) }
        try plan.columns.check(guest)
        guard plan.rows == own.rows, plan.digest == (try ids.digest) else {
            throw ComponentError.invalid(
                field: stage.port,
                "its ids (\(own.rows) rows) are not those of \(guest) (\(plan.rows) rows): put Intersection before")
        }
        guard plan.modulus.count * 8 >= PaillierPublicKey.recommendedBits else {
            throw ComponentError.peer(guest, "its key has only \(plan.modulus.count * 8) bits")
        }
        let key: PaillierPublicKey
        do { key = try PaillierPublicKey(modulus: plan.modulus) } catch {
            throw ComponentError.peer(guest, "its public key is refused: \(error)")
        }
        let alive = own.columns.compactMap { $0 }
        let theirs = plan.columns.constant.indices.filter { !plan.columns.constant[$0] }
        for (step, column) in theirs.enumerated() {
            try context.checkCancelled()
            let encrypted = try await context.federation.receiveCiphertexts(
                own.rows, name: PearsonMessage.encrypted, tag: "\(column)", from: guest, key: key, on: loop)
            guard !alive.isEmpty else { continue }
            try await context.federation.send(
                try key.rerandomised(try sums(encrypted, alive, key), on: loop), name: PearsonMessage.products,
                tag: "\(column)", to: guest)
            try context.tracking.progress(step + 1, of: theirs.count, "columns")
        }
        let correlations = try await context.federation.receive(
            [Double].self, name: PearsonMessage.correlations, from: guest)
        guard correlations.count == plan.columns.names.count * mine.names.count,
            correlations.allSatisfy({ $0.isNaN || abs($0) <= 1 })
        else {
            throw ComponentError.peer(guest, "what it tells are no correlations of its columns with this party's")
        }
        return PearsonModel.Host(party: guest.id, names: plan.columns.names, correlations: correlations)
    }

    private func sums(
        _ encrypted: PaillierCiphertexts, _ columns: [[Double]], _ key: PaillierPublicKey
    ) throws -> PaillierCiphertexts {
        var sums = key.noCiphertexts
        for start in stride(from: 0, to: columns.count, by: Self.columnsAtOnce) {
            var scalars: [Int64] = []
            for column in columns[start..<min(columns.count, start + Self.columnsAtOnce)] {
                scalars += try PearsonEncoding.column.scalars(column)
            }
            sums.append(try key.sums(of: encrypted, scalars: scalars, on: loop))
        }
        return sums
    }
}
