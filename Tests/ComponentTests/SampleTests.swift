import NornKit
import NornTestHost
import Testing

/// Runs a component of the feature family at a guest and a host.
private func both(
    _ component: String, _ parameters: [String: CBOR], guest: [TestInput], host: [TestInput]
) async throws -> TestRun {
    try await TestHost(product: "norn_feature").run(
        component, parameters: parameters,
        parties: [TestParty(.guest, "9999", inputs: guest), TestParty(.host, "10000", inputs: host)])
}

@Suite struct DataSplitTests {
    let guest = FeatureData(rows: 53, columns: 2, prefix: "g", classes: 3)
    let host = FeatureData(rows: 53, columns: 1, prefix: "h")
    static let ports = ["train_data", "validate_data", "test_data"]

    private func split(_ parameters: [String: CBOR], _ component: String = "HeteroDataSplit")
        async throws -> TestRun
    {
        try await both(
            component, parameters, guest: [guest.input()],
            host: [component == "HeteroDataSplit" ? host.input(labelled: false) : host.input()])
    }

    @Test(
        arguments: [
            ([:], [42, 11, 0]), (["test_size": 0.3], [37, 0, 16]),
            (["test_size": 0.3, "validate_size": 0.2], [26, 11, 16]),
            (["train_size": 20, "test_size": 10], [20, 23, 10]), (["validate_size": 5], [48, 5, 0]),
        ] as [([String: CBOR], [Int])])
    func partsHaveTheirSizesAndTheSameIdsAtAllParties(parameters: [String: CBOR], sizes: [Int])
        async throws
    {
        let run = try await split(parameters)
        #expect(run.succeeded, "\(run.failures)")
        var all: [Key] = []
        for (port, size) in zip(Self.ports, sizes) {
            let mine = try await run[.guest].table(port).keys()
            #expect(mine.count == size, "\(port)")
            #expect(try await run[.host].table(port).keys() == mine)
            #expect(try await run[.guest].table(port).schema?.header == guest.header)
            all += mine
        }
        #expect(all.sorted() == guest.ids)
        let counts = run[.guest].summary["data_split_count_info"]
        #expect(counts?["original"]?.int == 53 && counts?["train"]?.int == sizes[0])
        #expect(run.messages.map(\.name).sorted() == ["test_ids", "train_ids", "validate_ids"])
    }

    @Test func strataKeepTheirShares() async throws {
        let run = try await split(["test_size": 0.4, "stratified": true, "random_state": 1])
        #expect(run.succeeded, "\(run.failures)")
        let test = try await run[.guest].table("test_data").instances().labels ?? []
        #expect(test.count == 21)
        for label in [0.0, 1, 2] {
            let share = Double(guest.labels.count { $0 == label }) * 21 / 53
            #expect(abs(Double(test.count { $0 == label }) - share) < 1)
        }
        let info = run[.guest].summary["data_split_label_info"]
        #expect(info?["original"]?["2"]?.int == guest.labels.count { $0 == 2 })
    }

    @Test func aContinuousLabelIsCutIntoStrata() async throws {
        let run = try await split([
            "train_size": 0.5, "test_size": 0.5, "stratified": true, "split_points": [0.5],
        ])
        let test = try await run[.guest].table("test_data").instances().labels ?? []
        let low = Double(guest.labels.count { $0 <= 0.5 })
        #expect(abs(Double(test.count { $0 <= 0.5 }) - low * Double(test.count) / 53) < 1)
        #expect(run[.guest].summary["data_split_label_info"]?["continuous_label"] == true)
    }

    @Test func aSeedRepeatsAndItsAbsenceDoesNot() async throws {
        var drawn: [[Key]] = []
        for seed in [CBOR.int(7), .int(7), .null, .null] {
            // A run keeps its tables' folder.
            let run = try await split(["random_state": seed])
            drawn.append(try await run[.guest].table("validate_data").keys())
        }
        #expect(drawn[0] == drawn[1] && drawn[2] != drawn[3])
        let unshuffled = try await split(["shuffle": false])
        #expect(try await unshuffled[.guest].table("validate_data").keys() == Array(guest.ids.suffix(11)))
    }

