// What the modules call of the mathematical library is linked with it.
import Glibc

/// The heart alone, without store, network or workers: how many events a second its step functions take. Prints a JSON
/// line {"name", "unit", "value"} for every run.
///
/// Usage: heart-bench [RUNS [ledger|shares|jobs]]
let arguments = CommandLine.arguments.dropFirst()
let runs = arguments.first.flatMap { Int($0) } ?? 3
let only = arguments.dropFirst().first

func report(_ name: String, _ unit: String, _ value: Double) {
    print("{\"name\": \"\(name)\", \"unit\": \"\(unit)\", \"value\": \(value.rounded())}")
}

/// How many a second.
func rate(_ count: Int, _ start: ContinuousClock.Instant) -> Double {
    let time = start.duration(to: .now).components
    return Double(count) / (Double(time.seconds) + Double(time.attoseconds) * 1e-18)
}

let load = "heart, 10,000 queued, 100 running"

func measureLedger(_ name: String, sizes: Int, rounds: Int) {
    var ledger = LedgerLoad(queued: 10_000, running: 100, sizes: sizes)
    ledger.fill()
    let start = ContinuousClock.now
    report("\(load): \(name)", "events/s", rate(ledger.run(rounds: rounds), start))
}

func measureJobs(parties: Int) {
    var site = SiteLoad(queued: 10_000, running: 100, parties: parties)
    site.fill()
    let start = ContinuousClock.now
    let done = site.run(jobs: 5_000)
    let name = "\(load): jobs with \(parties == 1 ? "1 party" : "\(parties) parties")"
    report(name, "events/s", rate(done.events, start))
    report("\(name), whole", "jobs/s", rate(done.jobs, start))
}

for _ in 0..<runs {
    if only == nil || only == "ledger" { measureLedger("ledger", sizes: 1, rounds: 100_000) }
    if only == nil || only == "shares" { measureLedger("ledger, claims of 1 to 7 cores", sizes: 7, rounds: 50_000) }
    if only == nil || only == "jobs" { for parties in [1, 3] { measureJobs(parties: parties) } }
}
