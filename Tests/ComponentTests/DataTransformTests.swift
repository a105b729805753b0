import NornKit
import NornTestHost
import Testing

@Suite struct DataTransformTests {
    static func transform(
        _ csv: String, _ parameters: [String: CBOR] = [:], more: [TestInput] = []
    ) async throws -> TestResult {
        try await TestHost(product: "norn_data").run(
            "DataTransform", parameters: parameters,
            parties: [TestParty(.guest, "9999", inputs: [.csv("data", csv)] + more)])[.guest]
    }

    @Test func textBecomesNumbersWithTheLabelApart() async throws {
        let result = try await Self.transform(
            "id,x0,y,x1\na,1.5,1,-2e3\nb, 0.1 ,0,+7\n", ["with_label": true])
        #expect(result.error == nil)
        let instances = try await result.table().instances()
        #expect(instances.header == ["x0", "x1"])
        #expect(instances.features == [1.5, -2000, 0.1, 7])
        #expect(instances.labels == [1, 0])
        #expect(try await result.table().schema?.anonymousHeader == ["guest_9999_x0", "guest_9999_x1"])
    }

    @Test func whatTheUploaderSaidOfTheTextCountsBeforeTheJob() async throws {
        let meta: CBOR = [
            "input_format": "tag", "tag_with_value": true, "tag_value_delimiter": "=", "delimiter": ";", "id_range": 0,
        ]
        let schema = TableSchema(layout: .text, header: ["x0"], content: .raw, meta: meta)
        let run = try await TestHost(product: "norn_data").run(
            "DataTransform", parameters: ["input_format": "dense"],
            parties: [
                TestParty(
                    .guest, "9999",
                    inputs: [.table("data", [(.text("k"), "a=2;b=3"), (.text("l"), "b=4")], schema: schema)])
            ])
        let result = run[.guest]
        #expect(result.error == nil)
        let instances = try await result.table().instances()
        #expect(instances.header == ["a", "b"] && instances.features == [2, 3, 0, 4])
        let wrong = TableSchema(layout: .text, header: ["x0"], content: .raw, meta: ["data_type": "bytes"])
        let refused = try await TestHost(product: "norn_data").run(
            "DataTransform",
            parties: [TestParty(.guest, "9999", inputs: [.table("data", [(.text("k"), "1")], schema: wrong)])])
        let error = try #require(refused[.guest].error)
        #expect(error.fault == .user && error.message.contains("bytes"), "\(error)")
    }

    @Test func decimalsAreTheNearestDoubles() async throws {
        let texts = [
            "0.1", "1e-320", "123456789012345678901234567890", "9007199254740993", "0.000001", "-4.35", "2.5E-7",
        ]
        let csv = "id,x\n" + texts.enumerated().map { "\($0.offset),\($0.element)" }.joined(separator: "\n")
        // The result keeps its tables' folder.
        let result = try await Self.transform(csv)
        let features = try await result.table().instances().features
        #expect(features == texts.map { Double($0) ?? .nan })
    }

    @Test(arguments: [("1,2,3", "fewer"), ("1,2,3,4,5", "more")])
    func rowsOfAnotherWidthAreRefused(row: String, word: String) async throws {
        let schema = TableSchema(layout: .text, header: ["a", "b", "c", "d"], content: .raw)
        let run = try await TestHost(product: "norn_data").run(
            "DataTransform",
            parties: [TestParty(.guest, "9999", inputs: [.table("data", [(.text("k"), row)], schema: schema)])])
        #expect(run[.guest].error?.message.contains(word) == true)
    }

