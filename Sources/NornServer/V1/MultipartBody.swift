import Hummingbird
import NIOCore
import NornSite

/// The parts of a request's body in order: fields first, as FATE's clients send them, then a file.
struct MultipartBody {
    static let fieldBytesMaximum = 65_536

    private var pieces: RequestBody.AsyncIterator
    private var reader: MultipartReader
    private var events: [MultipartReader.Event] = []
    private var isOver = false
    /// The fields that come before the file.
    private(set) var fields: [(name: String, value: String)] = []

    /// - Throws: for a body of another type, and for one whose fields are too long.
    init(_ request: Request) async throws {
        pieces = request.body.makeAsyncIterator()
        reader = try MultipartReader(contentType: request.headers[.contentType])
        try await readFields()
    }

    /// The fields as FATE's clients sign them: sorted, percent-encoded (RFC 3986), joined by `&`.
    var form: String {
        fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    }

    /// Hands on the content of the file of this field, and reads the body to its end.
    mutating func readFile(_ name: String, _ take: ([UInt8]) throws -> Void) async throws {
        var isOfFile = false
        var files = 0
        while let event = try await next() {
            switch event {
            case .begin(let field, _):
                isOfFile = field == name
                if isOfFile { files += 1 }
                guard files <= 1 else { throw SiteError.invalid("There is more than one file", field: name) }
            case .content(let bytes): if isOfFile { try take(bytes) }
            case .end: isOfFile = false
            }
        }
        guard files == 1 else { throw SiteError.invalid("The body has no part \"\(name)\"", field: name) }
    }

    private mutating func readFields() async throws {
        var bytes = 0
        var name: String?
        var value: [UInt8] = []
        while let event = try await next() {
            switch event {
            case .begin(let field, let file):
                guard file == nil else { return events.insert(event, at: 0) }
                name = field
                value = []
            case .content(let content):
                bytes += content.count
                guard bytes <= Self.fieldBytesMaximum else {
                    throw SiteError("body_too_large", "The fields before the file are too long", field: name)
                }
                value += content
            case .end:
                if let name { fields.append((name, String(decoding: value, as: UTF8.self))) }
                name = nil
            }
        }
    }

    private mutating func next() async throws -> MultipartReader.Event? {
        while events.isEmpty {
            guard !isOver else { return nil }
            guard let piece = try await pieces.next() else {
                isOver = true
                try reader.finish()
                return nil
            }
            var found: [MultipartReader.Event] = []
            try reader.read(piece.readableBytesView) { found.append($0) }
            events = found
        }
        return events.removeFirst()
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            let scalar = Unicode.Scalar(byte)
            let isUnreserved =
                (scalar.properties.isAlphabetic && scalar.isASCII) || (0x30...0x39).contains(byte)
                || "-._~".unicodeScalars.contains(scalar)
            let digits = String(byte, radix: 16, uppercase: true)
            encoded += isUnreserved ? String(scalar) : "%" + (digits.count == 1 ? "0" : "") + digits
        }
    }
}
