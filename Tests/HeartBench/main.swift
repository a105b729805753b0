/// The heart alone, without store, network or workers: how many events a second its step functions take. Prints a JSON
/// line {"name", "unit", "value"} for every run.
///
/// Usage: heart-bench [RUNS]
let runs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 3

func report(_ name: String, _ unit: String, _ value: Double) {
    print("{\"name\": \"\(name)\", \"unit\": \"\(unit)\", \"value\": \(value.rounded())}")
}

/// How many a second.
func rate(_ count: Int, _ start: ContinuousClock.Instant) -> Double {
    let time = start.duration(to: .now).components
    return Double(count) / (Double(time.seconds) + Double(time.attoseconds) * 1e-18)
}

let load = "heart, 10,000 queued, 100 running"
for _ in 0..<runs {
    var ledger = LedgerLoad(queued: 10_000, running: 100)
    ledger.fill()
    var start = ContinuousClock.now
    report("\(load): ledger", "events/s", rate(ledger.run(rounds: 100_000), start))

    var shares = LedgerLoad(queued: 10_000, running: 100, sizes: 7)
    shares.fill()
    start = .now
    report("\(load): ledger, claims of 1 to 7 cores", "events/s", rate(shares.run(rounds: 50_000), start))

    for parties in [1, 3] {
        var site = SiteLoad(queued: 10_000, running: 100, parties: parties)
        site.fill()
        start = .now
        let done = site.run(jobs: 5_000)
        let name = "\(load): jobs with \(parties == 1 ? "1 party" : "\(parties) parties")"
        report(name, "events/s", rate(done.events, start))
        report("\(name), whole", "jobs/s", rate(done.jobs, start))
    }
}
