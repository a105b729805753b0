/// A row's bytes, lent for the call and passed on without a copy of ours. Never leaves a kernel's step.
struct LentBytes: RowValue, @unchecked Sendable {
    // Sendable is RowValue's demand; the pointer stays on the thread of the step that lends it.
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    init(rowBytes: UnsafeRawBufferPointer) { bytes = rowBytes }

    func write(to buffer: inout RowBuffer) { buffer.append(contentsOf: bytes) }
}
