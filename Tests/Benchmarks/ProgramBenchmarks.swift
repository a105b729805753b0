import Foundation

/// Benchmarks that are programs of their own: each prints a JSON line {"name", "unit", "value"} for every run.
enum ProgramBenchmarks {
    private struct Line: Decodable {
        let name: String
        let unit: String
        let value: Double
    }

    static func run(_ program: String, beside folder: URL) throws -> [Measurement] {
        let process = Process()
        process.executableURL = folder.appending(path: program)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkFailure("\(program) ended with status \(process.terminationStatus)")
        }
        var order: [String] = []
        var values: [String: (unit: String, values: [Double])] = [:]
        for text in output.split(separator: UInt8(ascii: "\n")) where text.first == UInt8(ascii: "{") {
            let line = try JSONDecoder().decode(Line.self, from: Data(text))
            if values[line.name] == nil { order.append(line.name) }
            values[line.name, default: (line.unit, [])].values.append(line.value)
        }
        return order.compactMap { name in
            values[name].map { Measurement(name, unit: $0.unit, values: $0.values) }
        }
    }
}
