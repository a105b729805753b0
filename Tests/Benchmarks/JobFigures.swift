import Foundation

/// What attempts used, by role, as jobs show it.
struct AttemptFigures {
    /// CPU seconds of each attempt.
    private(set) var seconds: [String: [Double]] = [:]
    /// Megabytes of each attempt's peak.
    private(set) var peaks: [String: [Double]] = [:]
    /// CPU milliseconds of all attempts of a job.
    private(set) var milliseconds: [Double] = []

    mutating func add(_ job: [String: Any], task: String? = nil) {
        var total = 0.0
        for attempt in job["attempts"] as? [[String: Any]] ?? [] {
            guard task == nil || attempt["task"] as? String == task, let role = attempt["role"] as? String else {
                continue
            }
            if let used = number(attempt["processorMilliseconds"]) {
                seconds[role, default: []].append(used / 1000)
                total += used
            }
            if let peak = number(attempt["peakMemoryBytes"]) { peaks[role, default: []].append(peak / 1_048_576) }
        }
        milliseconds.append(total)
    }
}

/// When the components of a job's tasks were entered and left, from the log of their attempts.
struct TaskTimes {
    /// Milliseconds since 1970: the first entry, the last entry and the last exit of a task at its parties.
    private var entered: [String: Double] = [:]
    private var enteredLast: [String: Double] = [:]
    private var left: [String: Double] = [:]

    init(_ log: [[String: Any]]) throws {
        for line in log {
            guard let task = line["task"] as? String, let time = number(line["time"]) else { continue }
            switch line["text"] as? String {
            case "phase running":
                entered[task] = min(entered[task] ?? time, time)
                enteredLast[task] = max(enteredLast[task] ?? time, time)
            case "phase destroying": left[task] = max(left[task] ?? time, time)
            default: continue
            }
        }
    }

    func milliseconds(_ task: String) -> Double? {
        guard let start = entered[task], let end = left[task] else { return nil }
        return end - start
    }

    /// When the first of the task's components was entered.
    func firstEntry(_ task: String) -> Double? { entered[task] }

    /// From the return of the last component that a task needs, at whichever party, until the task's own component has
    /// been entered at all its parties.
    func hops(_ tasks: [[String: Any]]) -> [Double] {
        tasks.compactMap { task in
            guard let name = task["task"] as? String, let start = enteredLast[name],
                let last = (task["needs"] as? [String] ?? []).compactMap({ left[$0] }).max()
            else { return nil }
            return start - last
        }
    }
}

func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }
