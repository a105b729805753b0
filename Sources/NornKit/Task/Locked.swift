import Glibc

/// A value behind a mutex, with a condition to wait on.
final class Locked<Value>: @unchecked Sendable {
    // Sendable: the value is reached only between lock and unlock.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Changes the value and wakes who waits.
    func signal<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try withLock { value in
            defer { pthread_cond_broadcast(condition) }
            return try body(&value)
        }
    }

    /// Waits until `body` gives something.
    func wait<Result>(_ body: (inout Value) throws -> Result?) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            // One access a look, never one over the wait: others change the value there, and an optimised build keeps
            // what an access that is still open has read.
            if let result = try body(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }
}
