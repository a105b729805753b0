/// How a value is written as text.
public struct JSONStyle: Sendable {
    /// Spaces for each level; nil writes all on one line without spaces.
    public var indent: Int?
    /// Members sorted by name, so that equal values give equal text.
    public var sortsKeys: Bool

    public init(indent: Int? = nil, sortsKeys: Bool = false) {
        self.indent = indent
        self.sortsKeys = sortsKeys
    }

    public static let compact = JSONStyle()
    public static let pretty = JSONStyle(indent: 2)
    public static let canonical = JSONStyle(sortsKeys: true)
}

extension JSON: CustomStringConvertible {
    /// The compact text.
    public var description: String { text() }

    /// Writes the value. A double that is not finite has no form in JSON and is written as null.
    public func text(_ style: JSONStyle = .compact) -> String {
        var printer = JSONPrinter(style: style)
        printer.write(self, level: 0)
        return printer.text
    }
}

private struct JSONPrinter {
    let style: JSONStyle
    var text = ""

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): write(value)
        case .array(let elements):
            writeList("[", "]", elements, level: level) { printer, element in printer.write(element, level: level + 1) }
        case .object(let object):
            let members = style.sortsKeys ? object.members.sorted { $0.key < $1.key } : object.members
            writeList("{", "}", members, level: level) { printer, member in
                printer.write(member.key)
                printer.text += printer.style.indent == nil ? ":" : ": "
                printer.write(member.value, level: level + 1)
            }
        }
    }

    mutating func writeList<Element>(
        _ open: String, _ close: String, _ elements: [Element], level: Int, each: (inout JSONPrinter, Element) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            breakLine(level: level + 1)
            each(&self, element)
        }
        if !elements.isEmpty { breakLine(level: level) }
        text += close
    }

    mutating func breakLine(level: Int) {
        guard let indent = style.indent else { return }
        text += "\n" + String(repeating: " ", count: indent * level)
    }

    mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
