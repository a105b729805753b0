import Foundation

/// Blocking IPv4 sockets inside a network namespace.
enum TCPSocket {
    /// A listener on a free port unless one is said.
    static func listen(
        in namespace: String?, address: String, port: UInt16 = 0
    ) throws -> (descriptor: Int32, port: UInt16) {
        try NamespaceThread.run(in: namespace) {
            let descriptor = try make()
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            let bound = withAddress(address, port) { bind(descriptor, $0, $1) }
            guard bound == 0, Glibc.listen(descriptor, 128) == 0 else { throw failure("listen", address, descriptor) }
            var name = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return (descriptor, UInt16(bigEndian: name.sin_port))
        }
    }

    /// A connection; reads and writes on it fail after so many seconds, and so does connecting.
    static func connect(in namespace: String?, address: String, port: UInt16, seconds: Int) throws -> Int32 {
        try NamespaceThread.run(in: namespace) {
            let descriptor = try make()
            setTimeout(descriptor, seconds: seconds)
            guard withAddress(address, port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
                throw failure("connect", "\(address):\(port)", descriptor)
            }
            return descriptor
        }
    }

    static func setTimeout(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, length)
    }

    /// Closing then tells the other side by a reset.
    static func setReset(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Writes all; false when the connection is gone.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FaultFailure("no socket: \(String(cString: strerror(errno)))") }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func withAddress<Value>(
        _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func failure(_ what: String, _ where_: String, _ descriptor: Int32) -> FaultFailure {
        let reason = String(cString: strerror(errno))
        close(descriptor)
        return FaultFailure("\(what) \(where_): \(reason)")
    }
}
