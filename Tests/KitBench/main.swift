import NornKit
import NornTestHost

// Prints JSON lines {"name","unit","value"}, one for each run: Swift closures over tables, through the kit, the host and
// the engines as a worker has them.

let plugin = Plugin(id: "norn.bench", version: "0.1.0", components: [TableBench.self])

for engine in ["local", "standalone"] {
    let host = TestHost(plugin: plugin, engine: engine, partitions: TableBench.partitions, cores: 2)
    let run = try await host.run("TableBench", parties: [TestParty(.guest, "9999")])
    if let error = run[.guest].error { fatalError("the benchmark of \(engine) failed: \(error)") }
    for (what, seconds) in (run[.guest].summary.map ?? [:]).sorted(by: { $0.key < $1.key }) {
        let name = "\(engine), 1M rows, 4 partitions, sealed: \(what), Swift closure"
        for value in seconds.array?.compactMap(\.double) ?? [] {
            print("{\"name\":\"\(name)\",\"unit\":\"rows/s\",\"value\":\(Double(TableBench.rows) / value)}")
        }
    }
}