    @Test func rowsOfEachPartyAreSplitApart() async throws {
        let run = try await split(["test_size": 0.2, "stratified": true], "HomoDataSplit")
        #expect(run.succeeded && run.messages.isEmpty)
        for role in [Role.guest, .host] { #expect(try await run[role].table("test_data").count == 11) }
    }

    @Test(arguments: [
        ("test_size", CBOR.double(1.5)), ("train_size", CBOR.int(99)), ("shuffle", CBOR.bool(false)),
        ("random_state", CBOR.int(-1)),
    ])
    func wrongParametersAreRefusedByName(field: String, value: CBOR) async throws {
        let more: [String: CBOR] = field == "shuffle" ? ["stratified": true] : [:]
        let run = try await split(more.merging([field: value]) { $1 })
        #expect(run[.guest].error?.description.contains(field) == true, "\(run.failures)")
    }

    @Test func whatDoesNotRunIsAllForTraining() async throws {
        let run = try await split(["need_run": false])
        #expect(run.succeeded && run.messages.isEmpty)
        #expect(try await run[.guest].table("train_data").count == 53)
        #expect(try await run[.guest].table("test_data").count == 0)
    }
}

@Suite struct FederatedSampleTests {
    let guest = FeatureData(rows: 60, columns: 2, prefix: "g")
    let host = FeatureData(rows: 60, columns: 1, prefix: "h")

    private func sample(_ parameters: [String: CBOR]) async throws -> TestRun {
        try await both(
            "FederatedSample", parameters, guest: [guest.input()], host: [host.input(labelled: false)])
    }

    @Test func fewerRowsAreTheSameEverywhere() async throws {
        let run = try await sample(["fractions": 0.25])
        #expect(run.succeeded, "\(run.failures)")
        let ids = try await run[.guest].table().keys()
        #expect(ids.count == 15 && Set(ids).isSubset(of: Set(guest.ids)))
        #expect(try await run[.host].table().keys() == ids)
        #expect(run[.guest].summary["sample_count"]?.int == 15)
        let few = try await sample([:])
        #expect(try await few[.guest].table().count == 6)
    }

    @Test func moreRowsRepeatOldOnesUnderNewIds() async throws {
        let run = try await sample(["method": "upsample", "fractions": 1.5])
        #expect(run.succeeded, "\(run.failures)")
        let (mine, theirs) = (
            try await run[.guest].table().instances(), try await run[.host].table().instances()
        )
        #expect(Set(mine.ids) == Set((0..<90).map { Key.text("\($0)") }))
        #expect(mine.ids == theirs.ids)
        for row in 0..<90 {
            let source = try #require(guest.columns[0].firstIndex(of: mine.features[row * 2]))
            let same = guest.columns[0].indices.filter { guest.columns[0][$0] == mine.features[row * 2] }
            #expect(same.contains { host.columns[0][$0] == theirs.features[row] }, "\(source)")
        }
    }

    @Test func strataHaveSharesOfTheirOwn() async throws {
        let run = try await sample(["mode": "stratified", "fractions": [[0, 0.5], [1, 0.2]]])
        #expect(run.succeeded, "\(run.failures)")
        let labels = try await run[.guest].table().instances().labels ?? []
        for (label, share) in [(0.0, 0.5), (1, 0.2)] {
            let all = guest.labels.count { $0 == label }
            #expect(labels.count { $0 == label } == Int(share * Double(all)))
            #expect(run[.guest].summary["original_count"]?["\(Int(label))"]?.int == all)
        }
        let more = try await sample(["mode": "stratified", "method": "upsample"])
        #expect(try await more[.host].table().count == 120)
        let unknown = try await sample(["mode": "stratified", "fractions": [[0, 0.5]]])
        #expect(unknown[.guest].error?.description.contains("fractions") == true)
    }