    @Test func aLabelThatIsNoNumberIsNamedButItsValueIsNot() async throws {
        let error = try #require(
            try await Self.transform("id,y,x\n1,secret,2\n", ["with_label": true]).error)
        #expect(error.message.contains("\"y\"") && error.message.contains("not a number"))
        #expect(!error.message.contains("secret"))
        #expect(error.fault == .user)
    }

    @Test func aLabelOfTypeIntMustBeWhole() async throws {
        #expect(try await Self.transform("id,y\n1,0.5\n", ["with_label": true]).error != nil)
        #expect(try await Self.transform("id,y\n1,0.5\n", ["with_label": true, "label_type": "float"]).error == nil)
    }

    @Test func aLabelThatIsNotThereIsRefusedByName() async throws {
        let result = try await Self.transform("id,income\n1,2\n", ["with_label": true, "label_name": "z"])
        let error = try #require(result.error)
        #expect(error.message.contains("label_name") && error.message.contains("\"z\""))
        #expect(!error.message.contains("income"), "another party would read this party's columns")
        #expect(result.log.contains { $0.text.contains("income") })
    }

    @Test(arguments: [("designated", 9.0), ("min", 1.0), ("max", 5.0), ("mean", 3.0)])
    func missingValuesAreFilled(method: String, value: Double) async throws {
        let result = try await Self.transform(
            "id,x\na,1\nb,NA\nc,5\nd,\n",
            ["missing_fill": true, "missing_fill_method": .text(method), "default_value": 9])
        #expect(try await result.table().instances().features == [1, value, 5, value])
    }

    @Test func missingValuesStayMissingUnlessTheyAreFilled() async throws {
        let result = try await Self.transform("id,x\na,\nb,NULL\nc,3\n")
        let features = try await result.table().instances().features
        #expect(features[0].isNaN && features[1].isNaN && features[2] == 3)
    }

    /// As in FATE's own suite, whose ionosphere has such a column.
    @Test(arguments: ["mean", "min", "max", "median"])
    func aColumnWithoutAnyValueStaysMissingAndTheLogSaysSo(method: String) async throws {
        let result = try await Self.transform(
            "id,x,z\na,1,\nb,1,\n", ["missing_fill": true, "missing_fill_method": .text(method)])
        let features = try await result.table().instances().features
        #expect(features[0] == 1 && features[1].isNaN && features[2] == 1 && features[3].isNaN)
        #expect(result.log.contains { $0.text.contains("1 columns") && $0.text.contains("stay missing: z") })
    }

    @Test func theMedianOfEvenManyValuesIsTheLowerOne() async throws {
        let result = try await Self.transform(
            "id,x\na,1\nb,NA\nc,5\nd,9\ne,4\n", ["missing_fill": true, "missing_fill_method": "median"])
        #expect(try await result.table().instances().features == [1, 4, 5, 9, 4])
    }

    @Test func outliersAreReplacedAfterMissingValues() async throws {
        let result = try await Self.transform(
            "id,x,z\na,1,-999\nb,-999,2\nc,5,\n",
            [
                "missing_fill": true, "default_value": 7, "outlier_replace": true, "outlier_replace_method": "max",
                "outlier_impute": [-999],
            ])
        #expect(try await result.table().instances().features == [1, 7, 5, 2, 5, 7])
        let parameters = try result.model(CBOR.self)["DataTransformParam"]
        #expect(parameters?["outlier_param"]?["outlier_replace_value"]?["x"]?.text == "5.0")
        #expect(parameters?["outlier_param"]?["outlier_value_ratio"]?["x"]?.double == 1.0 / 3)
        #expect(parameters?["imputer_param"]?["missing_value_ratio"]?["z"]?.double == 1.0 / 3)
    }

    @Test func matchIDsAreKeptApart() async throws {
        let csv = "sid,phone,y,x\na,138,1,2\nb,139,0,3\n"
        let named = try await Self.transform(
            csv, ["with_match_id": true, "match_id_name": "phone", "with_label": true])
        let instances = try await named.table().instances()
        #expect(instances.matchIDs == ["138", "139"])
        #expect(instances.header == ["x"] && instances.features == [2, 3] && instances.labels == [1, 0])
        let first = try await Self.transform(csv, ["with_match_id": true])
        #expect(try await first.table().schema?.matchIDName == "phone")
        let second = try await Self.transform(csv, ["with_match_id": true, "match_id_index": 1])
        #expect(try await second.table().schema?.matchIDName == "y")
        let beyond = try await Self.transform(csv, ["with_match_id": true, "match_id_index": 9])
        #expect(beyond.error?.message.contains("match_id_index") == true)
    }

    @Test func sparseOutputHoldsTheSameNumbers() async throws {
        let csv = "id,y,x0,x1,x2\na,1,0,2,0\nb,0,,0,-3\n"
        let sparse = try await Self.transform(csv, ["with_label": true, "output_format": "sparse"])
        #expect(try await sparse.table().schema?.layout == .sparse)
        let instances = try await sparse.table().instances()
        #expect(instances.labels == [1, 0])
        #expect(Array(instances.features.prefix(3)) == [0, 2, 0])
        #expect(instances.features[3].isNaN && Array(instances.features.suffix(2)) == [0, -3])
    }

    private static func rows(
        _ lines: [String], _ parameters: [String: CBOR], more: [TestInput] = []
    ) async throws -> TestResult {
        let schema = TableSchema(layout: .text, header: ["rest"], content: .raw)
        let rows = lines.enumerated().map { (Key.text("r\($0.offset)"), $0.element) }
        return try await TestHost(product: "norn_data").run(
            "DataTransform", parameters: parameters,
            parties: [TestParty(.guest, "9999", inputs: [.table("data", rows, schema: schema)] + more)])[.guest]
    }

    @Test func svmlightRowsNameTheirFeatures() async throws {
        let lines = ["1,0:0.5,3:-2", "0,1:7"]
        let result = try await Self.rows(lines, ["input_format": "sparse", "with_label": true])
        let instances = try await result.table().instances()
        #expect(instances.header == ["0", "1", "2", "3"])
        #expect(instances.features == [0.5, 0, 0, -2, 0, 7, 0, 0] && instances.labels == [1, 0])
        // A feature that the model does not know is left out.
        let model = try CBOR(decoding: try result.bytes("model"))
        let other = try await Self.rows(["1,2:4,9:1"], ["with_label": true], more: [try .model("model", model)])
        #expect(try await other.table().instances().features == [0, 0, 4, 0])
        let wrong = try await Self.rows(["1,x:4"], ["input_format": "sparse", "with_label": true])
        #expect(wrong.error?.message.contains("index") == true)
    }

    @Test func tagsBecomeColumnsInTheirOrder() async throws {
        let tags = try await Self.rows(["b;a", "c;b"], ["input_format": "tag", "delimitor": ";"])
        #expect(try await tags.table().instances().header == ["a", "b", "c"])
        #expect(try await tags.table().instances().features == [1, 1, 0, 0, 1, 1])
        let valued = try await Self.rows(
            ["id7,b:2,a:3", "id9,c:5"], ["input_format": "tag", "tag_with_value": true, "with_match_id": true])
        #expect(try await valued.table().instances().features == [3, 2, 0, 0, 0, 5])
        #expect(try await valued.table().instances().matchIDs == ["id7", "id9"])
        let filled = try await Self.rows(
            ["b:2,a:3", "a:5", "a:1"],
            [
                "input_format": "tag", "tag_with_value": true, "missing_fill": true, "missing_fill_method": "max",
                "output_format": "sparse",
            ])
        #expect(try await filled.table().instances().features == [3, 2, 5, 2, 1, 2])
    }

    @Test func whatDoesNotRunHandsTheTableOn() async throws {
        let result = try await Self.transform("id,x\na,1\n", ["need_run": false])
        #expect(try await result.table().schema?.layout == .text)
    }

    @Test func aModelReadsAnotherTableAsTheFirst() async throws {
        let fitted = try await Self.transform(
            "id,x,y,z\na,1,1,2\nb,3,0,NA\n", ["with_label": true, "missing_fill": true, "missing_fill_method": "max"])
        let model = try CBOR(decoding: try fitted.bytes("model"))
        // Other column order, one column more, no label.
        let other = try await Self.transform("id,z,w,x\nq,NA,100,4\n", more: [try .model("model", model)])
        #expect(other.error == nil)
        let instances = try await other.table().instances()
        #expect(instances.header == ["x", "z"])
        #expect(instances.features == [4, 2])
        #expect(instances.labels == nil)
    }

    @Test(arguments: [
        ("input_format", CBOR.text("xml")), ("output_format", .text("thin")), ("match_id_index", .int(-1)),
        ("outlier_impute", .array([true])), ("data_type", .text("complex")), ("missing_fill_method", .text("guess")),
        ("outlier_replace_method", .text("guess")), ("label_type", .text("str")), ("delimitor", .text("::")),
        ("exclusive_data_type", .map(["x": "str"])), ("tag_value_delimitor", .text("")),
    ])
    func whatCannotBeIsRefusedByName(field: String, value: CBOR) async throws {
        let error = try #require(try await Self.transform("id,x\na,1\n", [field: value]).error)
        #expect(error.message.contains(field) || error.field == field, "\(error)")
    }
}

