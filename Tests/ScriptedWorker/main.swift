import Glibc
import NornLinux
import NornManifest

// A stand-in for norn-worker: it reads the start message and then does what the component's name says.

struct Channel {
    func send(_ message: CBOR, file: Int32 = -1) {
        let bytes = message.encoded()
        while norn_linux_send(NORN_LINUX_CHANNEL_FD, bytes, bytes.count, file) == -Int(EAGAIN) { usleep(500) }
    }

    /// Waits for a packet; nil when the site has gone.
    func receive() -> (message: CBOR, file: Int32)? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            var entry = pollfd(fd: NORN_LINUX_CHANNEL_FD, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
            var file: Int32 = -1
            let count = norn_linux_receive(NORN_LINUX_CHANNEL_FD, &buffer, 65536, &file)
            if count == -Int(EAGAIN) { continue }
            guard count > 0, let message = try? CBOR(decoding: buffer[0..<count]) else { return nil }
            return (message, file)
        }
    }

    func answer(to call: CBOR, file: Int32 = -1) -> (message: CBOR, file: Int32) {
        send(call, file: file)
        guard let answer = receive() else { exit(71) }
        return answer
    }

    func end(_ status: Int = 0, _ message: String = "") -> Never {
        send(["call": "usage", "peak_memory_bytes": 1_000_000, "cpu_milliseconds": 7])
        send([
            "call": "end", "status": .int(status),
            "error": ["code": .int(status), "flags": 2, "domain": "script", "message": .text(message)],
        ])
        exit(0)
    }

    func contents(_ file: Int32, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(file, &bytes, count, 0) == count ? bytes : []
    }
}

let channel = Channel()
guard var start = channel.receive() else { exit(71) }
if let count = start.message["payload"]?.asInt {
    guard let whole = try? CBOR(decoding: channel.contents(start.file, count)) else { exit(70) }
    start.message = whole
}
if start.message["mode"] == "describe" {
    let path = start.message["component_plugin"]?["path"]?.asText ?? ""
    if path.hasSuffix("hangs") { while true { sleep(10) } }
    channel.send(["call": "described", "bytes": .bytes(Array(path.utf8))])
    channel.end()
}

let attempt = start.message["attempt"]
switch attempt?["component"]?.asText ?? "" {
case "tells":
    channel.send(["call": "phase", "phase": "running"])
    channel.send(["call": "log", "level": 1, "text": "first"])
    channel.send(["call": "metric", "bytes": .bytes([1])])
    channel.send(["call": "progress", "done": 1, "total": 2, "text": "half"])
    channel.send(["call": "summary", "bytes": .bytes([2])])
    channel.send(["call": "model", "name": "weights", "bytes": .bytes([3])])
    channel.send(["call": "log", "level": 2, "text": "last"])
    print("printed by the component")
    fflush(nil)
    channel.end()
case "tells much":
    let file = norn_linux_sealed_memory("metric", [UInt8](repeating: 9, count: 100_000), 100_000)
    channel.send(["call": "metric", "payload": 100_000], file: file)
    channel.end()
case "fails": channel.end(3, "column y is not a number")
case "echoes":
    // Sends what its parameters hold, takes it back and sends that on to another party.
    let post = channel.answer(to: ["call": "post", "id": 1, "name": "n", "tag": "t", "role": "host", "party": "1"])
    let ticket = post.message["ticket"] ?? 0
    _ = channel.answer(to: ["call": "wait", "id": 2, "tickets": [ticket], "mode": 2, "timeout_milliseconds": 5000])
    let taken = channel.answer(to: ["call": "take", "id": 3, "ticket": ticket])
    var send: [String: CBOR] = [
        "call": "send", "id": 4, "name": "echo", "tag": "t", "role": "host", "party": "1", "table": false,
    ]
    send["payload"] = taken.message["payload"]
    send["bytes"] = taken.message["bytes"]
    let sent = channel.answer(to: .map(send), file: taken.file)
    channel.end(sent.message["status"]?.asInt ?? 13, sent.message["error"]?["message"]?.asText ?? "")
case "crashes":
    var name = Array("federation.take".utf8) + [0]
    var magic: UInt64 = 0x3158_4f42_4e52_4f4e
    var phase: UInt32 = 5
    pwrite(NORN_LINUX_BLACK_BOX_FD, &magic, 8, 0)
    pwrite(NORN_LINUX_BLACK_BOX_FD, &phase, 4, 8)
    pwrite(NORN_LINUX_BLACK_BOX_FD, &name, name.count, 320)
    channel.send(["call": "phase", "phase": "running"])
    signal(SIGSEGV, SIG_DFL)
    kill(getpid(), SIGSEGV)
    sleep(10)
case "babbles":
    _ = norn_linux_send(NORN_LINUX_CHANNEL_FD, [0xFF, 0xFF, 0xFF], 3, -1)
    sleep(10)
case "unsealed":
    let file = norn_linux_memory_file("open", 100_000)
    channel.send(
        [
            "call": "send", "id": 1, "name": "n", "tag": "t", "role": "host", "party": "1", "table": false,
            "payload": 100_000,
        ], file: file)
    sleep(10)
case "stops":
    channel.send(["call": "phase", "phase": "running"])
    guard let order = channel.receive(), order.message["do"] == "cancel" else { exit(70) }
    channel.end(1, "stopped for reason \(order.message["reason"]?.asInt ?? 0)")
case "ignores":
    signal(SIGTERM, SIG_IGN)
    channel.send(["call": "phase", "phase": "running"])
    while true { sleep(10) }
case "waits":
    channel.send(["call": "wait", "id": 1, "tickets": [1], "mode": 1, "timeout_milliseconds": .null])
    usleep(20_000)
    channel.end()
case "ends unread":
    // Its end comes while an answer of the site still waits to be read.
    channel.send(["call": "post", "id": 1, "name": "n", "tag": "t", "role": "host", "party": "1"])
    var answer = pollfd(fd: NORN_LINUX_CHANNEL_FD, events: Int16(POLLIN), revents: 0)
    _ = poll(&answer, 1, -1)
    channel.send(["call": "log", "level": 1, "text": "last words"])
    channel.end(3, "enough")
case "shows":
    // The world that it was given, one line each.
    var open: [String] = []
    for descriptor in Int32(0)..<64 where fcntl(descriptor, F_GETFD) >= 0 { open.append(String(descriptor)) }
    var folder = [CChar](repeating: 0, count: 4096)
    getcwd(&folder, folder.count)
    let path = String(decoding: folder.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    print(open.joined(separator: " "))
    print(path)
    print(getpgrp() == getpid())
    print(CommandLine.arguments.joined(separator: " "))
    fflush(nil)
    channel.end()
case "leaves a child":
    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
    posix_spawn(&child, "/bin/sleep", nil, nil, &arguments, nil)
    channel.send(["call": "log", "level": 1, "text": .text(String(child))])
    channel.end()
case "leaves an order":
    // Goes with an order unread, and much that it said still on its way.
    channel.send(["call": "phase", "phase": "running"])
    var entry = pollfd(fd: NORN_LINUX_CHANNEL_FD, events: Int16(POLLIN), revents: 0)
    _ = poll(&entry, 1, -1)
    for number in 0..<2000 { channel.send(["call": "log", "level": 0, "text": .text(String(number))]) }
    channel.end()
case "floods":
    for number in 0..<5000 { channel.send(["call": "log", "level": 0, "text": .text(String(number))]) }
    channel.end()
default: exit(70)
}
