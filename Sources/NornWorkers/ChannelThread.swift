import Glibc
import NornLinux
import NornManifest
import Synchronization

/// How a worker's process and its channel came to their end.
struct ChannelEnd: Sendable {
    var exit = norn_linux_exit()
    var status: StatusCode?
    var error: AttemptError?
    var usage: WorkerUsage?
    var described: [UInt8]?
    var violation: ChannelViolation?
    /// What the site ended it for.
    var refusal: AttemptError?
    var notStarted: AttemptError?
    /// The ladder of cancel had to use a signal.
    var wasKilled = false
    var wasCancelled = false
    var timedOut = false
    var isOutOfMemory = false
    var blackBox: BlackBox?
}

/// The thread of one worker: starts it, reads its channel and prints, sends it what the site says, climbs the ladder of
/// cancel, and takes its exit. It alone touches the process; everything here is confined to it.
struct ChannelThread: ~Copyable {
    /// From the worker's last word, or the end of its channel, to its exit.
    static let exitMilliseconds = 2000
    /// How often a process without a pidfd is looked at.
    static let fallbackPollMilliseconds = 20
    /// Packets read before the other descriptors get their turn.
    static let packetsPerTurn = 64
    /// Turns of prints that are still taken from a process that has ended: what a pipe holds, and more.
    static let lastPrintTurns = 8

    private enum Ladder {
        case running
        /// Told to stop; SIGTERM comes at this time.
        case cancelled(terminateAt: Int)
        /// SIGKILL comes at this time.
        case ending(killAt: Int)
        case killed
    }

    let process: WorkerProcess
    let mailbag: WorkerMailbag
    let deliver: @Sendable (WorkerCall) -> Void
    /// Monotonic milliseconds at which the worker has had its time; nil for no limit.
    let deadline: Int?
    var prints: PrintsFile
    var end = ChannelEnd()
    private var outgoing: ArraySlice<OutgoingPacket> = []
    private var packet = [UInt8](repeating: 0, count: OutgoingPacket.bytesLimit)
    private var ladder = Ladder.running
    private var channelIsOpen = true
    /// Until a packet cannot reach the worker any more; what it has said is read all the same.
    private var canSend = true
    private var wasReset = false
    private var printsAreOpen = true

    init(
        process: consuming WorkerProcess, mailbag: WorkerMailbag, prints: PrintsFile, deadline: Int?,
        deliver: @escaping @Sendable (WorkerCall) -> Void
    ) {
        self.process = process
        self.mailbag = mailbag
        self.prints = prints
        self.deadline = deadline
        self.deliver = deliver
    }

    /// Returns when the worker has ended and was reaped.
    consuming func serve() -> ChannelEnd {
        while true {
            let isPaused = takeMail()
            flush()
            climb(now: monotonicMilliseconds())
            wait(isPaused: isPaused)
            if !isPaused { receive(limit: Self.packetsPerTurn) }
            copyPrints()
            if process.hasEnded { break }
        }
        // What it said before it ended is still in the socket and the pipe.
        receive(limit: Int.max)
        for _ in 0..<Self.lastPrintTurns { copyPrints() }
        prints.finish()
        end.blackBox = BlackBox(descriptor: process.blackBox)
        end.exit = process.reap()
        end.isOutOfMemory = process.isOutOfMemory
        mailbag.state.withLock { state in
            state.isOver = true
            state.outgoing = []
        }
        return end
    }

    /// Takes what others posted; true when the worker must wait because the site is behind.
    private mutating func takeMail() -> Bool {
        let (packets, cancel, liveUntil, unhandled, refusal) = mailbag.state.withLock { state in
            defer {
                state.outgoing = []
                state.liveUntil = nil
            }
            return (state.outgoing, state.cancel, state.liveUntil, state.unhandled, state.refusal)
        }
        if let refusal, end.refusal == nil {
            end.refusal = refusal
            kill()
        }
        outgoing += packets
        if let liveUntil, let packet = try? OutgoingPacket(["do": "live", "until": .int(liveUntil)]) {
            outgoing.append(packet)
        }
        if outgoing.count > WorkerMailbag.outgoingLimit { violate(ChannelViolation("answers are not read")) }
        if let cancel { startCancel(cancel) }
        return unhandled >= WorkerMailbag.unhandledLimit
    }

    private mutating func startCancel(_ cancel: WorkerMailbag.Cancel) {
        switch ladder {
        case .running:
            if let packet = try? OutgoingPacket(["do": "cancel", "reason": .int(cancel.reason)]) {
                outgoing.append(packet)
            }
            ladder = .cancelled(terminateAt: cancel.terminateAt)
            end.wasCancelled = true
        case .cancelled(let terminateAt) where cancel.terminateAt < terminateAt:
            ladder = .cancelled(terminateAt: cancel.terminateAt)
        default: break
        }
    }

    private mutating func climb(now: Int) {
        if let deadline, now >= deadline, case .running = ladder {
            end.timedOut = true
            kill()
        }
        switch ladder {
        case .cancelled(let terminateAt) where now >= terminateAt:
            end.wasKilled = true
            process.signalGroup(SIGTERM)
            ladder = .ending(killAt: now + Workers.terminateMilliseconds)
        case .ending(let killAt) where now >= killAt:
            kill()
        default: break
        }
    }

