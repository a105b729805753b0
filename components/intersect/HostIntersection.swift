import NornCrypto
import NornKit

/// A host's side.
struct HostIntersection {
    let context: IntersectionContext
    let table: Table
    /// of the table
    let ids: Identifiers
    let guest: Party
    let cache: IntersectionCache?

    private var parameters: IntersectionParameters { context.parameters }
    private var report: IntersectionReport { IntersectionReport(context: context, count: ids.count) }

    func run() async throws {
        var ids = cache.map { Identifiers(cached: $0.ids, rows: self.ids) } ?? self.ids
        let agreed = try await context.agreeWithGuest(guest, ids, cache: cache)
        let settings = agreed.settings
        if parameters.runPreprocess {
            try await Prefilter(context: context, settings: settings).run(&ids, others: [guest])
        }
        let halves = try SignedHalves(ids, settings, splits: parameters.splitsCalculation)
        var counts = agreed.counts
        if parameters.runPreprocess || parameters.splitsCalculation {
            let own = Counts(count: ids.count, guestSigned: halves.guestSigned)
            counts = try await context.exchangeCounts(own, with: [guest])
        }
        if settings.method == .rsa {
            try await runBlind(ids, agreed, counts[0], halves)
        } else {
            try await runCommutative(ids, agreed, counts[0])
        }
        if parameters.runCache { return try report.tell(cache: agreed.cacheID) }
        if parameters.cardinalityOnly { return try await finishCardinality() }
        try await finish(ids, sent: halves.order, givesKeys: agreed.givesKeys)
    }

    private func runBlind(
        _ ids: Identifiers, _ agreed: Agreement, _ counts: Counts, _ halves: SignedHalves
    ) async throws {
        let exchange = BlindExchange(context: context, settings: agreed.settings, ids: ids)
        let host = BlindHost(exchange: exchange, halves: halves, guest: guest)
        guard parameters.runCache else {
            let cached: BlindSigner?
            do { cached = try cache.map { try BlindSigner(primes: $0.secret) } } catch {
                throw IntersectionCache.damaged
            }
            return try await host.answer(counts, cached: cached)
        }
        let signer = try BlindSigner(bits: agreed.settings.keyBits)
        try await host.fill(signer)
        try await keep(ids, agreed, secret: signer.primes)
    }

    private func runCommutative(_ ids: Identifiers, _ agreed: Agreement, _ counts: Counts) async throws {
        let cipher = try CommutativeCipher(agreed.settings, secret: cache?.secret)
        let host = CommutativeHost(
            context: context, settings: agreed.settings, ids: ids, guest: guest, cipher: cipher)
        guard parameters.runCache else { return try await host.answer(counts.count, sendsPoints: cache == nil) }
        try await host.sendPoints()
        try await keep(ids, agreed, secret: cipher.secret)
    }

    private func keep(_ ids: Identifiers, _ agreed: Agreement, secret: [UInt8]) async throws {
        let made = IntersectionCache(
            id: agreed.cacheID, settings: agreed.settings, secret: secret, ids: ids.cached)
        try await context.outputs.model(made, as: "cache")
    }

    private func finishCardinality() async throws {
        try await CommonRows(context: context, table: table, ids: ids).output([Int]())
        guard parameters.syncCardinality else { return }
        let counts = try await context.federation.receive(
            Counts.self, name: IntersectionMessage.cardinality, from: guest)
        try report.tell(found: counts.count)
    }

    /// - Parameter sent: positions of ids in the order in which the guest got what was made of them
    private func finish(_ ids: Identifiers, sent: [Int], givesKeys: Bool) async throws {
        let output = CommonRows(context: context, table: table, ids: ids)
        guard parameters.syncsIDs else { return try await output.output([Int]()) }
        let bits = try await context.federation.receiveBytes(name: IntersectionMessage.common, from: guest)
        guard bits.count == (sent.count + 7) / 8 else {
            throw ComponentError.peer(guest, "it tells the common ids of \(bits.count * 8) points, not \(sent.count)")
        }
        let places = sent.indices.filter { bits[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
        guard givesKeys else {
            try await output.output(places.map { sent[$0] })
            return try report.tell(found: places.count)
        }
        let rows: [CommonRows.Keyed]
        if parameters.sampleIDGenerator == "guest" {
            rows = try await context.receiveKeys(sent.count, from: guest).map { place, key in
                CommonRows.Keyed(key: key, row: place < 0 ? nil : ids.rows(of: sent[place]).first)
            }
            warnOfRepeats(places.count { ids.rows(of: sent[$0]).count > 1 })
        } else {
            rows = try await giveKeys(ids, sent: sent, common: Set(places))
        }
        let count = try await output.output(rows)
        try report.tell(found: places.count, rows: ids.hasMatchIDs ? count : nil)
    }

    private func giveKeys(_ ids: Identifiers, sent: [Int], common: Set<Int>) async throws -> [CommonRows.Keyed] {
        var rows: [CommonRows.Keyed] = []
        var keys: [(place: Int, key: Key)] = []
        for place in sent.indices where common.contains(place) || parameters.joinsLeft {
            for row in ids.rows(of: sent[place]) {
                let key = try context.sampleID(of: row)
                rows.append(CommonRows.Keyed(key: key, row: row))
                keys.append((common.contains(place) ? place : -1, key))
            }
        }
        try await context.send(keys, to: guest)
        return rows
    }

    private func warnOfRepeats(_ count: Int) {
        guard count > 0 else { return }
        context.log.warning(
            "[WARN] \(count) match ids have several rows here; the first of each counts, since the guest gives the keys."
        )
    }
}
