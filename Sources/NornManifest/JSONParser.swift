/// What can grow in a JSON text. A text beyond a limit is refused before it costs more.
public struct JSONLimits: Sendable {
    /// Bytes of UTF-8 text.
    public var bytes: Int
    /// Arrays and objects inside one another.
    public var depth: Int

    public init(bytes: Int = 16 * 1024 * 1024, depth: Int = 64) {
        self.bytes = bytes
        self.depth = depth
    }
}

/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case syntax, tooLarge, tooDeep, duplicateKey, badNumber, badText
    }

    public let code: Code
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// From 1.
    public let line: Int
    /// From 1, in bytes of UTF-8.
    public let column: Int
    /// The place in the value, such as `components[2].name`; empty at the root.
    public let path: String

    public var description: String {
        "line \(line), column \(column)\(path.isEmpty ? "" : ", at \(path)"): \(message)"
    }
}

extension JSON {
    /// Reads one JSON text.
    /// - Throws: `JSONError` with line, column and path. Duplicate member names, trailing text, comments, lone
    ///   surrogates, NaN and numbers beyond a double are refused.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// Reads one JSON text from UTF-8 bytes.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, limits: limits)
        self = try parser.parseDocument()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    var path: [String] = []

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseDocument() throws(JSONError) -> JSON {
        guard bytes.count <= limits.bytes else {
            throw failure(.tooLarge, "the text has \(bytes.count) bytes, more than the \(limits.bytes) allowed")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipSpace()
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure(.syntax, "there is more text after the value") }
        return value
    }

    func failure(_ code: JSONError.Code, _ message: String, at place: Int? = nil) -> JSONError {
        let end = min(place ?? position, bytes.count)
        var line = 1
        var lineStart = 0
        for index in 0..<end where bytes[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        return JSONError(
            code: code, message: message, line: line, column: end - lineStart + 1, path: JSONPath.text(path))
    }

    mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func parseValue(depth: Int) throws(JSONError) -> JSON {
        guard let byte = next else { throw failure(.syntax, "the text ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try parseObject(depth: depth + 1)
        case UInt8(ascii: "["): return try parseArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw failure(.syntax, "a value is expected here")
        }
    }

    mutating func parseWord(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let text = Array("\(word)".utf8)
        guard bytes[position...].starts(with: text) else { throw failure(.syntax, "a value is expected here") }
        position += text.count
        return value
    }

    func checkDepth(_ depth: Int) throws(JSONError) {
        guard depth <= limits.depth else {
            throw failure(.tooDeep, "values are nested deeper than \(limits.depth) levels")
        }
    }

    mutating func parseArray(depth: Int) throws(JSONError) -> JSON {
        try checkDepth(depth)
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            path.append("[\(elements.count)]")
            skipSpace()
            elements.append(try parseValue(depth: depth))
            path.removeLast()
            skipSpace()
            switch next {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(elements)
            default: throw failure(.syntax, "a comma or ] is expected here")
            }
        }
    }

    mutating func parseObject(depth: Int) throws(JSONError) -> JSON {
        try checkDepth(depth)
        position += 1
        var object = JSONObject()
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object(object)
        }
        while true {
            skipSpace()
            let keyStart = position
            guard next == UInt8(ascii: "\"") else { throw failure(.syntax, "a member name in quotes is expected here") }
            let key = try parseString()
            path.append(key)
            guard object[key] == nil else {
                throw failure(.duplicateKey, "the member \"\(key)\" is there twice", at: keyStart)
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw failure(.syntax, "a colon is expected here") }
            position += 1
            skipSpace()
            object[key] = try parseValue(depth: depth)
            path.removeLast()
            skipSpace()
            switch next {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(object)
            default: throw failure(.syntax, "a comma or } is expected here")
            }
        }
    }

    mutating func parseNumber() throws(JSONError) -> JSON {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        let wholeDigits = skipDigits()
        guard wholeDigits > 0, wholeDigits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw failure(.badNumber, "this is not a number as JSON writes them", at: start)
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() > 0 else { throw failure(.badNumber, "digits are expected after the point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw failure(.badNumber, "digits are expected in the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else {
            throw failure(.badNumber, "the number is beyond what a double holds", at: start)
        }
        return .double(value)
    }

    mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure(.badText, "the text is not UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: try parseEscape())
            case 0x00..<0x20: throw failure(.badText, "a control character must be escaped", at: position - 1)
            default: text.append(byte)
            }
        }
        throw failure(.syntax, "the text ends inside a string")
    }

    mutating func parseEscape() throws(JSONError) -> [UInt8] {
        guard let byte = next else { throw failure(.syntax, "the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try parseEscapedScalar()).utf8)
        default: throw failure(.badText, "this escape is not one of JSON's", at: position - 1)
        }
    }

    mutating func parseEscapedScalar() throws(JSONError) -> Character {
        let first = try parseFourHexDigits()
        var code = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            guard bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                throw failure(.badText, "half of a surrogate pair is missing")
            }
            position += 2
            let second = try parseFourHexDigits()
            guard (0xDC00..<0xE000).contains(second) else {
                throw failure(.badText, "half of a surrogate pair is missing")
            }
            code = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw failure(.badText, "half of a surrogate pair is missing")
        }
        return Character(scalar)
    }

    mutating func parseFourHexDigits() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure(.badText, "four hexadecimal digits are expected") }
        var code: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure(.badText, "four hexadecimal digits are expected")
            }
            code = code << 4 | UInt16(digit)
        }
        position += 4
        return code
    }
}

/// How a place in a value is written: `components[2].name`.
public enum JSONPath {
    /// Joins steps; a step is a member name or `[index]`.
    public static func text(_ steps: [String]) -> String {
        steps.reduce(into: "") { text, step in text = text.isEmpty ? step : joined(text, step) }
    }

    /// The place of a member or `[index]` below a place.
    public static func joined(_ path: String, _ step: String) -> String {
        if path.isEmpty { return step }
        return step.hasPrefix("[") ? path + step : path + "." + step
    }

    /// The place of an element below a place.
    public static func joined(_ path: String, _ index: Int) -> String { "\(path)[\(index)]" }
}
