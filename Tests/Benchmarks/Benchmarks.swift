import Foundation

/// `make bench`: prints a table and writes it as JSON. NORN_STAGE names the staged tree whose binaries are measured.
/// Usage: norn-bench [--output FILE] [--only start|site|federated|schedule|queue|query|hostile|heart|crypto|engines|kit]
@main struct Benchmarks {
    private static let parts = [
        "start", "site", "federated", "schedule", "queue", "query", "hostile", "heart", "crypto", "engines", "kit",
    ]

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let output = value(of: "--output", in: arguments)
        let only = value(of: "--only", in: arguments)
        guard let stage = ProcessInfo.processInfo.environment["NORN_STAGE"].map({ URL(filePath: $0) }) else {
            fail("NORN_STAGE does not name a staged tree: run make bench")
        }
        let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        print(Measurement.heading)
        var all: [Measurement] = []
        do {
            for part in parts where only == nil || only == part {
                let results =
                    switch part {
                    case "start": try await StartBenchmarks(stage: stage).run()
                    case "site": try await SiteBenchmarks(stage: stage).run()
                    case "federated": try await FederatedBenchmarks(stage: stage).run()
                    case "schedule": try await ScheduleBenchmarks(stage: stage).run()
                    case "queue": try await QueueBenchmarks(stage: stage).run()
                    case "query": try await QueryBenchmarks(stage: stage).run()
                    case "hostile": try await HostileBenchmarks(stage: stage, programs: programs).run()
                    case "heart": try ProgramBenchmarks.run("heart-bench", beside: programs)
                    case "crypto": try ProgramBenchmarks.run("crypto-bench", beside: programs)
                    case "engines": try ProgramBenchmarks.run("engine-bench", beside: programs)
                    default: try ProgramBenchmarks.run("kit-bench", beside: programs)
                    }
                for result in results { print(result.line) }
                fflush(nil)
                all += results
            }
            if let output {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                try encoder.encode(all).write(to: URL(filePath: output))
            }
        } catch {
            fail("\(error)")
        }
    }

    private static func value(of option: String, in arguments: [String]) -> String? {
        guard let place = arguments.firstIndex(of: option), place + 1 < arguments.count else { return nil }
        return arguments[place + 1]
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("norn-bench: \(message)\n".utf8))
        exit(1)
    }
}
