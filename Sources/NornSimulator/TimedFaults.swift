import NornFlow

/// A fault that strikes at a time of its own.
struct TimedFault {
    enum Kind {
        case cut(Int, Int, both: Bool)
        case disk(Int)
        case capacity(Int, cores: Int)
        /// Two sites can talk again, and hear each other.
        case healed(Int, Int)
        /// Ends what was wrong with the site's disk and cores.
        case over(Int)
    }

    let time: Int64
    let kind: Kind
    let length: Int64
}

extension World {
    /// Longest time that a link is cut, a disk low, or a capacity changed.
    private static let lengthMaximum: Int64 = 120_000
    static let lowDisk = "1 MB is free"

    /// What will strike, drawn beforehand second by second.
    func timedFaults() -> [TimedFault] {
        var random = SeededGenerator(seed: plan.seed, stream: .timedFaults)
        var faults: [TimedFault] = []
        for second in 0..<plan.faults.endMilliseconds / 1_000 {
            func add(_ kind: TimedFault.Kind) {
                let time = second * 1_000 + random.number(0...999)
                let length = random.number(1_000...Self.lengthMaximum)
                faults.append(TimedFault(time: time, kind: kind, length: length))
            }
            let site = random.index(below: sites.count)
            let other = (site + 1 + random.index(below: sites.count - 1)) % sites.count
            if random.happens(plan.faults[.cut]), other != site { add(.cut(site, other, both: true)) }
            if random.happens(plan.faults[.oneway]), other != site { add(.cut(site, other, both: false)) }
            if random.happens(plan.faults[.disk]) { add(.disk(site)) }
            if random.happens(plan.faults[.capacity]) { add(.capacity(site, cores: Int(random.number(1...6)))) }
        }
        return faults
    }

    mutating func strike(_ fault: TimedFault) {
        switch fault.kind {
        case .cut(let from, let to, let both):
            if keepsHistory {
                note(from, "cannot \(both ? "talk with" : "reach") \(sites[to].name) for \(fault.length) ms")
            }
            let until = now + fault.length
            cuts[from * sites.count + to] = max(cuts[from * sites.count + to], until)
            if both { cuts[to * sites.count + from] = max(cuts[to * sites.count + from], until) }
            agenda.add(.strike(TimedFault(time: until, kind: .healed(from, to), length: 0)), at: until)
        case .disk(let site):
            if keepsHistory { note(site, "is low on disk for \(fault.length) ms") }
            setDisk(site, isLow: true)
            ends(fault, site)
        case .capacity(let site, let cores):
            if keepsHistory { note(site, "has \(cores) cores for \(fault.length) ms") }
            configure(site, cores: cores)
            ends(fault, site)
        case .healed(let one, let other):
            hears(one, other)
            hears(other, one)
        case .over(let site):
            configure(site, cores: Workload.coresPerSite)
            setDisk(site, isLow: false)
        }
    }

    /// A site tells what waits for another that this one is heard again.
    private mutating func hears(_ site: Int, _ other: Int) {
        guard sites[site].isUp, cuts[site * sites.count + other] <= now, cuts[other * sites.count + site] <= now
        else { return }
        for number in jobs.indices {
            let job = jobs[number]
            if job.home == site, sites[site].rows.coordinators[number]?.isDone == false {
                let parties = job.homes.indices.filter { job.homes[$0] == other }.map { job.job.parties[$0] }
                if !parties.isEmpty { feed(site, .coordinator(number, .partnerBack(parties))) }
            }
            for place in job.homes.indices where job.home == other && job.homes[place] == site {
                feed(site, .member(job.firstSlot + place, .coordinatorBack))
            }
        }
    }

    private mutating func configure(_ site: Int, cores: Int) {
        guard sites[site].cores != cores else { return }
        sites[site].cores = cores
        if sites[site].isUp { feed(site, configured(site)) }
    }

    /// A disk stays as it is when the site dies, and the site finds out when it comes up.
    private mutating func setDisk(_ site: Int, isLow: Bool) {
        guard sites[site].isDiskLow != isLow else { return }
        sites[site].isDiskLow = isLow
        if sites[site].isUp { feed(site, admission(site)) }
    }

    func admission(_ site: Int) -> LocalEvent {
        .ledger(.admission(open: !sites[site].isDiskLow, why: sites[site].isDiskLow ? Self.lowDisk : ""))
    }

    private mutating func ends(_ fault: TimedFault, _ site: Int) {
        let time = now + fault.length
        agenda.add(.strike(TimedFault(time: time, kind: .over(site), length: 0)), at: time)
    }
}
