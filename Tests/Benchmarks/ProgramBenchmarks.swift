import Foundation

/// Benchmarks that are programs of their own: each prints a JSON line {"name", "unit", "value"} for every run.
enum ProgramBenchmarks {
    /// By the names that the programs print.
    static let targets: [String: Target] = [
        "heart, 10,000 queued, 100 running: ledger": .atLeast(100_000),
        "heart, 10,000 queued, 100 running: ledger, claims of 1 to 7 cores": .atLeast(100_000),
        "heart, 10,000 queued, 100 running: jobs with 1 party": .atLeast(100_000),
        "heart, 10,000 queued, 100 running: jobs with 3 parties": .atLeast(100_000),
        "Paillier-2048, one core: encrypt": .atLeast(1800),
        "Paillier-2048, one core: decrypt": .atLeast(500),
        "X25519, one core: multiply": .atLeast(33_000),
        "ABI, batches of 65,536 rows: a C kernel's step, over a direct loop": .atMost(2),
        "standalone, 1M rows, 4 partitions, sealed: map, C kernel": .atLeast(8_000_000),
        "standalone, 1M rows, 4 partitions, sealed: join, C kernel": .atLeast(5_000_000),
        "standalone, 1M rows, 4 partitions, sealed: reduce, C kernel": .atLeast(20_000_000),
        "local, 1M rows, 4 partitions, sealed: map, C kernel": .atLeast(40_000_000),
        "local, 1M rows, 4 partitions, sealed: mapValues, Swift closure": .atLeast(10_000_000),
    ]

    private struct Line: Decodable {
        let name: String
        let unit: String
        let value: Double
    }

    /// What a program prints.
    static func output(of program: URL, _ arguments: [String] = []) throws -> String {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkFailure("\(program.lastPathComponent) ended with status \(process.terminationStatus)")
        }
        return String(decoding: output, as: UTF8.self)
    }

    static func run(_ program: String, beside folder: URL) throws -> [Measurement] {
        let output = Data(try output(of: folder.appending(path: program)).utf8)
        var order: [String] = []
        var values: [String: (unit: String, values: [Double])] = [:]
        for text in output.split(separator: UInt8(ascii: "\n")) where text.first == UInt8(ascii: "{") {
            let line = try JSONDecoder().decode(Line.self, from: Data(text))
            if values[line.name] == nil { order.append(line.name) }
            values[line.name, default: (line.unit, [])].values.append(line.value)
        }
        return order.compactMap { name in
            values[name].map { Measurement(name, unit: $0.unit, values: $0.values, target: targets[name]) }
        }
    }
}
