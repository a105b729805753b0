/// Bugs of a driver or of the heart that the checks have to find.
public enum PlantedBug: String, Sendable, Hashable, CaseIterable {
    /// What a member gives back never reaches the ledger.
    case lostRelease
    /// A start is performed twice.
    case doubledStart
    /// A member is told to start a task whose inputs are not there.
    case startWithoutInputs
    /// Orders pass whatever their fence and number.
    case unfencedOrders
    /// A report passes whatever its epoch and number.
    case unfencedReports
    /// A party never learns that the job has ended.
    case forgottenPartner
    /// The order to end a worker is said to be done and is not.
    case ignoredCancel
    /// The driver never wakes an aggregate.
    case lostWakes
    /// A restarted site does not tell its members.
    case silentRestart
    /// The coordinator takes a party that it does not hear for dead at once.
    case impatientCoordinator
    /// A restarted site forgets that a party said yes.
    case forgottenApproval
    /// A commit is acknowledged and gone after a kill.
    case undurableCommit
    /// A commit whose answer was lost is taken for undone: its effects are never performed.
    case lostEffects
    /// The ledger takes what it has for twice as much.
    case doubleGrant
    /// Clocks run at a tenth of their speed at all sites but the first.
    case slowClock
    /// Effects are performed before the commit.
    case effectsBeforeCommit
    /// A rerun numbers attempts from 0 again.
    case rerunReusesNumber
    /// A member of a paused job goes on holding what it holds.
    case pauseKeepsReservation
    /// A driver leaves unwritten what it has told others of a message, too.
    case toldUnwritten
}

extension PlantedBug {
    /// A fault that has to strike often for the bug to show, and how often.
    var provocation: (fault: Fault, rate: Int)? {
        switch self {
        case .lostEffects: (.answer, 500)
        case .impatientCoordinator: (.cut, 1_000)
        case .slowClock: (.cut, 2_000)
        case .toldUnwritten: (.unwritten, 10_000)
        default: nil
        }
    }
}
