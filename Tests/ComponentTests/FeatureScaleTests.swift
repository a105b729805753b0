import NornKit
import NornTestHost
import Testing

@Suite struct FeatureScaleTests {
    let data = FeatureData(rows: 41, columns: 3)

    private func column(_ instances: Instances, _ column: Int) -> [Double] {
        (0..<instances.rows).map { instances.features[$0 * instances.columns + column] }
    }

    @Test(arguments: [false, true]) func standardIsMeanAndPopulationDeviation(isSparse: Bool) async throws {
        let (fitted, result) = try await fitAndApply("FeatureScale", [data.input(isSparse: isSparse)])
        for (place, values) in data.columns.enumerated() {
            let mean = values.reduce(0, +) / 41
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 41).squareRoot()
            expectClose(column(result, place), values.map { ($0 - mean) / deviation }, 1e-12)
            #expect(abs((fitted.summary["x\(place)"]?["std"]?.double ?? 0) - deviation) < 1e-12)
        }
        #expect(result.labels == data.labels)
    }

    @Test func meanOrDeviationCanBeLeftOut() async throws {
        let values = data.columns[0]
        let mean = values.reduce(0, +) / 41
        let (_, shifted) = try await fitAndApply("FeatureScale", [data.input()], ["with_std": false])
        expectClose(column(shifted, 0), values.map { $0 - mean }, 1e-12)
        let (_, kept) = try await fitAndApply("FeatureScale", [data.input()], ["with_std": false, "with_mean": false])
        #expect(column(kept, 0) == values)
    }

    @Test func rangeIsClippedAtGivenLimits() async throws {
        let (_, result) = try await fitAndApply(
            "FeatureScale", [data.input()],
            ["method": "min_max_scale", "feat_upper": 1.0, "feat_lower": [-1.0, 0.0, -9.0]])
        let lower = [-1.0, 0.0, data.columns[2].min() ?? 0]
        for (place, values) in data.columns.enumerated() {
            let range = (lower[place], min(values.max() ?? 0, 1))
            expectClose(
                column(result, place), values.map { (min(max($0, range.0), range.1) - range.0) / (range.1 - range.0) },
                1e-12)
        }
    }

    @Test func capIsAShareOfTheRows() async throws {
        let (fitted, result) = try await fitAndApply(
            "FeatureScale", [data.input()],
            ["method": "min_max_scale", "mode": "cap", "feat_upper": 0.8, "feat_lower": 0.1, "scale_col_indexes": [1]])
        let sorted = data.columns[1].sorted()
        let (low, high) = (sorted[4], sorted[32])  // ceil(4.1) and ceil(32.8), counted from 1
        #expect(fitted.summary["x1"]?["column_upper"]?.double == high)
        expectClose(column(result, 1), data.columns[1].map { (min(max($0, low), high) - low) / (high - low) }, 1e-12)
        #expect(column(result, 0) == data.columns[0], "only the named column is scaled")
        #expect(fitted.summary.map?.count == 1)
    }

    @Test func columnsAreNamedByPlaceOrName() async throws {
        let (fitted, _) = try await fitAndApply(
            "FeatureScale", [data.input()], ["scale_col_indexes": [0], "scale_names": ["x2"]])
        #expect(fitted.summary.map?.keys.sorted() == ["x0", "x2"])
        let wrong = try await feature("FeatureScale", [data.input()], ["scale_col_indexes": [7]])
        #expect(wrong.error?.message.contains("scale_col_indexes") == true)
    }

    @Test func aConstantColumnBecomesZeros() async throws {
        let (_, result) = try await fitAndApply(
            "FeatureScale", [.instances("data", csv: "id,a\np,4\nq,4\n")], ["method": "min_max_scale"])
        #expect(result.features == [0, 0])
    }

    @Test(arguments: ["standard_scale", "min_max_scale"], ["normal", "cap"])
    func aColumnWithoutAnyValueStaysMissingAndTheLogSaysSo(method: String, mode: String) async throws {
        let empty = FeatureData(
            ids: data.ids, header: data.header,
            columns: [data.columns[0], data.ids.map { _ in .nan }, data.columns[2]], labels: data.labels)
        let (fitted, result) = try await fitAndApply(
            "FeatureScale", [empty.input()], ["method": .text(method), "mode": .text(mode)])
        #expect(fitted.summary.map?.keys.sorted() == ["x0", "x2"])
        #expect(column(result, 1).allSatisfy(\.isNaN) && !column(result, 2).contains { $0.isNaN })
        #expect(fitted.log.contains { $0.severity == 2 && $0.text.contains("stay missing: x1") })
    }

    @Test(arguments: [
        ("method", CBOR.text("robust")), ("mode", CBOR.text("tight")), ("feat_upper", CBOR.array([1.0, 2.0])),
        ("scale_names", CBOR.array(["zz"])),
    ])
    func wrongParametersAreRefusedByName(field: String, value: CBOR) async throws {
        let more: [String: CBOR] = field == "scale_names" ? ["scale_col_indexes": .null] : [:]
        let result = try await feature("FeatureScale", [data.input()], more.merging([field: value]) { $1 })
        #expect(result.error?.description.contains(field) == true, "\(String(describing: result.error))")
    }

    @Test func anotherTableIsScaledAsTheFirst() async throws {
        let fitted = try await feature(
            "FeatureScale", [.instances("data", csv: "id,a,b\np,0,1\nq,2,3\n")], ["method": "min_max_scale"])
        let model = try CBOR(decoding: try fitted.bytes("model"))
        let other = try await feature(
            "FeatureScale", [.instances("data", csv: "id,b,a\nr,2,9\n"), try .model("model", model)])
        let instances = try await other.table().instances()
        #expect(instances.header == ["a", "b"] && instances.features == [1, 0.5])
        let missing = try await feature(
            "FeatureScale", [.instances("data", csv: "id,b\nr,2\n"), try .model("model", model)])
        #expect(missing.error?.message.contains("\"a\"") == true)
    }
}

