import NornFlow

/// Jobs, rules and durations drawn from the seed.
struct Workload {
    static let coresPerSite = 4
    static let engine = "standalone"
    /// Jobs arrive within this time.
    static let arrivalMilliseconds: Int64 = 120_000

    static func job(_ index: Int, sites: Int, _ random: inout SeededGenerator) -> Job {
        var parties: [Party] = []
        let roles: [Role] = [.guest, .host, .arbiter]
        for role in roles.prefix(Int(random.number(1...3))) {
            let site = random.number(0...Int64(sites - 1))
            parties.append(Party(role: role, id: String(site * 10 + random.number(0...1))))
        }
        let id = "job" + String(1_000_000 + index)
        var tasks: [JobTask] = []
        for number in 0..<Int(random.number(1...4)) {
            let inputs = tasks.filter { _ in random.happens(500) }.map {
                TaskInput(slot: "data", kind: .data, task: $0.name, output: "data")
            }
            let chosen = parties.filter { _ in random.happens(800) }
            tasks.append(
                JobTask(
                    name: "task_\(number)", module: "Any", parties: chosen.isEmpty ? parties : chosen, inputs: inputs,
                    outputs: [TaskOutput(name: "data", kind: .data)],
                    timeoutSeconds: random.happens(100) ? Int(random.number(1...20)) : nil))
        }
        let parameters = JobParameters(
            engine: engine, sizes: JobSizes(taskCores: Int(random.number(1...2))),
            taskParallelism: Int(random.number(1...2)),
            timeoutSeconds: random.happens(100) ? Int(random.number(10...60)) : 86_400,
            autoRetries: Int(random.number(0...2)), priority: random.happens(200) ? 1 : 0)
        return Job(id: id, initiator: parties[0], parties: parties, tasks: tasks, parameters: parameters)
    }

    static func verdict(on job: Job, at party: Party, _ random: inout SeededGenerator) -> Member.Verdict {
        if random.happens(20) { return .refused(Failure(.refused, "not granted", party: party)) }
        let tasks = job.tasks.filter { $0.parties.contains(party) }
        let need = Resources(cores: party.role == .arbiter ? 0 : job.parameters.sizes.taskCores ?? 1)
        let terms = Member.Terms(
            engine: engine, needs: Dictionary(uniqueKeysWithValues: tasks.map { ($0.name, need) }),
            capacity: Resources(cores: coresPerSite))
        return random.happens(100) ? .waitingForApproval(terms, reason: "a person decides") : .accepted(terms)
    }
}
