import NornKit

/// Rows that name their features: `label index:value …` (svmlight), or tags with or without a value.
struct SparseText {
    private let plan: TextPlan

    init(_ plan: TextPlan) { self.plan = plan }

    /// Match id and label come first.
    private var leading: Int { (plan.hasMatchID ? 1 : 0) + (plan.hasLabel ? 1 : 0) }

    /// The fields before the features.
    func lead(_ line: UnsafeRawBufferPointer) -> Fields { Fields(line: line, delimiter: plan.delimiter) }

    /// Calls `body` with name and value of each feature; no value for a tag that has none.
    func forEachFeature(
        _ line: UnsafeRawBufferPointer,
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) throws -> Void
    ) throws {
        let delimiter = plan.format == .sparse ? UInt8(ascii: ":") : plan.tagDelimiter
        for (place, field) in lead(line).enumerated() where place >= leading && !field.isEmpty {
            guard let delimiter else {
                try body(field, nil)
                continue
            }
            guard let cut = field.firstIndex(of: delimiter) else {
                throw Self.refusal(
                    "a feature of a row has no \"\(Character(UnicodeScalar(delimiter)))\" before its value")
            }
            let name = NumberText.trimmed(UnsafeRawBufferPointer(rebasing: field[..<cut]))
            let value = NumberText.trimmed(UnsafeRawBufferPointer(rebasing: field[(cut + 1)...]))
            try body(name, value)
        }
    }

    /// An index of svmlight text, from 0.
    static func index(_ name: UnsafeRawBufferPointer) throws -> Int {
        var index = 0
        for byte in name {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, index < SparseHeader.mostColumns else {
                throw refusal("a feature's index is not a number from 0 to \(SparseHeader.mostColumns)")
            }
            index = index * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard !name.isEmpty else { throw refusal("a feature has no index") }
        return index
    }

    static func refusal(_ message: String) -> ComponentError {
        ComponentError(.invalidArgument, field: "data", message, fault: .user)
    }

    /// The trimmed fields of a line, lent.
    struct Fields: Sequence, IteratorProtocol {
        let line: UnsafeRawBufferPointer
        let delimiter: UInt8
        private var start: Int?

        init(line: UnsafeRawBufferPointer, delimiter: UInt8) {
            self.line = line
            self.delimiter = delimiter
            start = 0
        }

        mutating func next() -> UnsafeRawBufferPointer? {
            guard let from = start else { return nil }
            let end = line[from...].firstIndex(of: delimiter) ?? line.endIndex
            start = end < line.endIndex ? end + 1 : nil
            return NumberText.trimmed(UnsafeRawBufferPointer(rebasing: line[from..<end]))
        }
    }
}
