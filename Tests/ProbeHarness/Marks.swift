import Foundation

/// What the probes of a run wrote of their lives, outside of every site.
package struct Marks: Sendable {
    package struct Mark: Hashable, Sendable {
        /// start, end, failed or overlap.
        package var what: String
        /// `<job>.<task>`.
        package var task: String
        package var attempt: Int
        package var party: String
        package var process: Int
        package var milliseconds: Int64

        package init(
            what: String, task: String, attempt: Int, party: String, process: Int, milliseconds: Int64
        ) {
            self.what = what
            self.task = task
            self.attempt = attempt
            self.party = party
            self.process = process
            self.milliseconds = milliseconds
        }

        /// `<job>.<task>/<attempt>/<party>`.
        package var attemptAtParty: String { "\(task)/\(attempt)/\(party)" }
    }

    package let all: [Mark]

    package init(_ all: [Mark]) { self.all = all }

    /// - Throws: for a line that cannot be read: a mark is never lost silently.
    package init(folder: String) throws {
        let text = (try? String(contentsOfFile: folder + "/marks", encoding: .utf8)) ?? ""
        all = try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 6, let attempt = Int(words[2]), let process = Int(words[4]), let time = Int64(words[5])
            else { throw ProbeFailure("a mark cannot be read: \(line)") }
            return Mark(
                what: words[0], task: words[1], attempt: attempt, party: words[3], process: process, milliseconds: time)
        }
    }

    package var starts: [Mark] { all.filter { $0.what == "start" } }

    /// `<job>.<task>/<party>` of everything that ran to its end.
    package var ended: Set<String> { Set(all.filter { $0.what == "end" }.map { "\($0.task)/\($0.party)" }) }

    /// Attempts that one party started more than once.
    package var doubled: [String] {
        Dictionary(grouping: starts, by: \.attemptAtParty)
            .filter { $0.value.count > 1 }.keys.sorted()
    }

    /// Attempts that began while another one of their task was alive, at whichever party.
    package var overlapping: [String] { all.filter { $0.what == "overlap" }.map(\.attemptAtParty) }
}
