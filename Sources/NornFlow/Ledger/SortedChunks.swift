/// Elements in ascending order, in chunks: insertion, removal and rank move at most a chunk and count the chunks.
struct SortedChunks<Element: Comparable & Sendable>: Sendable {
    private static var chunkMaximum: Int { 128 }

    /// A place to read on from; valid until the next change.
    struct Position: Sendable {
        var chunk = 0
        var offset = 0
    }

    /// Never an empty chunk.
    private var chunks: [[Element]] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var first: Element? { chunks.first?.first }
    var last: Element? { chunks.last?.last }

    subscript(position: Position) -> Element? {
        guard position.chunk < chunks.count else { return nil }
        return chunks[position.chunk][position.offset]
    }

    func after(_ position: Position) -> Position {
        let isLast = position.offset + 1 == chunks[position.chunk].count
        return isLast
            ? Position(chunk: position.chunk + 1) : Position(chunk: position.chunk, offset: position.offset + 1)
    }

    mutating func insert(_ element: Element) {
        count += 1
        guard !chunks.isEmpty else {
            chunks.append([element])
            return
        }
        let chunk = min(chunkIndex(for: element), chunks.count - 1)
        chunks[chunk].insert(element, at: Self.lowerBound(of: element, in: chunks[chunk]))
        guard chunks[chunk].count > Self.chunkMaximum else { return }
        let middle = chunks[chunk].count / 2
        let upper = Array(chunks[chunk][middle...])
        chunks[chunk].removeSubrange(middle...)
        chunks.insert(upper, at: chunk + 1)
    }

    /// Removes the element that is neither before nor after the given one; false when there is none.
    @discardableResult mutating func remove(_ element: Element) -> Bool {
        let chunk = chunkIndex(for: element)
        guard chunk < chunks.count else { return false }
        let offset = Self.lowerBound(of: element, in: chunks[chunk])
        guard !(element < chunks[chunk][offset]) else { return false }
        chunks[chunk].remove(at: offset)
        if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
        count -= 1
        return true
    }

    /// How many elements are before it.
    func rank(of element: Element) -> Int {
        let chunk = chunkIndex(for: element)
        guard chunk < chunks.count else { return count }
        return chunks[..<chunk].reduce(0) { $0 + $1.count } + Self.lowerBound(of: element, in: chunks[chunk])
    }

    /// Where the first element stands that is not before the given one.
    func position(of element: Element) -> Position {
        let chunk = chunkIndex(for: element)
        guard chunk < chunks.count else { return Position(chunk: chunk) }
        return Position(chunk: chunk, offset: Self.lowerBound(of: element, in: chunks[chunk]))
    }

    func prefix(_ maximum: Int) -> [Element] {
        var elements: [Element] = []
        for chunk in chunks where elements.count < maximum { elements += chunk.prefix(maximum - elements.count) }
        return elements
    }

    /// The first chunk whose last element is not before the given one.
    private func chunkIndex(for element: Element) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][chunks[middle].count - 1] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func lowerBound(of element: Element, in chunk: [Element]) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
