/// Bytes being written. Grows by doubling; freed with its owner.
public struct RowBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0
    @inlinable public var count: Int { used }

    @usableFromInline
    init(capacity: Int = 4096) {
        base = .allocate(byteCount: capacity, alignment: 64)
        self.capacity = capacity
    }

    deinit { base.deallocate() }

    @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inlinable
    mutating func removeAll() { used = 0 }

    @usableFromInline
    mutating func grow(by extra: Int) {
        capacity = max(capacity * 2, count + extra)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }

    /// Appends the bytes of a number, a vector or a struct of them, as they are in memory.
    @inlinable
    public mutating func append<Value: BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        if capacity - count < size { grow(by: size) }
        base.storeBytes(of: value, toByteOffset: count, as: Value.self)
        used += size
    }

    @inlinable
    public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        if capacity - count < bytes.count { grow(by: bytes.count) }
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        used += bytes.count
    }
}
