import NornCrypto
import NornKit

/// What the guest makes of one host's encrypted bins.
struct HostDecryption {
    let context: BinningContext
    let host: Party
    let secret: PaillierPrivateKey
    let key: PaillierPublicKey
    let packing: LabelPacking
    let labels: ClassLabels
    let rows: Int

    func result() async throws -> HostResult {
        let bins = try await context.federation.receive(
            HostBins.self, name: BinningMessage.bins, from: host)
        try check(bins)
        let cells = bins.columns.reduce(0) { $0 + $1.rows.count }
        var counts = [[Int]](repeating: [], count: cells)
        for ciphertext in 0..<packing.ciphertexts {
            let sums = try await context.federation.receiveCiphertexts(
                packing.packages(cells), name: BinningMessage.sums, tag: "\(ciphertext)", from: host,
                key: key,
                on: context.loop)
            let plaintexts: [Int128]
            do { plaintexts = try secret.decrypt(sums, on: context.loop) } catch {
                throw ComponentError.peer(host, "its sums of labels are refused: \(error)")
            }
            guard let part = packing.unpacked(plaintexts, cells: cells, ciphertext: ciphertext) else {
                throw ComponentError.peer(host, "its sums of labels are no counts")
            }
            for cell in 0..<cells { counts[cell] += part[cell] }
        }
        return try await result(bins, columns: try columns(bins, counts))
    }

    /// Counts of all classes: those of the last are what is left of a bin's rows.
    private func columns(_ bins: HostBins, _ counts: [[Int]]) throws -> [ClassCounts] {
        var cell = 0
        return try bins.columns.map { column in
            let all = try column.rows.map { rows -> [Int] in
                let known = counts[cell]
                cell += 1
                let last = rows - known.reduce(0, +)
                guard last >= 0 else { throw ComponentError.peer(host, "a bin has more labels than rows") }
                return known + [last]
            }
            for index in labels.classes.indices
            where all.reduce(0, { $0 + $1[index] }) != labels.totals[index] {
                throw ComponentError.peer(host, "the labels of a column's bins are not those of the rows")
            }
            return ClassCounts(bins: all)
        }
    }

    private func check(_ bins: HostBins) throws {
        let cells = bins.columns.reduce(0) { $0 + $1.rows.count }
        guard cells <= HostBins.mostCells, Set(bins.columns.map(\.name)).count == bins.columns.count
        else {
            throw ComponentError.peer(host, "it has \(cells) bins, or two columns of one name")
        }
        for column in bins.columns {
            guard !column.rows.isEmpty, column.rows.allSatisfy({ 0...rows ~= $0 }),
                column.rows.reduce(0, +) == rows,
                !column.isOptimal || bins.optimal != nil && !column.hasMissing
            else { throw ComponentError.peer(host, "the bins of a column do not hold the \(rows) rows") }
        }
        guard !bins.columns.contains(where: \.isOptimal) || labels.classes.count == 2 else {
            throw ComponentError.invalid(
                field: "method", "\(host) asks for optimal binning, which takes a label of two classes")
        }
    }

    private func result(_ bins: HostBins, columns: [ClassCounts]) async throws -> HostResult {
        var columns = columns
        if let optimal = bins.optimal {
            let chooser = OptimalBins(
                metric: optimal.metric, bins: max(1, optimal.bins), minimumShare: optimal.minimumShare,
                maximumShare: optimal.maximumShare, mixture: optimal.mixture,
                adjustment: context.parameters.adjustment,
                rows: rows)
            var ends: [[Int]] = []
            for (index, column) in bins.columns.enumerated() where column.isOptimal {
                let first = columns[index].bins
                let left = chooser.ends(events: first.map { $0[0] }, nonEvents: first.map { $0[1] })
                ends.append(left)
                columns[index] = ClassCounts(bins: Self.joined(first, ends: left))
            }
            try await context.federation.send(
                OptimalEnds(columns: ends), name: BinningMessage.optimal, to: host)
        }
        return HostResult(
            party: host,
            columns: zip(bins.columns, columns).map {
                ($0.name, $1.values(labels, adjustment: context.parameters.adjustment))
            })
    }

    private static func joined(_ bins: [[Int]], ends: [Int]) -> [[Int]] {
        var start = 0
        return ends.map { end in
            defer { start = end + 1 }
            return bins[start...end].dropFirst().reduce(bins[start]) { sum, bin in
                zip(sum, bin).map { $0 + $1 }
            }
        }
    }
}