    @Test func weightsSayHowOftenARowComes() async throws {
        let weighted = try await feature(
            "SampleWeight", [.instances("data", csv: "id,y,w\na,1,0\nb,0,1.2\nc,1,3\n", label: "y")],
            ["sample_weight_name": "w"])
        let rows = try await weighted.table().collect([UInt8].self).map { ($0.key, $0.value) }
        let input = TestInput.table("data", rows, schema: try await weighted.table().schema)
        let run = try await both(
            "FederatedSample", ["mode": "exact_by_weight"], guest: [input],
            host: [.instances("data", csv: "id,h\na,1\nb,2\nc,3\n")])
        #expect(run.succeeded, "\(run.failures)")
        let theirs = try await run[.host].table().instances()
        #expect(theirs.features.sorted() == [2, 2, 3, 3, 3])
        #expect(try await run[.guest].table().keys() == theirs.ids)
    }

    @Test func wholeRowsAreSampledByEachParty() async throws {
        let run = try await both(
            "FederatedSample", ["task_type": "homo", "fractions": 0.5], guest: [guest.input()],
            host: [guest.input()])
        #expect(run.succeeded && run.messages.isEmpty)
        #expect(try await run[.guest].table().keys() != run[.host].table().keys())
    }

    @Test(arguments: [
        ("mode", CBOR.text("some")), ("method", CBOR.text("twice")), ("fractions", CBOR.double(1.5)),
        ("task_type", CBOR.text("x")),
    ])
    func wrongParametersAreRefusedByName(field: String, value: CBOR) async throws {
        #expect(try await sample([field: value])[.guest].error?.description.contains(field) == true)
    }
}

@Suite struct SampleWeightTests {
    let csv = "id,y,w,x\na,1,2,5\nb,0,1,6\nc,0,3,7\nd,0,2,8\n"
    private var input: TestInput { .instances("data", csv: csv, label: "y") }

    @Test func balancedClassesWeighTheSame() async throws {
        let (fitted, result) = try await fitAndApply(
            "SampleWeight", [input], ["class_weight": "balanced"])
        expectClose(result.weights ?? [], [2, 2.0 / 3, 2.0 / 3, 2.0 / 3], 1e-12)
        #expect(fitted.summary["weight_mode"] == "class weight")
        let (_, given) = try await fitAndApply("SampleWeight", [input], ["class_weight": ["0": 0.5]])
        #expect(given.weights == [1, 0.5, 0.5, 0.5])
    }

    @Test func aColumnOfWeightsIsNoFeatureAnyMore() async throws {
        let (_, plain) = try await fitAndApply("SampleWeight", [input], ["sample_weight_name": "w"])
        #expect(
            plain.weights == [2, 1, 3, 2] && plain.header == ["x"] && plain.features == [5, 6, 7, 8])
        let (_, scaled) = try await fitAndApply(
            "SampleWeight", [input],
            ["sample_weight_name": "w", "normalize": true, "class_weight": "balanced"])
        #expect(scaled.weights == [1, 0.5, 1.5, 1])
        let wrong = try await feature("SampleWeight", [input], ["sample_weight_name": "v"])
        #expect(wrong.error?.description.contains("sample_weight_name") == true)
    }

    @Test func hostsHandTheirRowsOn() async throws {
        let result = try await feature(
            "SampleWeight", [input], ["class_weight": "balanced"], role: .host)
        #expect(try await result.table().instances().weights == nil)
    }
}

@Suite struct UnionTests {
    private let first = "id,y,x\na,1,5\nb,0,6\n"
    private let second = "id,y,x\nb,1,7\nc,0,8\n"

    private func unite(_ csvs: [String], _ parameters: [String: CBOR] = [:]) async throws
        -> TestResult
    {
        try await feature("Union", csvs.map { .instances("data", csv: $0, label: "y") }, parameters)
    }

