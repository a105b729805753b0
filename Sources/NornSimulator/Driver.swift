import NornFlow

/// How a site's driver steps an aggregate and keeps what follows.
extension World {
    mutating func step(_ site: Int, _ event: LocalEvent) {
        steps += 1
        switch event {
        case .ledger(let event):
            if case .configured = event {
                sites[site].toldCores = sites[site].cores
                // What is held by now may be more than there is from now on.
                sites[site].heldCores = sites[site].ledger.held(Workload.engine).cores
            }
            if keepsHistory { note(site, "ledger <- \(Timeline.words(event))") }
            keep(sites[site].ledger.step(event, at: instant(site)), site, slot: -1, isCoordinator: false)
        case .submit(let number):
            guard sites[site].rows.coordinators[number] == nil else { return }
            sites[site].rows.coordinators[number] = Coordinator(
                job: jobs[number].job, fence: sites[site].rows.epoch,
                gathersEarly: Set(jobs[number].homes).count == jobs[number].homes.count, at: instant(site))
            stepCoordinator(site, number, .submitted)
        case .coordinator(let number, let event): stepCoordinator(site, number, event)
        case .member(let slot, let event): stepMember(site, slot, event)
        case .orders(let orders): take(orders, at: site)
        }
    }

    private mutating func stepCoordinator(_ site: Int, _ number: Int, _ event: Coordinator.Event) {
        guard let fence = sites[site].rows.coordinators[number]?.fence else {
            if case .report(let report) = event { answer(.orders(Orders(toUnknown: report)), site) }
            return
        }
        // One that was done when the site began, or comes from a backup, does not know of this run yet.
        if fence < sites[site].rows.epoch, !event.isRestart {
            stepCoordinator(site, number, .siteRestarted(fence: sites[site].rows.epoch))
        }
        if keepsHistory { note(site, "coordinator \(jobs[number].job.id) <- \(Timeline.words(event))") }
        let at = instant(site)
        plantBefore(stepOf: number, site)
        let control = control(of: event, number, site)
        let event = planted(event, number, site)
        let leaves = sites[site].leavesUnwritten
        let written = leaves ? sites[site].rows.writtenCoordinator(number, before: event) : nil
        guard let effects = sites[site].rows.coordinators[number]?.step(event, at: at) else { return }
        plantAfter(event, number, site)
        if let control { checkStale(control, number, site) }
        // The last written row has the same stance as the one before this step: quiet steps leave it as it is.
        let isQuiet = written.map {
            sites[site].rows.coordinators[number]?.isQuiet(after: event, effects, from: $0.row.stance) == true
        }
        let isLeft = isQuiet.map { mayLeave($0, number, isCoordinator: true) } ?? false
        sites[site].rows.leave(number, isLeft ? written : nil)
        keep(effects, site, slot: number, isCoordinator: true, isQuiet: isLeft)
    }

    private mutating func stepMember(_ site: Int, _ slot: Int, _ event: Member.Event) {
        guard let epoch = sites[site].rows.members[slot]?.epoch else { return }
        if epoch < sites[site].rows.epoch, !event.isRestart, plan.planted != .silentRestart {
            stepMember(site, slot, .siteRestarted(epoch: sites[site].rows.epoch))
        }
        if keepsHistory {
            note(site, "member \(jobs[slot / Self.slotsOfJob].name(ofSlot: slot)) <- \(Timeline.words(event))")
        }
        let at = instant(site)
        let control = control(of: event, slot, site)
        let event = planted(event, slot, site)
        let leaves = sites[site].leavesUnwritten
        let written = leaves ? sites[site].rows.writtenMember(slot, before: event) : nil
        guard let effects = sites[site].rows.members[slot]?.step(event, at: at) else { return }
        if let control { checkStale(control, slot, site) }
        let isQuiet = written.map {
            sites[site].rows.members[slot]?.isQuiet(after: event, effects, from: $0.row.stance) == true
        }
        let isLeft = isQuiet.map { mayLeave($0, slot, isCoordinator: false) } ?? false
        sites[site].rows.leave(slot, isLeft ? written : nil)
        keep(effects, site, slot: slot, isCoordinator: false, isQuiet: isLeft)
    }

    /// Tells a partner that there is no row of its job here.
    private mutating func answer(_ message: Message, _ site: Int) {
        guard home(of: message.to) != site else { return }
        turn.outward.append(Turn.Outward(effect: .send(message), slot: -1, isCoordinator: false))
    }

    private mutating func take(_ orders: Orders, at site: Int) {
        guard let number = numbers[orders.job], let slot = jobs[number].slot(of: orders.to) else { return }
        if sites[site].rows.members[slot] == nil {
            let (name, epoch) = (sites[site].name, sites[site].rows.epoch)
            sites[site].rows.members[slot] = Member(for: orders, site: name, epoch: epoch, at: instant(site))
            if sites[site].rows.members[slot] == nil,
                let report = Report(toUnknown: orders, site: name, epoch: epoch)
            {
                return answer(.report(report), site)
            }
        }
        stepMember(site, slot, .orders(orders))
    }

    /// What stays at the site is stepped in the same turn, or in one of its own; the rest waits for the commit.
    private mutating func keep(
        _ effects: [Effect], _ site: Int, slot: Int, isCoordinator: Bool, isQuiet: Bool = false
    ) {
        digest(now &* 64 &+ Int64(slot) &* 2 &+ (isCoordinator ? 1 : 0) &+ Int64(effects.count) &* 1_048_576)
        if slot >= 0 { turn.touched.append(Turn.Touched(slot: slot, isCoordinator: isCoordinator, isQuiet: isQuiet)) }
        for effect in effects {
            if case .record(let entry) = effect {
                checkTransition(entry)
                if keepsHistory { note(site, "  " + Timeline.words(entry)) }
                continue
            }
            if let event = localEvent(of: effect, at: site) {
                if sites[site].isSplit, case .send = effect {
                    turn.next.append(event)
                } else {
                    turn.queue.append(event)
                }
                continue
            }
            var effect = effect
            if case .send(let message) = effect { effect = .send(superseding(message)) }
            turn.outward.append(Turn.Outward(effect: effect, slot: slot, isCoordinator: isCoordinator))
        }
    }

    /// Of the messages of one lane only the last leaves the turn.
    private mutating func superseding(_ message: Message) -> Message {
        let lane = message.lane
        for place in turn.outward.indices.reversed() {
            guard case .send(let earlier) = turn.outward[place].effect, earlier.lane == lane else { continue }
            turn.outward.remove(at: place)
            return message.superseding(earlier)
        }
        return message
    }

    private func localEvent(of effect: Effect, at site: Int) -> LocalEvent? {
        switch effect {
        case .send(.orders(let orders)) where home(of: orders.to) == site && plan.planted != .forgottenPartner:
            return .orders(orders)
        case .send(.report(let report)) where home(of: report.to) == site:
            return numbers[report.job].map { .coordinator($0, .report(report)) }
        case .ask(.release) where plan.planted == .lostRelease: return nil
        case .ask(let request): return .ledger(.request(request))
        case .tell(let answer):
            let key = answer.member
            guard let number = numbers[key.job], let slot = jobs[number].slot(of: key.party) else { return nil }
            return .member(slot, .ledgerAnswered(answer))
        default: return nil
        }
    }

    func home(of party: Party) -> Int { Self.site(of: party, among: sites.count) }
}

extension Coordinator.Event {
    fileprivate var isRestart: Bool { if case .siteRestarted = self { true } else { false } }
}

extension Member.Event {
    fileprivate var isRestart: Bool { if case .siteRestarted = self { true } else { false } }
}
