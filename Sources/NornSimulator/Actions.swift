import NornFlow

/// What a user does to a job.
struct Action {
    enum Kind {
        /// At the initiator's site.
        case stop
        /// At the site of one of the job's parties, by its place.
        case stopPart(Int)
        /// For so many milliseconds. Who has paused a job resumes it again in the end.
        case pause(Int64)
        case rerun(Rerun)
        case setPriority(Int)
    }

    enum Moment {
        /// In milliseconds of virtual time.
        case at(Int64)
        /// So long after the job has ended, once.
        case afterEnd(Int64)
    }

    /// Its place among those of the plan, the same whatever is left out.
    let number: Int
    let job: Int
    let kind: Kind
    let moment: Moment
}

extension Workload {
    /// At most so many actions for one job.
    static let actionsOfJobMaximum = 8
    /// Some pauses last longer than anything that a pause has to end, in milliseconds.
    private static let pauseMaximum: Int64 = 240_000

    /// What users do to a job, from its own number.
    func actions(on index: Int, _ job: Job, arrival: Int64) -> [Action] {
        var random = SeededGenerator(seed: plan.seed, stream: .actions, number: index)
        var actions: [Action] = []
        func add(_ kind: Action.Kind, _ moment: Action.Moment) {
            let number = index * Self.actionsOfJobMaximum + actions.count
            guard actions.count < Self.actionsOfJobMaximum else { return }
            actions.append(Action(number: number, job: index, kind: kind, moment: moment))
        }
        let soon = arrival + random.number(0...60_000)
        if random.happens(1_000) { add(.stop, .at(soon)) }
        if random.happens(600) { add(.stopPart(random.index(below: job.parties.count)), .at(soon)) }
        if random.happens(1_000) {
            add(.setPriority(Int(random.number(0...2))), .at(arrival + random.number(0...60_000)))
        }
        if random.happens(1_500) {
            add(.pause(random.number(1...Self.pauseMaximum)), .at(arrival + random.number(0...60_000)))
        }
        if random.happens(1_500) { add(.rerun(Self.rerun(of: job, &random)), .afterEnd(random.number(0...30_000))) }
        if random.happens(500) { add(.rerun(Self.rerun(of: job, &random)), .at(soon + 60_000)) }
        return actions
    }

    private static func rerun(of job: Job, _ random: inout SeededGenerator) -> Rerun {
        var rerun = Rerun(by: "a user")
        let task = job.tasks[random.index(below: job.tasks.count)].name
        switch random.index(below: 4) {
        case 0: rerun.selection = .all
        case 1: rerun.selection = .from([task])
        case 2: rerun.selection = .only([task])
        default:
            var changed = job
            let place = random.index(below: job.tasks.count)
            for party in job.tasks[place].parties { changed.tasks[place].parameters[party] = ["epochs": 3] }
            rerun.job = changed
        }
        return rerun
    }
}
