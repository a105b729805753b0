import NornKit
import NornTestHost
import Testing

/// A model applied to the table that it was fitted on gives the very rows and schema of the fit, at every party.
@Suite struct FitAndTransformTests {
    private struct Place {
        let role: Role
        let id: String
        let inputs: [TestInput]
        var parameters: [String: CBOR] = [:]

        func party(_ model: TestInput? = nil) -> TestParty {
            TestParty(role, id, inputs: inputs + [model].compactMap { $0 }, parameters: parameters)
        }
    }

    @discardableResult
    private func expectRowsOfTheFit(
        _ product: String, _ component: String, _ parameters: [String: CBOR], _ places: [Place]
    ) async throws -> TestRun {
        let host = try TestHost(product: product, cores: 2)
        let fitted = try await host.run(component, parameters: parameters, parties: places.map { $0.party() })
        #expect(fitted.succeeded, "\(fitted.failures)")
        let results = fitted.parties.all.map { fitted[$0.role, fitted.parties.index(of: $0) ?? 0] }
        let parts = try places.map { place in
            let result = try #require(results.first { $0.party.role == place.role && $0.party.id == place.id })
            let hasModel = result.outputNames.contains("model")
            return place.party(hasModel ? try .model("model", try CBOR(decoding: try result.bytes("model"))) : nil)
        }
        let applied = try await host.run(component, parameters: parameters, parties: parts)
        #expect(applied.succeeded, "\(applied.failures)")
        for result in results where result.outputNames.contains("data") {
            let index = fitted.parties.index(of: result.party) ?? 0
            let (first, again) = (try await result.table(), try await applied[result.party.role, index].table())
            #expect(first.schema == again.schema, "\(result.party)")
            let (rows, same) = (try await first.collect([UInt8].self), try await again.collect([UInt8].self))
            #expect(!rows.isEmpty && rows.map(\.key) == same.map(\.key))
            #expect(rows.map(\.value) == same.map(\.value), "\(result.party)")
        }
        return fitted
    }

    // MARK: DataTransform

    static let dense = "id,phone,y,x0,x1,x2\na,1,1,0.5,,-999\nb,2,0,NA,4,2\nc,3,1,1e3,-5,0\nd,3,0,2,2,2\n"

    @Test(
        arguments: [
            ["missing_fill": true, "missing_fill_method": "mean", "outlier_replace": true, "outlier_impute": [-999]],
            ["missing_fill": true, "default_value": -1, "output_format": "sparse", "data_type": "float"],
            ["with_match_id": true, "match_id_name": "phone", "missing_fill_method": "median", "missing_fill": true],
            ["exclusive_data_type": ["x2": "int"], "label_type": "float"],
        ] as [[String: CBOR]])
    func textIsReadAsInTheFit(parameters: [String: CBOR]) async throws {
        try await expectRowsOfTheFit(
            "norn_data", "DataTransform", parameters.merging(["with_label": true]) { $1 },
            [Place(role: .guest, id: "9999", inputs: [.csv("data", Self.dense)])])
    }

    @Test(
        arguments: [
            (["1,0:0.5,3:-2", "0,1:7", "1"], ["input_format": "sparse", "with_label": true]),
            (["1,0:0.5,3:-2", "0,1:7"], ["input_format": "sparse", "with_label": true, "output_format": "sparse"]),
            (["b;a", "c;b"], ["input_format": "tag", "delimitor": ";"]),
            (["b:2,a:3", "a:5", "c:1"], ["input_format": "tag", "tag_with_value": true, "output_format": "sparse"]),
            (["id7,b:2,a:3", "id9,c:5"], ["input_format": "tag", "tag_with_value": true, "with_match_id": true]),
        ] as [([String], [String: CBOR])])
    func featuresThatTheirRowsNameAreReadAsInTheFit(lines: [String], parameters: [String: CBOR]) async throws {
        let schema = TableSchema(layout: .text, header: ["rest"], content: .raw)
        let rows = lines.enumerated().map { (Key.text("r\($0.offset)"), $0.element) }
        try await expectRowsOfTheFit(
            "norn_data", "DataTransform", parameters,
            [Place(role: .host, id: "10000", inputs: [.table("data", rows, schema: schema)])])
    }

    // MARK: Features of several parties

    private static let guest = FeatureData(rows: 60, columns: 3, prefix: "g", missing: 8, seed: 3)
    private static let full = FeatureData(rows: 60, columns: 3, prefix: "g", seed: 3)

