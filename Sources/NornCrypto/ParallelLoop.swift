import Glibc

/// A bounded parallel-for: how a caller lends the threads that it was granted. Operations on vectors take one.
public protocol ParallelLoop: Sendable {
    /// Threads that it keeps busy at most.
    var width: Int { get }
    /// Calls `body` for 0 ..< count; returns when all have ended, with the failure of the lowest index.
    func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws
}

/// On the caller's thread.
public struct SerialLoop: ParallelLoop {
    public init() {}
    public var width: Int { 1 }

    public func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        for index in 0..<count { try body(index) }
    }
}

/// On threads of its own, the caller's among them; they end with the call.
public struct ThreadLoop: ParallelLoop {
    public static let maximumWidth = 256
    public let width: Int

    public init(width: Int) { self.width = max(1, min(width, Self.maximumWidth)) }

    public func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let strides = min(width, count)
        guard strides > 1 else { return try SerialLoop().run(count, body) }
        let works = (0..<strides).map { StridedWork(first: $0, step: strides, count: count, body: body) }
        let threads = works.dropFirst().map { work in (work, Self.start(work)) }
        works[0].run()
        for (work, thread) in threads {
            if let thread { pthread_join(thread, nil) } else { work.run() }  // no thread: the caller does its share
        }
        let failures = works.compactMap(\.failure)
        if let first = failures.min(by: { $0.index < $1.index }) { throw first.error }
    }

    private static func start(_ work: StridedWork) -> pthread_t? {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(work)
        let status = pthread_create(
            &thread, nil,
            { work in
                if let work { Unmanaged<StridedWork>.fromOpaque(work).takeRetainedValue().run() }
                return nil
            }, retained.toOpaque())
        if status == 0 { return thread }
        retained.release()
        return nil
    }
}

/// One thread's share. Written by that thread alone, read after it was joined.
private final class StridedWork {
    let first: Int
    let step: Int
    let count: Int
    let body: @Sendable (Int) throws -> Void
    var failure: (index: Int, error: any Error)?

    init(first: Int, step: Int, count: Int, body: @escaping @Sendable (Int) throws -> Void) {
        self.first = first
        self.step = step
        self.count = count
        self.body = body
    }

    func run() {
        for index in stride(from: first, to: count, by: step) {
            do { try body(index) } catch {
                failure = (index, error)
                return
            }
        }
    }
}

extension ParallelLoop {
    /// Cuts 0 ..< count into ranges of at most `grain` and gives each to `body`.
    func ranges(_ count: Int, grain: Int, _ body: @escaping @Sendable (Range<Int>) throws -> Void) throws {
        try run((count + grain - 1) / grain) { index in
            try body(index * grain..<min(count, (index + 1) * grain))
        }
    }
}

/// Memory that the iterations of one loop share: each touches its own part only, and the loop ends before the memory
/// does, which is why it may cross threads.
struct Shared<Pointer>: @unchecked Sendable {
    let pointer: Pointer
    init(_ pointer: Pointer) { self.pointer = pointer }
}
