import NornCrypto
import NornKit

/// A host's side: has columns, learns neither label nor counts.
struct HostBinning {
    let context: BinningContext
    let stage: LocalStage

    /// Columns whose rows' bins are held at once.
    static let columnsAtOnce = 64

    init(_ context: BinningContext, _ stage: LocalStage) {
        self.context = context
        self.stage = stage
    }

    private var asked: BinningParameters { context.parameters }

    func fit() async throws -> BinningModel {
        let data = try await stage.columns()
        var binned = try BinnedColumns(data, asked, log: context.log)
        if asked.transform.type == "woe" {
            context.log.warning(
                "[WARN] transform woe needs the label, which a host has not: columns stay as they are")
        }
        let guest = try context.guest
        let plan = try await context.federation.receive(
            BinningPlan.self, name: BinningMessage.plan, from: guest)
        guard plan.hasStatistics else {
            guard asked.kind != .optimal || asked.localOnly else {
                throw ComponentError.invalid(
                    field: "method", "optimal binning needs the guest's label, but \(guest) counts no labels")
            }
            return try context.model(stage, binned)
        }
        guard !asked.skipsStatistics, !asked.localOnly else {
            throw ComponentError.invalid(
                field: asked.localOnly ? "local_only" : "skip_static",
                "\(guest) counts labels and this party does not: give all parties the same")
        }
        try check(plan, data, guest)
        try await count(plan, &binned, data, guest)
        return try context.model(stage, binned)
    }

    private func check(_ plan: BinningPlan, _ data: FeatureColumns, _ guest: Party) throws {
        guard plan.rows == data.rows, try data.ids.digest == plan.digest else {
            throw ComponentError.invalid(
                field: stage.port,
                "its ids (\(data.rows) rows) are not those of \(guest) (\(plan.rows) rows): put Intersection before"
            )
        }
        guard 2...LabelPacking.mostClasses ~= plan.classes else {
            throw ComponentError.peer(guest, "it says that its label has \(plan.classes) classes")
        }
        guard plan.modulus.count * 8 >= asked.encryption.keyLength else {
            throw ComponentError.peer(
                guest,
                "its key has \(plan.modulus.count * 8) bits where encrypt_param.key_length says "
                    + "\(asked.encryption.keyLength)")
        }
    }

    private func count(
        _ plan: BinningPlan, _ binned: inout BinnedColumns, _ data: FeatureColumns, _ guest: Party
    ) async throws {
        let key: PaillierPublicKey
        do { key = try PaillierPublicKey(modulus: plan.modulus) } catch {
            throw ComponentError.peer(guest, "its public key is refused: \(error)")
        }
        let packing = LabelPacking(classes: plan.classes, rows: data.rows)
        let bins = hostBins(binned, data)
        guard bins.columns.reduce(0, { $0 + $1.rows.count }) <= HostBins.mostCells else {
            throw ComponentError.invalid(field: "bin_num", "gives more than \(HostBins.mostCells) bins")
        }
        try await context.federation.send(bins, name: BinningMessage.bins, to: guest)
        for ciphertext in 0..<packing.ciphertexts {
            let labels = try await context.federation.receiveCiphertexts(
                data.rows, name: BinningMessage.labels, tag: "\(ciphertext)", from: guest, key: key,
                on: context.loop)
            var sums = key.noCiphertexts
            for start in stride(from: 0, to: binned.columns.count, by: Self.columnsAtOnce) {
                try context.checkCancelled()
                let some = binned.columns[start..<min(binned.columns.count, start + Self.columnsAtOnce)]
                sums.append(try self.sums(labels, Array(some), data, key))
                try context.tracking.progress(start + some.count, of: binned.columns.count, "columns")
            }
            let packed = try packing.packed(sums, key: key, on: context.loop)
            try await context.federation.send(
                try key.rerandomised(packed, on: context.loop), name: BinningMessage.sums,
                tag: "\(ciphertext)",
                to: guest)
        }
        if bins.optimal != nil { try await takeOptimal(&binned, bins, guest) }
    }

    private func hostBins(_ binned: BinnedColumns, _ data: FeatureColumns) -> HostBins {
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        let isOptimal = asked.kind == .optimal
        var bins = HostBins(
            columns: binned.columns.map { column in
                HostBins.Column(
                    name: anonymous[column.place], rows: binned.counts(column, data),
                    isOptimal: isOptimal && !column.isCategory && !column.isManual,
                    hasMissing: column.hasMissing)
            })
        if isOptimal {
            bins.optimal = HostBins.Optimal(
                metric: asked.optimal.metricKind ?? .iv, bins: asked.bins,
                minimumShare: asked.optimal.minimumShare,
                maximumShare: asked.optimal.maximumShare, mixture: asked.optimal.mixture)
        }
        return bins
    }

    private func sums(
        _ labels: PaillierCiphertexts, _ columns: [BinnedColumns.Column], _ data: FeatureColumns,
        _ key: PaillierPublicKey
    ) throws -> PaillierCiphertexts {
        var groups: [Int32] = []
        groups.reserveCapacity(columns.count * data.rows)
        var first = 0
        for column in columns {
            for value in data.values(column.place) {
                groups.append(Int32(first + BinPlace.of(value, in: column.points)))
            }
            first += column.bins
        }
        return try key.groupSums(of: labels, groups: groups, count: first, on: context.loop)
    }

    private func takeOptimal(_ binned: inout BinnedColumns, _ bins: HostBins, _ guest: Party)
        async throws
    {
        let ends = try await context.federation.receive(
            OptimalEnds.self, name: BinningMessage.optimal, from: guest)
        let optimal = bins.columns.indices.filter { bins.columns[$0].isOptimal }
        guard ends.columns.count == optimal.count else {
            throw ComponentError.peer(
                guest, "it chose bins of \(ends.columns.count) columns, not \(optimal.count)")
        }
        for (index, left) in zip(optimal, ends.columns) {
            let points = binned.columns[index].points
            guard left.last == points.count - 1, zip(left, left.dropFirst()).allSatisfy({ $0 < $1 }),
                left.allSatisfy({ points.indices.contains($0) })
            else { throw ComponentError.peer(guest, "the bins that it chose are not among this party's") }
            binned.columns[index].points = left.map { points[$0] }
        }
    }
}
