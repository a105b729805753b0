/// Finds what someone probably meant.
public enum NearestName {
    /// Names longer than this are not compared; the distance costs the product of the lengths.
    static let comparedCharactersMaximum = 128

    /// The candidate nearest to a name, or nil when none is near: at most a third of the name's letters differ (at
    /// least two may). Case does not count. Of equally near ones the first in alphabetical order is taken.
    public static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased())
        guard wanted.count <= comparedCharactersMaximum else { return nil }
        let allowed = max(2, wanted.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in candidates.sorted() where candidate.count <= comparedCharactersMaximum {
            let distance = editDistance(wanted, Array(candidate.lowercased()))
            guard distance <= allowed, distance < max(wanted.count, 1), distance < best?.distance ?? .max else {
                continue
            }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
    static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in 0..<right.count {
                let cost = left[row] == right[column] ? 0 : 1
                var distance = min(previous[column + 1] + 1, current[column] + 1, previous[column] + cost)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    distance = min(distance, beforePrevious[column - 1] + 1)
                }
                current.append(distance)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