@Suite struct FeatureImputationTests {
    let data = FeatureData(rows: 30, columns: 2, missing: 4)

    @Test(arguments: ["min", "max", "mean", "median", "designated"])
    func missingValuesAreReplaced(method: String) async throws {
        let (fitted, result) = try await fitAndApply(
            "FeatureImputation", [data.input()], ["missing_fill_method": .text(method), "default_value": [8, 9]])
        for (place, values) in data.columns.enumerated() {
            let there = values.filter { !$0.isNaN }.sorted()
            let wanted: Double =
                switch method {
                case "min": there[0]
                case "max": there[there.count - 1]
                case "mean": values.filter { !$0.isNaN }.reduce(0, +) / Double(there.count)
                case "median": there[(there.count + 1) / 2 - 1]
                default: place == 0 ? 8 : 9
                }
            for (row, value) in values.enumerated() {
                #expect(result.features[row * 2 + place] == (value.isNaN ? wanted : value))
            }
            let rate = fitted.summary["missing_impute_rate"]?["x\(place)"]?.double
            #expect(rate == Double(30 - there.count) / 30)
        }
    }

    /// As DataTransform leaves such a column: a table of many columns is not lost for one.
    @Test(arguments: ["min", "max", "mean", "median"])
    func aColumnWithoutAnyValueStaysMissingAndTheLogSaysSo(method: String) async throws {
        let empty = FeatureData(
            ids: data.ids, header: data.header, columns: [data.columns[0], data.ids.map { _ in .nan }],
            labels: data.labels)
        let (fitted, result) = try await fitAndApply(
            "FeatureImputation", [empty.input()], ["missing_fill_method": .text(method)])
        #expect((0..<30).allSatisfy { !result.features[$0 * 2].isNaN && result.features[$0 * 2 + 1].isNaN })
        #expect(fitted.summary["missing_impute_rate"]?["x1"]?.double == 1)
        #expect(fitted.summary["missing_impute_value"]?.map?.keys.sorted() == ["x0"])
        #expect(fitted.log.contains { $0.severity == 2 && $0.text.contains("stay missing: x1") })
        let filled = try await feature(
            "FeatureImputation", [empty.input()],
            ["missing_fill_method": .text(method), "col_missing_fill_method": ["x1": "designated"], "default_value": 4])
        #expect(try await filled.table().instances().features[1] == 4)
    }

