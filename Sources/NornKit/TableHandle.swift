/// A table of the engine, released with its last holder.
final class TableHandle: Sendable {
    let partitions: Int = 0
    let rows: Int = 0
}
