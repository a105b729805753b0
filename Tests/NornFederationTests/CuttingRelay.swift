import Foundation
import Glibc
import Synchronization

/// A TCP relay on loopback that cuts each of its first connections after some bytes from the server.
final class CuttingRelay: Sendable {
    let port: Int
    private let listener: Int32
    private let target: Int
    private let cutAfterBytes: Int
    private let cutsLeft: Mutex<Int>

    var cuts: Int { cutsLeft.withLock { first - $0 } }
    private let first: Int

    init(to target: Int, cutAfterBytes: Int, cuts: Int) throws {
        self.target = target
        self.cutAfterBytes = cutAfterBytes
        first = cuts
        cutsLeft = Mutex(cuts)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let isBound = bind(listener, generic, length) == 0 && listen(listener, 16) == 0
                return isBound && getsockname(listener, generic, &length) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(port: target)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                close(client)
                close(server)
                continue
            }
            let cuts = cutsLeft.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
            Thread.detachNewThread { [self] in pump(from: client, to: server, limit: Int.max) }
            Thread.detachNewThread { [self] in pump(from: server, to: client, limit: cuts ? cutAfterBytes : Int.max) }
        }
    }

    /// Copies until an end or the limit, then ends both directions. The descriptors stay open until the test ends, so
    /// that no number is used twice under the other thread.
    private func pump(from source: Int32, to sink: Int32, limit: Int) {
        var buffer = [UInt8](repeating: 0, count: 16384)
        var total = 0
        while total < limit {
            let count = read(source, &buffer, buffer.count)
            guard count > 0, send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
            total += count
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }
}