    private func places(_ guest: FeatureData, hosts: [FeatureData], isSparse: Bool = false) -> [Place] {
        [Place(role: .guest, id: "9999", inputs: [guest.input(isSparse: isSparse)])]
            + hosts.enumerated().map { place, data in
                Place(
                    role: .host, id: "\(10000 + place)", inputs: [data.input(labelled: false, isSparse: isSparse)],
                    parameters: ["transform_param": ["transform_type": "bin_num", "transform_cols": -1]])
            }
    }

    private static let binnings: [[String: CBOR]] = [
        ["transform_param": ["transform_type": "woe", "transform_cols": -1]],
        [
            "method": "bucket", "bin_num": 4,
            "transform_param": ["transform_type": "bin_num", "transform_names": ["g1"]],
        ],
        ["transform_param": ["transform_type": nil]], ["skip_static": true],
    ]

    @Test(arguments: binnings, [false, true])
    func valuesGoToTheBinsOfTheFit(parameters: [String: CBOR], isSparse: Bool) async throws {
        let hosts = [
            FeatureData(rows: 60, columns: 2, prefix: "h", missing: 5, seed: 4),
            FeatureData(rows: 60, columns: 1, prefix: "k", seed: 6),
        ]
        try await expectRowsOfTheFit(
            "norn_feature", "HeteroFeatureBinning",
            ["encrypt_param": ["key_length": 1024]].merging(parameters) { $1 },
            places(Self.guest, hosts: hosts, isSparse: isSparse))
    }

    @Test(arguments: ["iv", "gini", "chi_square", "ks"]) func optimalBinsAreThoseOfTheFit(metric: String) async throws {
        try await expectRowsOfTheFit(
            "norn_feature", "HeteroFeatureBinning",
            [
                "encrypt_param": ["key_length": 1024], "method": "optimal", "bin_num": 4,
                "optimal_binning_param": ["metric_method": .text(metric), "init_bin_nums": 20, "min_bin_pct": 0.1],
                "transform_param": ["transform_type": "bin_num", "transform_cols": -1],
            ], places(Self.full, hosts: [FeatureData(rows: 60, columns: 2, prefix: "h", seed: 4)]))
    }

    @Test func selectedColumnsAreThoseOfTheFit() async throws {
        let host = FeatureData(rows: 60, columns: 4, prefix: "h", seed: 4)
        let inputs = [Self.full.input(), host.input(labelled: false)]
        let fitted = try await expectRowsOfTheFit(
            "norn_feature", "HeteroFeatureSelection",
            [
                "filter_methods": ["manually"]
            ],
            [
                Place(role: .guest, id: "9999", inputs: [inputs[0]]),
                Place(
                    role: .host, id: "10000", inputs: [inputs[1]],
                    parameters: ["manually_param": ["filter_out_names": ["h1"]]]),
            ])
        #expect(try await fitted[.host].table().schema?.header.contains("h1") == false)
    }

    @Test(arguments: ["HomoOneHotEncoder", "OneHotEncoder"]) func encodedColumnsAreThoseOfTheFit(
        component: String
    ) async throws {
        let places = [("9999", Role.guest, "0,1\nb,2"), ("10000", .host, "2,1\nd,5")].map { id, role, rows in
            Place(role: role, id: id, inputs: [.instances("data", csv: "id,c,x\na,\(rows),3\n")])
        }
        try await expectRowsOfTheFit(
            "norn_feature", component, ["transform_col_names": ["c"], "transform_col_indexes": []],
            component == "OneHotEncoder" ? places : places + [Place(role: .arbiter, id: "10009", inputs: [])])
    }

    @Test(arguments: ["virtual_summary", "recursive_query"]) func commonBinsAreThoseOfTheFit(
        method: String
    ) async throws {
        let parts = [Self.full, FeatureData(rows: 40, columns: 3, prefix: "g", missing: 9, seed: 9)]
        let places = zip(parts, [(Role.guest, "9999"), (.host, "10000")]).map { part, place in
            Place(role: place.0, id: place.1, inputs: [part.input()])
        }
        try await expectRowsOfTheFit(
            "norn_feature", "HomoFeatureBinning", ["method": .text(method), "bin_num": 4],
            places + [Place(role: .arbiter, id: "10009", inputs: [])])
    }
}
