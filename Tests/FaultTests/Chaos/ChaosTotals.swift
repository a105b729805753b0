import Foundation

/// The sums over all rounds, as they are printed at the end.
struct ChaosTotals {
    private var counts: [String: [String: Int]] = [:]
    private var endings: [String: Int] = [:]
    private var starts = 0
    private var seconds = (faults: 0.0, settling: 0.0)
    private var lost = 0, doubled = 0, leaked = 0, disagreed = 0, unproven = 0, unexplained = 0, flaws = 0

    mutating func add(_ outcome: ChaosRound.Outcome) {
        counts.merge(outcome.deeds.counts) { $0.merging($1, uniquingKeysWith: +) }
        endings.merge(outcome.verdict.endings, uniquingKeysWith: +)
        starts += outcome.verdict.starts
        seconds.faults += outcome.faultSeconds
        seconds.settling += outcome.settleSeconds
        lost += outcome.verdict.lost.count
        doubled += outcome.verdict.doubled.count
        leaked += outcome.verdict.leaked.count
        disagreed += outcome.verdict.disagreed.count
        unproven += outcome.verdict.unproven.count
        unexplained += outcome.verdict.unexplained.count
        flaws += outcome.flaws.count
    }

    func count(_ kind: String) -> Int { counts[kind]?.values.reduce(0, +) ?? 0 }

    var text: String {
        var lines: [String] = []
        for kind in counts.keys.sorted() { lines.append(line(kind, counts[kind] ?? [:])) }
        lines.append(line("jobs ended", endings))
        lines.append("attempts of probes that marked their start: \(starts)")
        lines.append(String(format: "%.0f s of faults, %.0f s until all had ended", seconds.faults, seconds.settling))
        lines.append(
            "lost \(lost), doubled \(doubled), leaked \(leaked), sites disagree \(disagreed), success without a mark "
                + "\(unproven), not explained \(unexplained), other findings \(flaws)")
        return lines.map { "faults:   \($0)" }.joined(separator: "\n")
    }

    private func line(_ name: String, _ parts: [String: Int]) -> String {
        let detail = parts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; ")
        return "\(name) \(parts.values.reduce(0, +)): \(detail)"
    }
}
