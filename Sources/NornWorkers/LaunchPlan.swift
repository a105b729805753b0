import NornManifest
import Synchronization

/// What is started and what it is told first.
struct LaunchPlan: Sendable {
    var executable: String
    var directory: String
    var printsPath: String
    var backtrace: Bool
    var library: PluginLibrary
    var first: CBOR
    /// For the mode `run`.
    var start: WorkerStart?
    /// Nil where the site may make none.
    var groups: WorkerCgroups?
    /// How long the worker may live; nil for as long as it wants.
    var limitMilliseconds: Int?

    /// Starts the process and serves its channel until its end; for a thread that may block.
    func serve(mailbag: WorkerMailbag, deliver: @escaping @Sendable (WorkerCall) -> Void) -> ChannelEnd {
        do throws(AttemptError) {
            let packet = try OutgoingPacket(start: first)
            let process = try WorkerProcess(
                executable: executable, directory: directory, backtrace: backtrace,
                hasNetwork: start?.sandbox.network ?? false,
                group: start.flatMap { groups?.group(cores: $0.cores, memoryBytes: $0.memoryBytes) })
            let pid = process.pid
            mailbag.state.withLock { state in
                state.pid = pid
                state.outgoing.insert(packet, at: 0)
            }
            return ChannelThread(
                process: process, mailbag: mailbag, prints: PrintsFile(path: printsPath),
                deadline: limitMilliseconds.map { monotonicMilliseconds() + $0 }, deliver: deliver
            ).serve()
        } catch {
            var end = ChannelEnd()
            end.notStarted = error
            return end
        }
    }
}
