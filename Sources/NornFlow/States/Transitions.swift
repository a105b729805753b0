/// A state machine whose every legal change is one row of a table.
public protocol StateMachine: Hashable, CaseIterable, RawRepresentable, Sendable where RawValue == String {
    /// Where an object of this kind begins.
    static var initial: Self { get }
    /// Every legal change. STATES.md draws the same table, and a test compares the two.
    static var transitions: [Self: Set<Self>] { get }
}

extension StateMachine {
    public func mayBecome(_ next: Self) -> Bool { Self.transitions[self, default: []].contains(next) }

    /// Moves along the table. Anything else is an error of the heart itself, which debug builds (all tests and the
    /// simulator) trap, and release builds refuse by staying where they are.
    mutating func move(to next: Self) {
        guard next != self else { return }
        guard mayBecome(next) else {
            assertionFailure("\(Self.self): \(rawValue) may not become \(next.rawValue)")
            return
        }
        self = next
    }
}

extension JobStatus: StateMachine {
    public static let initial = JobStatus.waiting
    // A running job whose reservation was lost waits again; a final one comes back only by rerun.
    public static let transitions: [JobStatus: Set<JobStatus>] = [
        .waiting: [.running, .failed, .canceled, .timeout],
        .running: [.waiting, .success, .failed, .canceled, .timeout],
        .success: [.waiting], .failed: [.waiting], .canceled: [.waiting], .timeout: [.waiting],
    ]
}

extension JobPhase: StateMachine {
    public static let initial = JobPhase.creating
    public static let transitions: [JobPhase: Set<JobPhase>] = [
        .creating: [.reserving, .paused, .ending],
        .reserving: [.running, .paused, .ending],
        .running: [.reserving, .paused, .ending, .ended],
        .paused: [.reserving, .ending],
        .ending: [.ended],
        .ended: [.creating],
    ]
}

extension TaskStatus: StateMachine {
    public static let initial = TaskStatus.waiting
    // Waiting to success: inherited. Running to waiting: another attempt is due. Final to waiting: rerun.
    public static let transitions: [TaskStatus: Set<TaskStatus>] = [
        .waiting: [.running, .success],
        .running: [.waiting, .success, .failed, .canceled, .timeout],
        .success: [.waiting], .failed: [.waiting], .canceled: [.waiting], .timeout: [.waiting],
    ]
}

extension AttemptStatus: StateMachine {
    public static let initial = AttemptStatus.running
    public static let transitions: [AttemptStatus: Set<AttemptStatus>] = [
        .running: [.stopping, .success],
        .stopping: [.failed, .canceled, .timeout, .lost],
    ]
}

extension WorkerStatus: StateMachine {
    public static let initial = WorkerStatus.starting
    public static let transitions: [WorkerStatus: Set<WorkerStatus>] = [
        .starting: [.running, .stopping, .success, .failed, .lost],
        .running: [.stopping, .success, .failed, .lost],
        .stopping: [.canceled, .lost],
    ]
}

extension ApprovalStatus: StateMachine {
    public static let initial = ApprovalStatus.checking
    public static let transitions: [ApprovalStatus: Set<ApprovalStatus>] = [
        .checking: [.waitingForApproval, .approved, .refused],
        .waitingForApproval: [.approved, .refused, .checking],
        .approved: [.checking], .refused: [.checking],
    ]
}

extension ReservationStatus: StateMachine {
    public static let initial = ReservationStatus.none
    public static let transitions: [ReservationStatus: Set<ReservationStatus>] = [
        .none: [.asked],
        .asked: [.short, .held, .none],
        .short: [.held, .none],
        .held: [.confirmed, .none],
        .confirmed: [.releasing, .none],
        .releasing: [.none],
    ]
}
