/// A promise of the heart that did not hold.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The promises, in the words of the architecture.
    public enum Invariant: String, Sendable, Hashable, CaseIterable {
        /// No (task, attempt, party) starts twice.
        case noSecondStart
        /// No attempt starts while a worker of another attempt of its task lives, anywhere.
        case oneAttemptAtATime
        /// Held is what live reservations sum up to, by the members' rows, and within what there is.
        case heldIsTheSum
        /// Nothing is granted beyond what there is.
        case heldWithinCapacity
        /// A worker lives only on resources that are held for it.
        case workersHaveReservations
        /// When no job lives, nothing is held, nobody queues.
        case nothingLeaks
        /// A final state stays, but for a rerun.
        case finalStaysFinal
        /// A task starts only after all that feeds it succeeded, everywhere.
        case inputsFirst
        /// Orders, epochs and counts of attempts never go back.
        case numbersRise
        /// A message of an older fence, epoch or number changes nothing.
        case staleIsDead
        /// Every change of state is one of the tables'.
        case legalTransitions
        /// A party that has said yes to a job is not asked again.
        case approvalStays
        /// Once a job is final no worker of it lives.
        case endIsEnd
        /// Once a party has confirmed the end of a job no worker of it lives or starts there.
        case cancelIsFinal
        /// A paused job runs and holds nothing.
        case pauseHoldsNothing
        /// When faults stop every job ends.
        case everyJobEnds
        /// All parties come to the same final state.
        case sameOutcomeEverywhere
        /// No job waits while what it asked for is free.
        case noNeedlessWait
        /// A job that waits says why.
        case waitingHasReasons
    }

    public var invariant: Invariant
    public var what: String

    public var description: String { "\(invariant.rawValue): \(what)" }
}
