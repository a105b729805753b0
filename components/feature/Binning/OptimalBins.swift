import Glibc

/// Neighbouring bins of events and non-events.
struct LabelledBin: Sendable, Equatable {
    var events: Int
    var nonEvents: Int
    /// The first bin's place that is the last in this one.
    var last: Int

    var rows: Int { events + nonEvents }
    var isMixed: Bool { events > 0 && nonEvents > 0 }

    func joined(_ next: LabelledBin) -> LabelledBin {
        LabelledBin(events: events + next.events, nonEvents: nonEvents + next.nonEvents, last: next.last)
    }
}

/// FATE's optimal binning of two classes: from many small bins to few, by a metric of how well they tell the classes.
struct OptimalBins: Sendable {
    let metric: OptimalMetric
    /// Bins that may be left.
    let most: Int
    let minimumRows: Int
    let maximumRows: Int
    /// Every bin is to have rows of both classes.
    let mixture: Bool
    let adjustment: Double

    init(
        metric: OptimalMetric, bins: Int, minimumShare: Double, maximumShare: Double, mixture: Bool, adjustment: Double,
        rows: Int
    ) {
        self.metric = metric
        most = bins
        minimumRows = Int((minimumShare * Double(rows)).rounded(.up))
        maximumRows = Int((maximumShare * Double(rows)).rounded(.down))
        self.mixture = mixture
        self.adjustment = adjustment
    }

    /// The first bins' places at which the optimal bins end, ascending.
    func ends(events: [Int], nonEvents: [Int]) -> [Int] {
        let bins = zip(events, nonEvents).enumerated().map { place, counts in
            LabelledBin(events: counts.0, nonEvents: counts.1, last: place)
        }
        return (metric == .ks ? split(bins) : merge(bins)).map(\.last)
    }

    // MARK: merging: iv, gini, chi-square

    /// Which neighbours may be merged in a phase, and what makes it end.
    private enum Phase {
        /// both, or one of them, have rows of one class only
        case unmixed(both: Bool)
        /// both, or one of them, are too small
        case small(both: Bool)
        /// there are too many
        case number
    }

    private func merge(_ bins: [LabelledBin]) -> [LabelledBin] {
        let phases: [Phase] =
            (mixture ? [.unmixed(both: true), .unmixed(both: false)] : [])
            + [.small(both: true), .small(both: false), .number]
        return phases.reduce(bins) { merge($0, $1, totals: Totals(bins)) }
    }

    private struct Totals {
        let events: Double
        let nonEvents: Double

        init(_ bins: [LabelledBin]) {
            events = Double(max(1, bins.reduce(0) { $0 + $1.events }))
            nonEvents = Double(max(1, bins.reduce(0) { $0 + $1.nonEvents }))
        }
    }

    private func merge(_ given: [LabelledBin], _ phase: Phase, totals: Totals) -> [LabelledBin] {
        var bins = given
        var scores = bins.indices.dropLast().map { score(bins[$0], bins[$0 + 1], phase, totals) }
        while isUnmet(phase, bins) {
            var best: Int?
            for place in scores.indices where scores[place] != nil {
                guard let known = best, let least = scores[known], let score = scores[place] else {
                    best = best ?? place
                    continue
                }
                if score < least { best = place }
            }
            guard let best else { break }
            bins[best] = bins[best].joined(bins[best + 1])
            bins.remove(at: best + 1)
            scores.remove(at: best)
            if best > 0 { scores[best - 1] = score(bins[best - 1], bins[best], phase, totals) }
            if best < scores.count { scores[best] = score(bins[best], bins[best + 1], phase, totals) }
        }
        return bins
    }

    private func isUnmet(_ phase: Phase, _ bins: [LabelledBin]) -> Bool {
        switch phase {
        case .unmixed: bins.contains { !$0.isMixed }
        case .small: bins.contains { $0.rows < minimumRows }
        case .number: bins.count > most
        }
    }

