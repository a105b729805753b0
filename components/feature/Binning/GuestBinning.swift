import NornCrypto
import NornKit

/// The guest's side: has the label and the key.
struct GuestBinning {
    let context: BinningContext
    let stage: LocalStage

    init(_ context: BinningContext, _ stage: LocalStage) {
        self.context = context
        self.stage = stage
    }

    private var asked: BinningParameters { context.parameters }

    func fit() async throws -> BinningModel {
        let data = try await stage.columns()
        var binned = try BinnedColumns(data, asked, log: context.log)
        let hasStatistics = !asked.skipsStatistics
        guard hasStatistics else {
            try await tell(BinningPlan(hasStatistics: false))
            return try context.model(stage, binned)
        }
        let labels = try ClassLabels(data, field: stage.port)
        guard labels.classes.count == 2 || asked.kind != .optimal else {
            throw ComponentError.invalid(field: "method", "optimal binning takes a label of two classes")
        }
        if asked.kind == .optimal { mergeOwn(&binned, data, labels) }
        var model = try context.model(stage, binned)
        let values = binned.columns.map { column in
            ClassCounts(column, data, labels).values(labels, adjustment: asked.adjustment)
        }
        model.parameters.classes.labels = labels.classes.map(ClassLabels.text)
        model.setOwn(values, binned, context.party)
        guard !asked.localOnly else {
            try await tell(BinningPlan(hasStatistics: false))
            return model
        }
        let hosts = try await countAtHosts(data, labels)
        model.setHosts(hosts)
        return model
    }

    private func tell(_ plan: BinningPlan) async throws {
        try await context.federation.send(plan, name: BinningMessage.plan, to: .host)
    }

    private func mergeOwn(
        _ binned: inout BinnedColumns, _ data: FeatureColumns, _ labels: ClassLabels
    ) {
        let optimal = OptimalBins(
            metric: asked.optimal.metricKind ?? .iv, bins: asked.bins,
            minimumShare: asked.optimal.minimumShare,
            maximumShare: asked.optimal.maximumShare, mixture: asked.optimal.mixture,
            adjustment: asked.adjustment,
            rows: data.rows)
        for index in binned.columns.indices
        where !binned.columns[index].isCategory && !binned.columns[index].isManual {
            let counts = ClassCounts(binned.columns[index], data, labels)
            let ends = optimal.ends(
                events: counts.bins.map { $0[0] }, nonEvents: counts.bins.map { $0[1] })
            binned.columns[index].points = ends.map { binned.columns[index].points[$0] }
        }
    }

    // MARK: the hosts' columns

    private func countAtHosts(_ data: FeatureColumns, _ labels: ClassLabels) async throws
        -> [HostResult]
    {
        let hosts = context.parties[.host]
        guard !hosts.isEmpty else { return [] }
        let bits = asked.encryption.keyLength
        if bits < PaillierPublicKey.recommendedBits {
            context.log.warning(
                "[WARN] encrypt_param.key_length is \(bits): such keys can be broken; take \(PaillierPublicKey.recommendedBits)."
            )
        }
        let secret = try PaillierPrivateKey(bits: bits)
        let key = try PaillierPublicKey(modulus: secret.modulus)
        let packing = LabelPacking(classes: labels.classes.count, rows: data.rows)
        try await tell(
            BinningPlan(
                hasStatistics: true, rows: data.rows, digest: try data.ids.digest, modulus: secret.modulus,
                classes: labels.classes.count))
        for ciphertext in 0..<packing.ciphertexts {
            try context.checkCancelled()
            let encrypted = try key.encrypt(
                packing.plaintexts(labels.indexes, ciphertext: ciphertext), on: context.loop)
            for host in hosts {
                try await context.federation.send(
                    encrypted, name: BinningMessage.labels, tag: "\(ciphertext)", to: host)
            }
        }
        var results: [HostResult] = []
        for host in hosts {
            let decryption = HostDecryption(
                context: context, host: host, secret: secret, key: key, packing: packing, labels: labels,
                rows: data.rows)
            results.append(try await decryption.result())
        }
        return results
    }
}

/// The label as classes, the largest value first: of two classes that is the event.
struct ClassLabels: Sendable {
    let classes: [Double]
    /// For each row its class.
    let indexes: [Int]
    /// Rows of each class.
    let totals: [Int]

    init(_ data: FeatureColumns, field: String) throws {
        guard let labels = data.labels else {
            throw ComponentError.invalid(
                field: field, "the table has no label: set with_label in DataTransform")
        }
        let classes = Set(labels).sorted(by: >)
        guard 2...LabelPacking.mostClasses ~= classes.count, !labels.contains(where: \.isNaN) else {
            throw ComponentError.invalid(
                field: field,
                "the label has \(classes.count) values; 2 to \(LabelPacking.mostClasses) classes can be told apart"
            )
        }
        self.classes = classes
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        let indexes = labels.map { places[$0] ?? 0 }
        self.indexes = indexes
        var totals = [Int](repeating: 0, count: classes.count)
        for index in indexes { totals[index] += 1 }
        self.totals = totals
    }

    static func text(_ label: Double) -> String {
        Int64(exactly: label).map { "\($0)" } ?? "\(label)"
    }
}

/// Rows of each class in each bin: [bin][class].
struct ClassCounts: Sendable {
    var bins: [[Int]]

    init(bins: [[Int]]) { self.bins = bins }

    init(_ column: BinnedColumns.Column, _ data: FeatureColumns, _ labels: ClassLabels) {
        bins = Array(repeating: Array(repeating: 0, count: labels.classes.count), count: column.bins)
        for (value, label) in zip(data.values(column.place), labels.indexes) {
            bins[BinPlace.of(value, in: column.points)][label] += 1
        }
    }

    /// Of two classes one; of more, each against the others.
    func values(_ labels: ClassLabels, adjustment: Double) -> [InformationValue] {
        let events = labels.classes.count == 2 ? [0] : Array(labels.classes.indices)
        return events.map { event in
            InformationValue(
                events: bins.map { $0[event] }, nonEvents: bins.map { $0.reduce(0, +) - $0[event] },
                adjustment: adjustment)
        }
    }
}

/// What the guest learned of one host's columns.
struct HostResult: Sendable {
    let party: Party
    let columns: [(name: String, values: [InformationValue])]
}

extension BinningModel {
    mutating func setOwn(_ values: [[InformationValue]], _ binned: BinnedColumns, _ party: Party) {
        let classes = values.first?.count ?? 1
        parameters.classes.results = (0..<classes).map { index in
            PartyResult(
                columns: Dictionary(
                    uniqueKeysWithValues: zip(binned.columns, values).map {
                        ($0.name, Column($1[index], points: $0.points))
                    }), role: party.role.rawValue, party: party.id)
        }
        if let first = parameters.classes.results.first { parameters.result = first }
    }

    mutating func setHosts(_ hosts: [HostResult]) {
        let classes = parameters.classes.results.count
        parameters.classes.hostParties = hosts.map(\.party.id)
        parameters.classes.hasHostResult = !hosts.isEmpty
        for host in hosts {
            let results = (0..<classes).map { index in
                PartyResult(
                    columns: Dictionary(
                        host.columns.map { ($0.name, Column($0.values[index], points: [])) },
                        uniquingKeysWith: { $1 }), role: host.party.role.rawValue, party: host.party.id)
            }
            parameters.classes.hostResults += results
            if let first = results.first { parameters.hostResults.append(first) }
        }
    }
}
