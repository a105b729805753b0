import NornFlow

/// Jobs, rules and durations drawn from the seed. A job is drawn from its own number, so that leaving one out leaves
/// the others as they are.
struct Workload {
    static let coresPerSite = 4
    static let engine = "standalone"
    /// Jobs arrive within this time.
    static let arrivalMilliseconds: Int64 = 60_000

    let plan: SimulationPlan

    /// A job and when it is submitted.
    func job(_ index: Int) -> (job: Job, arrival: Int64) {
        var random = SeededGenerator(seed: plan.seed, stream: .jobs, number: index)
        if index % 2 == 1, random.happens(3_000) { return twin(of: index - 1, as: index) }
        if index > 0, random.happens(500) { return heir(of: random.index(below: index), as: index, &random) }
        let parties = Self.parties(sites: plan.sites, &random)
        let tasks = Self.tasks(parties, &random)
        var parameters = JobParameters(
            engine: Self.engine, sizes: JobSizes(taskCores: Int(random.number(1...2))),
            taskParallelism: Int(random.number(1...2)),
            timeoutSeconds: random.happens(1_000) ? Int(random.number(10...60)) : 86_400,
            autoRetries: Int(random.number(0...2)), priority: random.happens(2_000) ? 1 : 0)
        parameters.submitter = random.happens(5_000) ? "alice" : "bob"
        if index > 0, random.happens(2_000) {
            let other = random.index(below: index)
            // Only jobs of the same site can be waited for.
            if Self.siteID(self.job(other).job.initiator) == Self.siteID(parties[0]) {
                parameters.dependsOn = [Self.identifier(other)]
            }
        }
        let job = Job(
            id: Self.identifier(index), initiator: parties[0], parties: parties, tasks: tasks, parameters: parameters)
        return (job, random.number(0...Self.arrivalMilliseconds))
    }

    static func identifier(_ index: Int) -> JobID { "job" + String(1_000_000 + index) }

    private static func siteID(_ party: Party) -> Int { (Int(party.id) ?? 0) / 10 }

    /// The same parties submit at the same millisecond, from the other end.
    private func twin(of other: Int, as index: Int) -> (job: Job, arrival: Int64) {
        var (job, arrival) = self.job(other)
        job.id = Self.identifier(index)
        job.initiator = job.parties.last ?? job.initiator
        return (job, arrival)
    }

    /// A job that takes over tasks which an earlier one has done.
    private func heir(of other: Int, as index: Int, _ random: inout SeededGenerator) -> (job: Job, arrival: Int64) {
        var (job, arrival) = self.job(other)
        job.id = Self.identifier(index)
        job.parameters.inheritance = Inheritance(
            job: Self.identifier(other), tasks: job.tasks.filter { _ in random.happens(5_000) }.map(\.name))
        arrival += random.number(0...Self.arrivalMilliseconds)
        return (job, arrival)
    }

    private static func parties(sites: Int, _ random: inout SeededGenerator) -> [Party] {
        let roles: [Role] = [.guest, .host, .arbiter]
        return roles.prefix(Int(random.number(1...3))).map { role in
            Party(role: role, id: String(random.index(below: sites) * 10 + random.index(below: 2)))
        }
    }

    private static func tasks(_ parties: [Party], _ random: inout SeededGenerator) -> [JobTask] {
        var tasks: [JobTask] = []
        for number in 0..<Int(random.number(1...4)) {
            let inputs = tasks.filter { _ in random.happens(5_000) }.map {
                TaskInput(slot: "data", kind: .data, task: $0.name, output: "data")
            }
            let chosen = parties.filter { _ in random.happens(8_000) }
            tasks.append(
                JobTask(
                    name: "task_\(number)", module: "Any", parties: chosen.isEmpty ? parties : chosen, inputs: inputs,
                    outputs: [TaskOutput(name: "data", kind: .data)],
                    timeoutSeconds: random.happens(1_000) ? Int(random.number(1...20)) : nil))
        }
        return tasks
    }

    static func verdict(on job: Job, at party: Party, _ random: inout SeededGenerator) -> Member.Verdict {
        if random.happens(200) { return .refused(Failure(.refused, "not granted", party: party)) }
        let tasks = job.tasks.filter { $0.parties.contains(party) }
        let need = Resources(cores: party.role == .arbiter ? 0 : job.parameters.sizes.taskCores ?? 1)
        let terms = Member.Terms(
            engine: engine, needs: Dictionary(uniqueKeysWithValues: tasks.map { ($0.name, need) }),
            capacity: Resources(cores: coresPerSite))
        return random.happens(1_000) ? .waitingForApproval(terms, reason: "a person decides") : .accepted(terms)
    }

    /// How long a worker runs, in milliseconds.
    static func length(_ random: inout SeededGenerator) -> Int64 {
        random.happens(500) ? random.number(60_000...120_000) : random.number(5...15_000)
    }
}