    @Test func theFirstOfARepeatedIdStays() async throws {
        let result = try await unite([first, second])
        let instances = try await result.table().instances()
        #expect(instances.ids == ["a", "b", "c"] && instances.features == [5, 6, 8])
        #expect(result.summary["Total"]?.int == 3)
    }

    @Test func duplicatesCanBeKept() async throws {
        let result = try await unite([first, second], ["keep_duplicate": true])
        let instances = try await result.table().instances()
        #expect(instances.rows == 4 && instances.features.sorted() == [5, 6, 7, 8])
        #expect(Set(instances.ids).count == 4)
    }

    @Test func tablesOfOtherColumnsAreRefused() async throws {
        #expect(try await unite([first, "id,y,z\nc,0,8\n"]).error?.message.contains("columns") == true)
        #expect(try await unite([first]).error?.message.contains("more than one") == true)
    }
}

@Suite struct LabelTransformTests {
    let csv = "id,y,x\na,7,1\nb,3,2\nc,3,3\nd,9,4\n"

    @Test func sortedLabelsAreNumbered() async throws {
        let (fitted, result) = try await fitAndApply(
            "LabelTransform", [.instances("data", csv: csv, label: "y")])
        #expect(result.labels == [1, 0, 0, 2] && result.features == [1, 2, 3, 4])
        #expect(fitted.summary["label_encoder"]?["7"] == "1")
    }

    @Test func labelsCanBeNamedAndOthersStay() async throws {
        let (_, result) = try await fitAndApply(
            "LabelTransform", [.instances("data", csv: csv, label: "y")],
            ["label_encoder": ["3": 30, "7": -1]])
        #expect(result.labels == [-1, 30, 30, 9])
        let wrong = try await feature(
            "LabelTransform", [.instances("data", csv: csv, label: "y")], ["label_encoder": ["a": 1]])
        #expect(wrong.error?.description.contains("label_encoder") == true)
    }

    @Test func predictionsGoBackToTheOldLabels() async throws {
        let fitted = try await feature("LabelTransform", [.instances("data", csv: csv, label: "y")])
        let model = try CBOR(decoding: try fitted.bytes("model"))
        let schema = TableSchema(
            layout: .cbor,
            header: ["label", "predict_result", "predict_score", "predict_detail", "type"],
            content: .predictions)
        let row: CBOR = [2, 0, 0.6, "{\"0\": 0.6, \"1\": 0.3, \"2\": 0.1}", "predict"]
        let result = try await feature(
            "LabelTransform", [.table("data", [(Key.text("a"), row)], schema: schema), try .model("model", model)])
        let changed = try await result.table().collect(CBOR.self)[0].value
        #expect(changed == [9, 3, 0.6, "{\"3\": 0.6, \"7\": 0.3, \"9\": 0.1}", "predict"])
    }
}

@Suite struct ColumnExpandTests {
    @Test func constantsAreAppendedToText() async throws {
        let input = TestInput.csv("data", "id,x\na,1\nb,2\n")
        let result = try await feature(
            "ColumnExpand", [input], ["append_header": ["p", "q"], "fill_value": [0.5, 7]])
        #expect(try await result.table().schema?.header == ["x", "p", "q"])
        #expect(try await result.table().collect(String.self).map(\.value) == ["1,0.5,7", "2,0.5,7"])
        let model = try CBOR(decoding: try result.bytes("model"))
        let again = try await feature("ColumnExpand", [input, try .model("model", model)])
        #expect(try await again.table().collect(String.self).map(\.value) == ["1,0.5,7", "2,0.5,7"])
        let small = try await feature("ColumnExpand", [input], ["append_header": "p"])
        #expect(try await small.table().collect(String.self).map(\.value) == ["1,1e-08", "2,1e-08"])
        let known = try await feature("ColumnExpand", [input], ["append_header": ["x"]])
        #expect(known.error?.description.contains("append_header") == true)
    }
}
