import NIOCore
import NornSite

/// Reads a body of `multipart/form-data` (RFC 7578) piece by piece: the content of each part is handed on as it comes.
struct MultipartReader {
    static let headerBytesMaximum = 16_384
    static let boundaryBytesMaximum = 70
    static let partsMaximum = 64

    enum Event {
        /// A part begins: the name of its field, and of its file.
        case begin(name: String, file: String?)
        case content([UInt8])
        case end
    }

    private enum State {
        case preamble, headers, content, done
    }

    private let delimiter: [UInt8]
    private var state = State.preamble
    private var pending: [UInt8]
    private var parts = 0

    static func isMultipart(_ contentType: String?) -> Bool {
        contentType?.lowercased().hasPrefix("multipart/") == true
    }

    /// - Parameter contentType: of the request.
    /// - Throws: where it is not `multipart/form-data` with a boundary.
    init(contentType: String?) throws {
        let fields = (contentType ?? "").split(separator: ";").map { $0.drop { $0 == " " } }
        let boundary = fields.dropFirst().first { $0.lowercased().hasPrefix("boundary=") }?.dropFirst("boundary=".count)
        let bare = boundary.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : String($0) } ?? ""
        guard fields.first?.lowercased() == "multipart/form-data", !bare.isEmpty,
            bare.utf8.count <= Self.boundaryBytesMaximum
        else {
            throw SiteError.invalid("The body is not multipart/form-data with a boundary", field: "Content-Type")
        }
        delimiter = Array("\r\n--\(bare)".utf8)
        // The first boundary stands at the very beginning, without a line's end before it.
        pending = [13, 10]
    }

    /// Takes the next piece of the body.
    mutating func read(_ piece: some Sequence<UInt8>, _ handle: (Event) throws -> Void) throws {
        pending += piece
        while try step(handle) {}
    }

    /// - Throws: when the body ended before its last boundary.
    func finish() throws {
        guard case .done = state else {
            throw SiteError("body_cut_off", "The body ends before its last boundary", hint: "Send it again")
        }
    }

    /// Whether there may be more to do with what is pending.
    private mutating func step(_ handle: (Event) throws -> Void) throws -> Bool {
        switch state {
        case .done:
            pending = []
            return false
        case .preamble: return try boundary { _ in }
        case .headers:
            guard let end = Self.find([13, 10, 13, 10], in: pending) else {
                guard pending.count <= Self.headerBytesMaximum else {
                    throw Self.malformed("a part's header is too long")
                }
                return false
            }
            let header = String(decoding: pending[..<end], as: UTF8.self)
            try handle(Self.beginning(header))
            pending.removeFirst(end + 4)
            state = .content
            return true
        case .content:
            return try boundary { content in
                if !content.isEmpty { try handle(.content(Array(content))) }
            } atEnd: {
                try handle(.end)
            }
        }
    }

    /// Hands on what stands before the next boundary, or, where that is not in sight, all that cannot be a part of it.
    private mutating func boundary(
        _ content: (ArraySlice<UInt8>) throws -> Void, atEnd: () throws -> Void = {}
    ) throws -> Bool {
        guard let start = Self.find(delimiter, in: pending) else {
            let kept = min(delimiter.count - 1, pending.count)
            try content(pending[..<(pending.count - kept)])
            pending.removeFirst(pending.count - kept)
            return false
        }
        let after = start + delimiter.count
        guard pending.count >= after + 2 else {
            try content(pending[..<start])
            pending.removeFirst(start)
            return false
        }
        try content(pending[..<start])
        try atEnd()
        let isLast = pending[after] == 45 && pending[after + 1] == 45
        guard isLast || (pending[after] == 13 && pending[after + 1] == 10) else {
            throw Self.malformed("a boundary is not followed by a line's end")
        }
        pending.removeFirst(after + 2)
        parts += 1
        guard parts <= Self.partsMaximum else { throw Self.malformed("it has more than \(Self.partsMaximum) parts") }
        state = isLast ? .done : .headers
        return true
    }

    private static func beginning(_ header: String) -> Event {
        var name = ""
        var file: String?
        for line in header.split(separator: "\r\n") where line.lowercased().hasPrefix("content-disposition:") {
            for field in line.split(separator: ";").dropFirst() {
                let parts = field.split(separator: "=", maxSplits: 1).map { $0.trimmed }
                guard parts.count == 2 else { continue }
                let value = parts[1].hasPrefix("\"") ? String(parts[1].dropFirst().dropLast()) : parts[1]
                if parts[0] == "name" { name = value }
                if parts[0] == "filename" { file = value }
            }
        }
        return .begin(name: name, file: file)
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= needle.count, let first = needle.first else { return nil }
        var start = 0
        let last = bytes.count - needle.count
        return bytes.withUnsafeBufferPointer { bytes in
            while start <= last {
                guard let at = bytes[start...last].firstIndex(of: first) else { return nil }
                if bytes[at..<(at + needle.count)].elementsEqual(needle) { return at }
                start = at + 1
            }
            return nil
        }
    }

    private static func malformed(_ why: String) -> SiteError {
        SiteError.invalid("The body is not well-formed multipart/form-data: \(why)", field: "body")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