    @Test func columnsHaveMethodsOfTheirOwn() async throws {
        let (fitted, result) = try await fitAndApply(
            "FeatureImputation", [data.input()],
            ["col_missing_fill_method": ["x1": "max"], "missing_impute": [.double(data.columns[1][1])]])
        #expect(fitted.summary["skip_cols"] == ["x0"])
        #expect((0..<30).contains { result.features[$0 * 2].isNaN }, "x0 is left alone")
        let most = data.columns[1].filter { !$0.isNaN && $0 != data.columns[1][1] }.max()
        #expect(result.features[1 * 2 + 1] == most)
        let wrong = try await feature("FeatureImputation", [data.input()], ["col_missing_fill_method": ["z": "max"]])
        #expect(wrong.error?.message.contains("\"z\"") == true)
    }

    @Test func sparseRowsAreRefused() async throws {
        let result = try await feature("FeatureImputation", [data.input(isSparse: true)])
        #expect(result.error?.message.contains("dense") == true)
    }
}

@Suite struct DataStatisticsTests {
    let data = FeatureData(rows: 37, columns: 2, missing: 6)

    @Test(arguments: [false, true]) func statisticsAreExact(isSparse: Bool) async throws {
        let result = try await feature(
            "DataStatistics", [data.input(isSparse: isSparse)],
            ["statistics": ["count", "variance", "25%", "100%"]])
        #expect(result.error == nil)
        for (place, all) in data.columns.enumerated() {
            let values = all.filter { !$0.isNaN }
            let n = Double(values.count)
            let mean = values.reduce(0, +) / n
            func moment(_ order: Int) -> Double {
                values.reduce(0) { sum, value in
                    sum + (0..<order).reduce(1.0) { product, _ in product * (value - mean) }
                } / n
            }
            let sorted = values.sorted()
            let found = result.summary["x\(place)"]
            let wanted: [String: Double] = [
                "count": n, "sum": mean * n, "mean": mean, "variance": moment(2), "stddev": moment(2).squareRoot(),
                "median": sorted[(values.count + 1) / 2 - 1], "min": sorted[0], "max": sorted[values.count - 1],
                "missing_count": Double(37 - values.count), "missing_ratio": Double(37 - values.count) / 37,
                "skewness": moment(3) / (moment(2) * moment(2).squareRoot()),
                "kurtosis": moment(4) / (moment(2) * moment(2)) - 3,
                "coefficient_of_variance": abs(moment(2).squareRoot() / mean),
                "25%": sorted[Int((n / 4).rounded(.up)) - 1], "100%": sorted[values.count - 1],
            ]
            for (name, value) in wanted {
                #expect(abs((found?[name]?.double ?? .infinity) - value) < 1e-9 * max(1, abs(value)), "\(name)")
            }
            #expect(found?.map?.count == wanted.count)
        }
        #expect(try await result.table().count == 37)
    }

    @Test func biasCanBeCorrected() async throws {
        let csv = "id,a\n1,1\n2,2\n3,3\n4,10\n5,4\n"
        let result = try await feature("DataStatistics", [.instances("data", csv: csv)], ["bias": false])
        // G1 and G2 of 1, 2, 3, 4, 10, as textbooks and spreadsheets have them.
        #expect(abs((result.summary["a"]?["skewness"]?.double ?? 0) - 1.697056274847714) < 1e-9)
        #expect(abs((result.summary["a"]?["kurtosis"]?.double ?? 0) - 3.152) < 1e-9)
    }

    @Test func someColumnsAndNumbersCanBeLeftOut() async throws {
        let csv = "id,a,b\n1,1,1\n2,2,5\n3,99,3\n"
        let result = try await feature(
            "DataStatistics", [.instances("data", csv: csv)],
            ["column_indexes": .null, "column_names": ["a"], "abnormal_list": [99], "statistics": "75%"])
        #expect(result.summary.map?.keys.sorted() == ["a"])
        #expect(result.summary["a"]?["max"]?.double == 2)
        #expect(try result.model(CBOR.self)["StatisticParam"]?["self_values"]?["results"]?.array?.count == 12)
        let wrong = try await feature("DataStatistics", [.instances("data", csv: csv)], ["statistics": ["mode"]])
        #expect(wrong.error?.description.contains("statistics") == true)
    }
}
