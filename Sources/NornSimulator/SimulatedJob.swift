import NornFlow

/// A job as the world sees it: what no site can know.
struct SimulatedJob {
    struct Worker {
        let attempt: AttemptIdentity
        let site: Int
        let epoch: UInt64
        let slot: Int
    }

    let job: Job
    /// The site of each party.
    let homes: [Int]
    /// The site that coordinates.
    let home: Int
    let firstSlot: Int
    let arrival: Int64
    /// The final state that the job came to, until a rerun.
    var final: JobStatus?
    /// Workers that live, anywhere.
    var workers: [Worker] = []
    /// Attempts that the coordinator's row holds.
    var attempts = 0
    /// The number of the contract that the coordinator's row was last seen with: a rerun raises it.
    var contract = 0
    /// What users do after its end.
    var afterEnd: [Action] = []
    /// Since when the site has seemed to have what the job waits for; nil while not.
    var idleSince: Int64?

    func slot(of party: Party) -> Int? { job.parties.firstIndex(of: party).map { firstSlot + $0 } }

    /// The member's name in a history.
    func name(ofSlot slot: Int) -> String { "\(job.id)/\(job.parties[slot - firstSlot])" }
}
