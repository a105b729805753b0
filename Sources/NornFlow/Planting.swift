// What a sound heart never does, for the simulator: it plants bugs in rows to see that its checks find them.

extension Coordinator {
    /// Takes the party for dead, whatever its lease.
    package mutating func forgetLease(of party: Party) { members[party]?.leaseFrom = nil }

    /// Forgets the attempts of what is to run again, and with them their numbers.
    package mutating func forgetAttempts() {
        for (name, task) in tasks where task.status == .waiting { tasks[name]?.attempts = [] }
    }
}

extension Member {
    /// Asks a person again who has said yes.
    package mutating func forgetApproval() {
        if approval == .approved { approval = .waitingForApproval }
    }
}
