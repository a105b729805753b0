/// What can go wrong in a simulation. Each has a rate: so many times in ten thousand opportunities.
public enum Fault: String, Sendable, Hashable, CaseIterable {
    /// A message between two sites is lost.
    case lose
    /// A message comes twice.
    case double
    /// A message is held up for up to three seconds, and so overtaken.
    case reorder
    /// A message is late by minutes or hours.
    case late
    /// Each second: two sites cannot reach each other, for up to two minutes.
    case cut
    /// Each second: one site cannot reach another, which can reach it.
    case oneway
    /// Before a commit, between commit and effects, or before any one effect: the site dies and comes up later.
    case kill
    /// A site that died comes back with the rows of an earlier time and a higher epoch.
    case restore
    /// Before a turn: the site stands still for up to three seconds.
    case stall
    /// A commit fails: all of the turn is undone and done again.
    case store
    /// A commit meets newer rows: the turn is thrown away and done again.
    case conflict
    /// A commit is durable, its answer is lost: the driver has to find out.
    case answer
    /// A worker dies.
    case crash
    /// A component ends with an error.
    case component
    /// A worker does not heed its cancel until it is killed.
    case hang
    /// A worker cannot be started.
    case start
    /// A site's clock runs up to half a percent fast or slow, so two differ by up to one percent.
    case drift
    /// Each second: a site's disk is low for up to two minutes.
    case disk
    /// Each second: a site's cores change for up to two minutes.
    case capacity
    /// At each start: a site leaves unwritten what need not be written at once, and loses it when it dies or reads its
    /// rows again.
    case unwritten

    /// The rate with `--faults all`, in ten thousandths.
    public var usualRate: Int {
        switch self {
        case .lose, .double, .component: 500
        case .reorder, .crash: 300
        case .late, .start: 200
        case .cut: 100
        case .oneway, .store, .conflict: 50
        case .kill, .disk, .capacity: 20
        case .restore: 1_000
        case .stall, .answer: 30
        case .hang: 2_000
        case .unwritten: 3_000
        case .drift: 10_000
        }
    }
}

/// How often each thing goes wrong, until `endMilliseconds`.
public struct Faults: Sendable, Hashable {
    private var rates = [Int](repeating: 0, count: Fault.allCases.count)
    /// From then on nothing goes wrong, in milliseconds of virtual time.
    public var endMilliseconds: Int64 = 300_000

    public static let none = Faults()
    public static let all: Faults = {
        var faults = Faults()
        for fault in Fault.allCases { faults[fault] = fault.usualRate }
        return faults
    }()

    public init() {}

    /// In ten thousandths of the opportunities that the fault names.
    public subscript(_ fault: Fault) -> Int {
        get { rates[fault.number] }
        set { rates[fault.number] = max(0, min(10_000, newValue)) }
    }

    /// Reads `all`, `none`, or a list such as `lose,kill=20`: names with their usual rates or others. A list may begin
    /// with `all`, to change some: `all,restore=0`.
    public init(parsing text: String) throws(FaultsError) {
        for (place, word) in text.split(separator: ",").enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            if place == 0, parts.count == 1, name == "all" || name == "none" {
                self = name == "all" ? .all : .none
                continue
            }
            guard let fault = Fault(rawValue: name) else { throw FaultsError(word: name) }
            guard parts.count == 2 else {
                self[fault] = fault.usualRate
                continue
            }
            guard let rate = Int(parts[1]), (0...10_000).contains(rate) else { throw FaultsError(word: String(word)) }
            self[fault] = rate
        }
    }
}

extension Faults: CustomStringConvertible {
    /// As `init(parsing:)` reads it.
    public var description: String {
        if self == .all { return "all" }
        let named = Fault.allCases.filter { self[$0] > 0 }
        return named.isEmpty ? "none" : named.map { "\($0)=\(self[$0])" }.joined(separator: ",")
    }
}

extension Fault {
    /// Its place among all.
    var number: Int { Self.numbers[self] ?? 0 }

    private static let numbers = Dictionary(uniqueKeysWithValues: zip(allCases, allCases.indices))
}

/// A word of `--faults` that is none.
public struct FaultsError: Error, Sendable, Hashable, CustomStringConvertible {
    public var word: String

    public init(word: String) { self.word = word }

    public var description: String {
        let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
        return "no fault is called \(word): all, none, or a list of \(names), each with =N for N in ten thousand"
    }
}