    /// What merging two neighbours costs; the least goes first. nil: they may not be merged.
    private func score(_ left: LabelledBin, _ right: LabelledBin, _ phase: Phase, _ totals: Totals) -> Double? {
        guard left.rows + right.rows <= maximumRows else { return nil }
        switch phase {
        case .unmixed(let both):
            guard both ? !left.isMixed && !right.isMixed : !left.isMixed || !right.isMixed else { return nil }
        case .small(let both):
            let (isLeft, isRight) = (left.rows < minimumRows, right.rows < minimumRows)
            guard both ? isLeft && isRight : isLeft || isRight else { return nil }
        case .number: break
        }
        let joined = left.joined(right)
        guard joined.rows > 0 else { return -.infinity }
        switch metric {
        case .iv: return value(left, totals) + value(right, totals) - value(joined, totals)
        case .gini: return gini(joined) - gini(left) - gini(right)
        case .chiSquare: return chiSquare(left, right)
        case .ks: return nil
        }
    }

    private func value(_ bin: LabelledBin, _ totals: Totals) -> Double {
        let added = bin.isMixed ? 0 : adjustment
        let eventRate = (Double(bin.events) + added) / totals.events
        let nonEventRate = (Double(bin.nonEvents) + added) / totals.nonEvents
        return (eventRate - nonEventRate) * log(eventRate / nonEventRate)
    }

    private func gini(_ bin: LabelledBin) -> Double {
        guard bin.rows > 0 else { return 0 }
        let (event, nonEvent) = (Double(bin.events) / Double(bin.rows), Double(bin.nonEvents) / Double(bin.rows))
        return 1 - event * event - nonEvent * nonEvent
    }

    private func chiSquare(_ left: LabelledBin, _ right: LabelledBin) -> Double {
        let joined = left.joined(right)
        guard joined.isMixed else { return -.infinity }
        var sum = 0.0
        for bin in [left, right] where bin.rows > 0 {
            let share = Double(bin.rows) / Double(joined.rows)
            for (found, all) in [(bin.events, joined.events), (bin.nonEvents, joined.nonEvents)] {
                let expected = share * Double(all)
                sum += (Double(found) - expected) * (Double(found) - expected) / expected
            }
        }
        return sum
    }

    // MARK: splitting: ks

    /// Cuts where the cumulated shares of the two classes are farthest apart, larger parts first.
    private func split(_ bins: [LabelledBin]) -> [LabelledBin] {
        var cuts: [Int] = []
        var parts = [0..<bins.count]
        while cuts.count < most - 1, !parts.isEmpty {
            let part = parts.removeFirst()
            guard let cut = cut(bins, part) else { continue }
            let (left, right) = (part.lowerBound..<cut, cut..<part.upperBound)
            guard isAllowed(bins[left]), isAllowed(bins[right]) else { continue }
            cuts.append(cut)
            parts += rows(bins[right]) > rows(bins[left]) ? [right, left] : [left, right]
        }
        if cuts.isEmpty, bins.count > 1 { cuts = [bins.count / 2] }
        let bounds = [0] + cuts.sorted() + [bins.count]
        return zip(bounds, bounds.dropFirst()).compactMap { start, end in
            bins[start..<end].dropFirst().reduce(bins[start]) { $0.joined($1) }
        }
    }

    private func rows(_ bins: ArraySlice<LabelledBin>) -> Int { bins.reduce(0) { $0 + $1.rows } }

    private func isAllowed(_ bins: ArraySlice<LabelledBin>) -> Bool {
        let isMixed = bins.contains { $0.events > 0 } && bins.contains { $0.nonEvents > 0 }
        return (isMixed || !mixture) && rows(bins) >= minimumRows
    }

    /// Where the right part begins; nil for a part of one class.
    private func cut(_ bins: [LabelledBin], _ part: Range<Int>) -> Int? {
        let (events, nonEvents) = bins[part].reduce((0, 0)) { ($0.0 + $1.events, $0.1 + $1.nonEvents) }
        guard events > 0, nonEvents > 0 else { return nil }
        var (event, nonEvent) = (0, 0)
        var best = (distance: 0.0, cut: part.lowerBound + part.count / 2 + 1)
        for place in part {
            event += bins[place].events
            nonEvent += bins[place].nonEvents
            let distance = abs(Double(event) / Double(events) - Double(nonEvent) / Double(nonEvents))
            if distance > best.distance { best = (distance, place + 1) }
        }
        let isTooSmall =
            rows(bins[part.lowerBound..<best.cut]) < minimumRows || rows(bins[best.cut..<part.upperBound]) < minimumRows
        return isTooSmall ? min(part.lowerBound + part.count / 2 + 1, part.upperBound) : best.cut
    }
}
