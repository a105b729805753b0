import Foundation

/// What the probes of a run wrote of their lives, outside of every site.
struct Marks: Sendable {
    struct Mark: Hashable, Sendable {
        /// start, end, failed or overlap.
        var what: String
        /// `<job>.<task>`.
        var task: String
        var attempt: Int
        var party: String
        var process: Int
        var milliseconds: Int64
    }

    let all: [Mark]

    init(_ all: [Mark]) { self.all = all }

    /// - Throws: for a line that cannot be read: a mark is never lost silently.
    init(folder: String) throws {
        let text = (try? String(contentsOfFile: folder + "/marks", encoding: .utf8)) ?? ""
        all = try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 6, let attempt = Int(words[2]), let process = Int(words[4]), let time = Int64(words[5])
            else { throw FaultFailure("a mark cannot be read: \(line)") }
            return Mark(
                what: words[0], task: words[1], attempt: attempt, party: words[3], process: process, milliseconds: time)
        }
    }

    var starts: [Mark] { all.filter { $0.what == "start" } }

    /// `<job>.<task>/<party>` of everything that ran to its end.
    var ended: Set<String> { Set(all.filter { $0.what == "end" }.map { "\($0.task)/\($0.party)" }) }

    /// Attempts that one party started more than once.
    var doubled: [String] {
        Dictionary(grouping: starts) { "\($0.task)/\($0.attempt)/\($0.party)" }
            .filter { $0.value.count > 1 }.keys.sorted()
    }

    /// Attempts that began while another one of their task was alive, at whichever party.
    var overlapping: [String] { all.filter { $0.what == "overlap" }.map { "\($0.task)/\($0.attempt)/\($0.party)" } }
}
