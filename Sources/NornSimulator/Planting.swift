import NornFlow

/// How bugs are put in: at the seam between heart and driver, or into rows. The heart itself stays as it is.
extension World {
    /// What the ledger is told that the site has.
    func ledgerCapacity(_ site: Int) -> [String: Resources] {
        let capacity = sites[site].capacity
        return plan.planted == .doubleGrant ? capacity.mapValues { $0 + $0 } : capacity
    }

    func planted(_ event: Coordinator.Event, _ number: Int, _ site: Int) -> Coordinator.Event {
        guard plan.planted == .unfencedReports, case .report(var report) = event,
            let member = sites[site].rows.coordinators[number]?.members[report.from]
        else { return event }
        if (report.epoch, report.number) < (member.epoch, member.reportNumber) {
            (report.epoch, report.number) = (member.epoch, member.reportNumber + 1)
        }
        return .report(report)
    }

    func planted(_ event: Member.Event, _ slot: Int, _ site: Int) -> Member.Event {
        guard case .orders(var orders) = event else { return event }
        switch plan.planted {
        case .unfencedOrders:
            guard let member = sites[site].rows.members[slot] else { return event }
            orders.fence = max(orders.fence, member.fence)
            orders.number = max(orders.number, member.ordersNumber + 1)
        case .pauseKeepsReservation:
            guard orders.body.isPaused, orders.body.reservation.want == .nothing,
                let member = sites[site].rows.members[slot], member.reservation.status == .confirmed
            else { return event }
            orders.body.reservation.want = .confirm
            orders.body.reservation.round = member.reservation.round
        case .startWithoutInputs:
            guard !orders.body.attempts.isEmpty else { return event }
            let job = jobs[slot / Self.slotsOfJob].job
            let early = job.tasks.first { !$0.inputs.isEmpty && orders.body.taskStatuses[$0.name] == .waiting }
            if let early, early.parties.contains(orders.to) { orders.add(early, as: 0) }
        default: return event
        }
        return .orders(orders)
    }

    /// Before a coordinator steps.
    mutating func plantBefore(stepOf number: Int, _ site: Int) {
        guard plan.planted == .impatientCoordinator, let coordinator = sites[site].rows.coordinators[number]
        else { return }
        for (party, member) in coordinator.members where instant(site) - member.heardAt > 8_000 {
            sites[site].rows.coordinators[number]?.forgetLease(of: party)
        }
    }

    /// After a coordinator stepped.
    mutating func plantAfter(_ event: Coordinator.Event, _ number: Int, _ site: Int) {
        guard plan.planted == .rerunReusesNumber, case .rerun = event else { return }
        sites[site].rows.coordinators[number]?.forgetAttempts()
    }

    /// When a site comes up.
    mutating func plantAtStart(_ site: Int) {
        guard plan.planted == .forgottenApproval else { return }
        for slot in sites[site].rows.members.indices { sites[site].rows.members[slot]?.forgetApproval() }
    }

    func isForgotten(_ message: Message) -> Bool {
        guard plan.planted == .forgottenPartner, case .orders(let orders) = message else { return false }
        return orders.body.end != nil && orders.to != orders.from
    }
}
