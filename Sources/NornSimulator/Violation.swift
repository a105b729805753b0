import NornFlow

/// A promise of the heart that did not hold.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The promises, in the words of the architecture.
    public enum Invariant: String, Sendable, Hashable, CaseIterable {
        /// No (task, attempt, party) starts twice.
        case noSecondStart
        /// No attempt starts while a worker of another attempt of its task lives, anywhere.
        case oneAttemptAtATime
        /// Held is what live reservations sum up to, between nothing and everything.
        case heldWithinCapacity
        /// A worker lives only on resources that are held for it.
        case workersHaveReservations
        /// When no job lives, nothing is held, nobody queues.
        case nothingLeaks
        /// A final state stays.
        case finalStaysFinal
        /// A task starts only after all that feeds it succeeded, everywhere.
        case inputsFirst
        /// Orders never go back.
        case fencesRise
        /// Once a job is final no worker of it lives.
        case endIsEnd
        /// When faults stop every job ends.
        case everyJobEnds
        /// All parties come to the same final state.
        case sameOutcomeEverywhere
    }

    public var invariant: Invariant
    public var what: String

    public var description: String { "\(invariant.rawValue): \(what)" }
}
