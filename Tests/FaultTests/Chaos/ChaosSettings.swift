import Foundation

/// How long a run is, and what happens in it. `make faults` sets the variables; a test run has none.
struct ChaosSettings: Sendable {
    static let shortSeconds = 12.0
    static let shortSeed: UInt64 = 1
    /// A long run that takes so long for its jobs has failed.
    static let longSecondsMaximum = 7200.0

    /// Each round has sites of its own and the next seed.
    var rounds = 1
    var seed = shortSeed
    /// Jobs of a round; none: as many as the time allows.
    var jobs: Int?
    /// Of faults, in a round.
    var seconds = shortSeconds
    var isLong: Bool { jobs != nil }
    var stretch: Int { isLong ? 2 : 1 }

    /// - Throws: for a variable that is no number.
    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        func number<Value>(_ name: String, _ read: (String) -> Value?) throws -> Value? {
            guard let text = environment["NORN_FAULT_" + name], !text.isEmpty else { return nil }
            guard let value = read(text) else { throw FaultFailure("NORN_FAULT_\(name) is no number: \(text)") }
            return value
        }
        seed = try number("SEED") { UInt64($0) } ?? Self.shortSeed
        rounds = max(1, try number("ROUNDS") { Int($0) } ?? 1)
        jobs = try number("JOBS") { Int($0) }.map { [rounds] in max(1, ($0 + rounds - 1) / rounds) }
        seconds = try number("SECONDS") { Double($0) } ?? (isLong ? Self.longSecondsMaximum : Self.shortSeconds)
    }
}
