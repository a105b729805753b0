import Foundation

/// An answer of a site's API.
struct Answer {
    let status: Int
    let body: Any

    var isGood: Bool { (200..<300).contains(status) }
    var object: [String: Any] { body as? [String: Any] ?? [:] }
    var list: [[String: Any]] { body as? [[String: Any]] ?? [] }
}

/// One HTTP/1.1 call over a socket inside of a site's namespace, which no library's client can open.
enum HTTPCall {
    static let answerBytesMaximum = 64 << 20

    static func send(
        _ method: String, _ path: String, port: UInt16, namespace: String?, token: String, body: Data? = nil,
        type: String = "application/json", seconds: Int = 10
    ) throws -> Answer {
        let socket = try TCPSocket.connect(in: namespace, address: "127.0.0.1", port: port, seconds: seconds)
        defer { close(socket) }
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        head += "Authorization: Bearer \(token)\r\n"
        if let body { head += "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + Array(body ?? Data())
        guard TCPSocket.write(bytes[...], to: socket) else { throw FaultFailure("\(path): the site took no request") }
        return try parse(try read(socket, path), path)
    }

    private static func read(_ socket: Int32, _ path: String) throws -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while all.count < answerBytesMaximum {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FaultFailure("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return all }
            all += buffer[..<count]
        }
        throw FaultFailure("\(path): the answer is too long")
    }

    private static func parse(_ bytes: [UInt8], _ path: String) throws -> Answer {
        let text = Data(bytes)
        guard let end = text.range(of: Data("\r\n\r\n".utf8)),
            let head = String(data: text[..<end.lowerBound], encoding: .utf8),
            let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw FaultFailure("\(path): the connection ended before an answer") }
        var body = Data(text[end.upperBound...])
        if head.lowercased().contains("transfer-encoding: chunked") { body = try joined(body, path) }
        if let length = head.lowercased().firstMatch(of: #/content-length: *(\d+)/#).flatMap({ Int($0.1) }),
            body.count < length
        {
            throw FaultFailure("\(path): the answer was cut")
        }
        let value = try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
        return Answer(status: status, body: value ?? String(decoding: body, as: UTF8.self))
    }

    /// The chunks of a body without their sizes.
    private static func joined(_ body: Data, _ path: String) throws -> Data {
        var rest = body[...]
        var whole = Data()
        while let line = rest.range(of: Data("\r\n".utf8)),
            let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16)
        {
            if size == 0 { return whole }
            guard rest.endIndex - line.upperBound >= size + 2 else { break }
            whole += rest[line.upperBound..<line.upperBound + size]
            rest = rest[(line.upperBound + size + 2)...]
        }
        throw FaultFailure("\(path): the answer was cut")
    }
}
