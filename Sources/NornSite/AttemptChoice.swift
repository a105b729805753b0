import NornStore

/// Which attempts of a task are asked for.
public enum AttemptChoice: Equatable, Sendable {
    /// The newest of each task at each party.
    case newest
    case all
    case number(Int)

    static let numberMaximum = 1 << 20

    /// Reads `newest`, `all` or a number from 0; newest when nothing is said.
    public init(_ text: String?) throws {
        switch text {
        case nil, "newest": self = .newest
        case "all": self = .all
        case let text?:
            guard let number = Int(text), (0...Self.numberMaximum).contains(number) else {
                throw SiteError.invalid(
                    "attempt is newest, all or a number from 0, not \(text.prefix(40))", field: "attempt")
            }
            self = .number(number)
        }
    }

    /// What is of these attempts, given all attempts that there are.
    func among<Record: OfAttempt>(_ records: [Record], of attempts: [some OfAttempt]) -> [Record] {
        switch self {
        case .all: return records
        case .number(let number): return records.filter { $0.attempt == number }
        case .newest:
            var newest: [AttemptPlace: Int] = [:]
            for attempt in attempts { newest[attempt.place] = max(newest[attempt.place] ?? 0, attempt.attempt) }
            return records.filter { newest[$0.place, default: $0.attempt] == $0.attempt }
        }
    }
}

/// A task at one party.
struct AttemptPlace: Hashable, Sendable {
    var task: String
    var role: String
    var party: String
}

/// Something that one attempt is or left.
protocol OfAttempt {
    var task: String { get }
    var attempt: Int { get }
    var role: String { get }
    var party: String { get }
}

extension OfAttempt {
    var place: AttemptPlace { AttemptPlace(task: task, role: role, party: party) }
}

extension AttemptRecord: OfAttempt {}
extension TrackingRecord: OfAttempt {}
extension ArtifactRecord: OfAttempt {}
extension LogReader.File: OfAttempt {}
