import NornKit

/// Where a column is cut: a value belongs to the first split point that is not below it.
enum SplitPoints {
    /// FATE cuts a column that has no value at all here, so that such a column stops no job.
    static let ofNothing = 0.0

    /// Values at i/n of the sorted ones, each once; the last is the highest.
    static func quantile(_ sorted: [Double], bins: Int) -> [Double] {
        var points: [Double] = []
        for bin in 1...bins {
            // In whole numbers, so that 3/10 of 10 rows is the third.
            let place = (bin * sorted.count + bins - 1) / bins
            let point = sorted[max(place, 1) - 1]
            if points.last != point { points.append(point) }
        }
        return points
    }

    /// Bins of equal width; the last split point is the highest value.
    static func bucket(lowest: Double, highest: Double, bins: Int) -> [Double] {
        guard highest > lowest else { return [highest] }
        let width = (highest - lowest) / Double(bins)
        return (1..<bins).map { lowest + Double($0) * width } + [highest]
    }

    /// Every value a bin.
    static func categories(_ sorted: [Double]) -> [Double] {
        var points: [Double] = []
        for value in sorted where points.last != value { points.append(value) }
        return points
    }

    /// Leaves split points out so that no bin has fewer rows than the floor, unless it has none.
    /// - Parameter counts: rows of each bin
    static func merged(_ points: [Double], counts: [Int], floor: Int) -> [Double] {
        guard floor > 1 else { return points }
        var kept: [Double] = []
        var open = 0
        for (point, count) in zip(points, counts) {
            open += count
            guard open >= floor else { continue }
            kept.append(point)
            open = 0
        }
        // What is left over at the end goes to the bin before it.
        if let last = points.last, kept.last != last {
            if !kept.isEmpty { kept.removeLast() }
            kept.append(last)
        }
        return kept
    }
}

/// The columns that a party bins, and where it cuts them.
struct BinnedColumns: Sendable {
    struct Column: Sendable {
        let place: Int
        let name: String
        let isCategory: Bool
        /// Cut by the given split points.
        let isManual: Bool
        var points: [Double]
        let hasMissing: Bool

        /// The bin of missing values among them.
        var bins: Int { points.count + (hasMissing ? 1 : 0) }
    }

    var columns: [Column]

    /// Cuts own columns; of optimal binning these are the first, finer bins.
    init(_ data: FeatureColumns, _ asked: BinningParameters, log: Log) throws {
        let binned = try asked.columnPlaces.resolve(
            names: asked.columnNames, header: data.header, fields: ("bin_indexes", "bin_names"))
        let categories = try asked.categoryPlaces.resolve(
            names: asked.categoryNames, header: data.header, fields: ("category_indexes", "category_names"))
        let places = Set(binned).union(categories).sorted()
        let manual = try Self.manual(asked, header: data.header, places: binned)
        columns = []
        var empty: [String] = []
        for place in places {
            let all = data.values(place)
            let sorted = all.withoutMissing.sorted()
            let (name, hasMissing) = (data.header[place], sorted.count < all.count)
            let isCategory = categories.contains(place)
            if hasMissing, asked.kind == .optimal, !isCategory {
                throw ComponentError.invalid(
                    field: name, "optimal binning takes no missing values: fill them before")
            }
            let points: [Double]
            if !isCategory, let given = manual?[place] {
                points = given
            } else if sorted.isEmpty {
                points = [SplitPoints.ofNothing]
                empty.append(name)
            } else {
                points = isCategory ? SplitPoints.categories(sorted) : Self.points(sorted, asked)
            }
            guard points.count <= BinningParameters.mostBins else {
                throw ComponentError.invalid(
                    field: name, "has \(points.count) categories; at most \(BinningParameters.mostBins) are possible")
            }
            columns.append(
                Column(
                    place: place, name: name, isCategory: isCategory, isManual: !isCategory && manual != nil,
                    points: points, hasMissing: hasMissing))
        }
        if !empty.isEmpty {
            log.warning(
                "\(empty.count) columns have no value to bin; all their rows go to the bin of missing values: "
                    + empty.prefix(12).joined(separator: ", "))
        }
        try hold(asked.minimumRowsPerCell, data, log)
    }

    private static func points(_ sorted: [Double], _ asked: BinningParameters) -> [Double] {
        let isOptimal = asked.kind == .optimal
        let bins = isOptimal ? asked.optimal.firstBins : asked.bins
        let byWidth = isOptimal ? asked.optimal.firstMethod.lowercased() == "bucket" : asked.kind == .bucket
        guard byWidth else { return SplitPoints.quantile(sorted, bins: bins) }
        return SplitPoints.bucket(lowest: sorted[0], highest: sorted[sorted.count - 1], bins: bins)
    }

    /// By place, when any are given.
    private static func manual(
        _ asked: BinningParameters, header: [String], places: [Int]
    ) throws -> [Int: [Double]]? {
        guard asked.manualByPlace != nil || asked.manualByName != nil else { return nil }
        var manual: [Int: [Double]] = [:]
        for (text, points) in asked.manualByPlace ?? [:] {
            guard let place = Int(text), header.indices.contains(place) else {
                throw ComponentError.invalid(
                    field: "split_points_by_index", "names column \(text), but the table has \(header.count) columns")
            }
            manual[place] = points
        }
        for (name, points) in asked.manualByName ?? [:] {
            guard let place = header.firstIndex(of: name) else {
                throw ComponentError.invalid(
                    field: "split_points_by_col_name", "the table has no column \"\(name)\"")
            }
            guard manual[place] == nil else {
                throw ComponentError.invalid(
                    field: "split_points_by_col_name", "\"\(name)\" has split points by index, too")
            }
            manual[place] = points
        }
        guard Set(manual.keys) == Set(places), manual.values.allSatisfy({ !$0.isEmpty }) else {
            throw ComponentError.invalid(
                field: asked.manualByName != nil ? "split_points_by_col_name" : "split_points_by_index",
                "does not give split points for the very columns that are binned")
        }
        return manual.mapValues { SplitPoints.categories($0.sorted()) }
    }

    /// No bin of fewer rows than the floor is to leave this party.
    private mutating func hold(_ floor: Int, _ data: FeatureColumns, _ log: Log) throws {
        guard floor > 1 else { return }
        for index in columns.indices {
            let counts = counts(columns[index], data)
            let small = counts.filter { 0 < $0 && $0 < floor }.count
            guard small > 0 else { continue }
            let missing = columns[index].hasMissing ? counts[counts.count - 1] : 0
            guard !columns[index].isCategory, missing == 0 || missing >= floor, data.rows - missing >= floor else {
                log.error("column \"\(columns[index].name)\" has a category of fewer than \(floor) rows")
                throw ComponentError(
                    .permissionDenied, field: "minimum_rows_per_cell",
                    "a column of this party has a bin of fewer than \(floor) rows, which its site's floor forbids to "
                        + "share; its own log names the column", fault: .user)
            }
            columns[index].points = SplitPoints.merged(columns[index].points, counts: counts, floor: floor)
        }
    }

    /// Rows of each bin.
    func counts(_ column: Column, _ data: FeatureColumns) -> [Int] {
        var counts = [Int](repeating: 0, count: column.bins)
        for value in data.values(column.place) { counts[BinPlace.of(value, in: column.points)] += 1 }
        return counts
    }
}
