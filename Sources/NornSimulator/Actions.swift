import NornFlow

/// What a user does to a job.
struct Action {
    enum Kind {
        /// At the initiator's site.
        case stop
        /// At the site of one of the job's parties, by its place.
        case stopPart(Int)
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
        return actions
    }
}
