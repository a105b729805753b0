import Foundation

/// Tables of the benchmarks, made here: the same ones each time.
struct BenchmarkTables {
    static let linesPerWrite = 50_000

    let site: SiteProcess
    let folder: URL

    /// Rows of an id and a number.
    func ids(_ count: Int, from first: Int, name: String, party: String) async throws {
        try await upload(name, party, header: "id,x0", rows: count) { "\(first + $0),\($0 % 7)" }
    }

    func breastInColumns() async throws {
        for (name, party) in [("breast_guest", "9999"), ("breast_host", "10000")] {
            try await site.calls.upload(example("\(name).csv"), name: name, party: party)
        }
    }

    /// The guest's columns of the breast data, every other row at another party.
    func breastInRows() async throws {
        let lines = try String(contentsOf: example("breast_guest.csv"), encoding: .utf8).split(separator: "\n")
        for (place, (name, party)) in [("breast_rows_guest", "9999"), ("breast_rows_host", "10000")].enumerated() {
            let rows = lines.dropFirst().enumerated().filter { $0.offset % 2 == place }.map { String($0.element) }
            try await upload(name, party, header: String(lines[0]), rows: rows.count) { rows[$0] }
        }
    }

    /// Of the size of FATE's default_credit: a label, numbers with many values and numbers with few.
    func credit(rows: Int, guestColumns: Int, hostColumns: Int) async throws {
        var chance = Chance(state: 20_261_127)
        func names(_ count: Int) -> String { (0..<count).map { "x\($0)" }.joined(separator: ",") }
        func values(_ count: Int) -> String {
            (0..<count).map { column in
                let value = chance.next()
                return column % 3 == 0 ? "\(Int(value * 12))" : String(format: "%.4f", value * 1000)
            }.joined(separator: ",")
        }
        try await upload("credit_guest", "9999", header: "id,y,\(names(guestColumns))", rows: rows) {
            "\($0),\(chance.next() < 0.22 ? 1 : 0),\(values(guestColumns))"
        }
        try await upload("credit_host", "10000", header: "id,\(names(hostColumns))", rows: rows) {
            "\($0),\(values(hostColumns))"
        }
    }

    private func example(_ name: String) -> URL { site.stage.appending(path: "share/norn/examples/\(name)") }

    private func upload(
        _ name: String, _ party: String, header: String, rows: Int, _ row: (Int) -> String
    ) async throws {
        let file = folder.appending(path: "\(name).csv")
        if !FileManager.default.fileExists(atPath: file.path) {
            var text = header + "\n"
            for index in 0..<rows { text += row(index) + "\n" }
            try Data(text.utf8).write(to: file)
        }
        try await site.calls.upload(file, name: name, party: party)
    }
}

/// Numbers that look random and are the same in each run (a linear congruential generator with Knuth's constants for 64
/// bits: The Art of Computer Programming, volume 2, section 3.3.4).
private struct Chance {
    var state: UInt64

    /// From 0 to below 1.
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
}
