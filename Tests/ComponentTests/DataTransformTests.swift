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

    @Test func missingValuesAreRefusedUnlessTheyAreFilled() async throws {
        let error = try #require(try await Self.transform("id,x\na,\n").error)
        #expect(error.message.contains("missing_fill"))
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
        ("input_format", CBOR.text("tag")), ("output_format", .text("sparse")), ("with_match_id", .bool(true)),
        ("outlier_replace", .bool(true)), ("data_type", .text("complex")), ("missing_fill_method", .text("guess")),
    ])
    func whatIsNotInThisVersionIsRefusedByName(field: String, value: CBOR) async throws {
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