@Suite struct ReaderAndDownloadTests {
    @Test func readerHandsTheTableOnWithAnonymousNames() async throws {
        let run = try await TestHost(product: "norn_data").run(
            "Reader", parameters: ["table": .map(["name": "t", "namespace": "n"])],
            parties: [TestParty(.host, "10000", inputs: [.csv("data", "id,a,b\n1,2,3\n")])])
        #expect(run.succeeded)
        let table = try await run[.host].table()
        #expect(table.schema?.anonymousHeader == ["host_10000_x0", "host_10000_x1"])
        #expect(try await table.collect(String.self).map(\.value) == ["2,3"])
    }

    @Test func downloadGivesBackWhatWasUploaded() async throws {
        let csv = "id,a,b\n1,2,3\n4,5,6\n"
        let run = try await TestHost(product: "norn_data").run(
            "Download", parties: [TestParty(.local, "0", inputs: [.csv("data", csv)])])
        #expect(run.succeeded)
        // Rows come partition by partition.
        let lines = String(decoding: try run[.local].bytes("file"), as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "id,a,b")
        #expect(lines.sorted() == csv.split(separator: "\n").sorted())
    }

    @Test func downloadWritesNumbersWithTheLabelFirst() async throws {
        let run = try await TestHost(product: "norn_data").run(
            "Download", parameters: ["delimiter": ";"],
            parties: [
                TestParty(.local, "0", inputs: [.instances("data", csv: "id,y,x\na,1,0.5\n", label: "y")])
            ])
        #expect(String(decoding: try run[.local].bytes("file"), as: UTF8.self) == "id;y;x\na;1.0;0.5\n")
    }
}