    private mutating func kill() {
        if case .killed = ladder { return }
        process.signalGroup(SIGKILL)
        if end.wasCancelled { end.wasKilled = true }
        ladder = .killed
    }

    private mutating func violate(_ violation: ChannelViolation) {
        if end.violation == nil { end.violation = violation }
        kill()
    }

    /// The worker said its last word or closed its channel: it has a short time to exit.
    private mutating func expectExit() {
        switch ladder {
        case .running, .cancelled: ladder = .ending(killAt: monotonicMilliseconds() + Self.exitMilliseconds)
        default: break
        }
    }

    private var pollMilliseconds: Int32 {
        var time: Int? =
            switch ladder {
            case .running: deadline
            case .cancelled(let terminateAt): terminateAt
            case .ending(let killAt): killAt
            case .killed: nil
            }
        let now = monotonicMilliseconds()
        if process.pidDescriptor < 0 { time = min(time ?? Int.max, now + Self.fallbackPollMilliseconds) }
        return time.map { Int32(clamping: max($0 - now, 0)) } ?? -1
    }

    private mutating func wait(isPaused: Bool) {
        func entry(_ descriptor: Int32, _ isOpen: Bool, _ events: Int32) -> pollfd {
            // poll passes over negative descriptors.
            pollfd(fd: isOpen ? descriptor : -1, events: Int16(events), revents: 0)
        }
        let channelEvents = (isPaused ? 0 : POLLIN) | (outgoing.isEmpty ? 0 : POLLOUT)
        // A peer that hung up is always reported; with nothing to ask for, that would spin.
        var entries = [
            entry(process.channel, channelIsOpen && channelEvents != 0, channelEvents),
            entry(mailbag.wakeDescriptor, true, POLLIN),
            entry(process.pidDescriptor, true, POLLIN),
            entry(process.prints, printsAreOpen, POLLIN),
        ]
        _ = poll(&entries, nfds_t(entries.count), pollMilliseconds)
        if entries[1].revents != 0 { mailbag.clearWake() }
    }

    private mutating func flush() {
        while canSend, let first = outgoing.first {
            let sent = first.bytes.withUnsafeBytes {
                norn_linux_send(process.channel, $0.baseAddress, $0.count, first.file?.fileDescriptor ?? -1)
            }
            if sent == -Int(EAGAIN) { return }
            outgoing.removeFirst()
            if sent < 0 {
                canSend = false
                expectExit()
            }
        }
        outgoing = canSend ? ArraySlice(Array(outgoing)) : []
    }

    private mutating func receive(limit: Int) {
        var count = 0
        while channelIsOpen, end.violation == nil, count < limit {
            count += 1
            var descriptor: Int32 = -1
            let received = norn_linux_receive(process.channel, &packet, OutgoingPacket.bytesLimit, &descriptor)
            if received == -Int(EAGAIN) { return }
            // A worker that went without reading all orders resets the channel: that is told once, before what it said.
            if received == -Int(ECONNRESET), !wasReset {
                (wasReset, canSend) = (true, false)
                continue
            }
            if received == 0 || received == -Int(ECONNRESET) {
                (channelIsOpen, canSend) = (false, false)
                expectExit()
                return
            }
            do throws(ChannelViolation) {
                guard received > 0 else { throw ChannelViolation("a packet that is too long or carries several files") }
                try handle(packet[0..<received], descriptor: descriptor)
            } catch {
                violate(error)
            }
        }
    }

    private mutating func handle(_ bytes: ArraySlice<UInt8>, descriptor: Int32) throws(ChannelViolation) {
        guard let message = try? CBOR(decoding: bytes) else {
            if descriptor >= 0 { _ = close(descriptor) }
            throw ChannelViolation("a packet that is no CBOR")
        }
        var file: PayloadFile?
        if descriptor >= 0 { file = try PayloadFile(passed: descriptor, announced: message["payload"]?.asInt ?? -1) }
        guard end.status == nil else { throw ChannelViolation("a call after the end") }
        let call = try WorkerCall(message, file: file)
        switch call {
        case .usage(let usage): end.usage = usage
        case .described(let bytes): end.described = bytes
        case .end(let status, let error):
            end.status = status
            end.error = error
            expectExit()
        default:
            let unanswered = mailbag.state.withLock { state in
                if call.hasAnswer { state.unanswered += 1 } else { state.unhandled += 1 }
                return state.unanswered
            }
            guard unanswered <= WorkerMailbag.unansweredLimit else {
                throw ChannelViolation("more than \(WorkerMailbag.unansweredLimit) calls at once")
            }
            deliver(call)
        }
    }

    private mutating func copyPrints() {
        guard printsAreOpen else { return }
        printsAreOpen = prints.copy(from: process.prints)
        if prints.isFlood {
            violate(ChannelViolation("it printed more than \(PrintsFile.floodBytes / 1_048_576) MiB"))
        }
    }
}

extension WorkerCall {
    /// True for calls with an id, which may take their time.
    var hasAnswer: Bool {
        switch self {
        case .send, .post, .wait, .take, .output: true
        default: false
        }
    }
}
