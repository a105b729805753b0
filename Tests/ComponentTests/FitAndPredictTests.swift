import NornKit
import NornTestHost
import Testing

/// Every linear model predicts on the rows of its fit what the fit handed out, to the last bit; only the column that
/// says which set a row was in differs.
@Suite struct FitAndPredictTests {
    private let data = SmallData(rows: 24)

    private struct Rows: Equatable {
        var keys: [Key] = []
        /// label, predict_result, predict_score, predict_detail
        var values: [[CBOR]] = []
        var stages: Set<String> = []

        init(_ table: Table) async throws {
            for row in try await table.collect(CBOR.self) {
                let fields = try #require(row.value.array)
                keys.append(row.key)
                values.append(Array(fields.prefix(4)))
                stages.insert(fields[4].text ?? "")
            }
        }
    }

    /// Trains, predicts with each party's own part of the model, and compares what the given parties hand out.
    /// - Parameter keptAt: predicts with what a longer training kept at this epoch, the last of the training
    private func expectPredictionsOfTheFit(
        _ component: String, _ parameters: [String: CBOR], of predicting: [Role] = [.guest], keptAt epoch: Int? = nil,
        parties: (_ port: String, _ models: [Party: TestInput]) throws -> [TestParty]
    ) async throws {
        let (host, rows) = (try TestHost(product: "norn_linear"), 24)
        let fitted = try await host.run(component, parameters: parameters, parties: try parties("train_data", [:]))
        #expect(fitted.succeeded, "\(fitted.failures)")
        var source = fitted
        if let epoch {
            let longer: [String: CBOR] = [
                "max_iter": .int(Int64(epoch) + 3), "callback_param": ["callbacks": ["ModelCheckpoint"]],
            ]
            source = try await host.run(
                component, parameters: parameters.merging(longer) { $1 }, parties: try parties("train_data", [:]))
            #expect(source.succeeded, "\(source.failures)")
        }
        var models: [Party: TestInput] = [:]
        for party in source.parties.all {
            let result = source[party.role, source.parties.index(of: party) ?? 0]
            guard result.outputNames.contains("model") else { continue }
            var model = try CBOR(decoding: try result.bytes("model"))
            if let epoch { model = try #require(try result.checkpoints()[epoch]["content"]) }
            models[party] = try .model("model", model)
        }
        let predicted = try await host.run(component, parameters: parameters, parties: try parties("test_data", models))
        #expect(predicted.succeeded, "\(predicted.failures)")
        for role in predicting {
            let (before, after) = (try await fitted[role].table(), try await predicted[role].table())
            #expect(before.schema?.header == PredictionHeader.names && after.schema == before.schema)
            let (first, again) = (try await Rows(before), try await Rows(after))
            #expect(first.keys.count == rows && again.keys == first.keys)
            #expect(again.values == first.values)
            #expect(first.stages == ["train"] && again.stages == ["predict"])
        }
        for party in predicted.parties.all where !predicting.contains(party.role) {
            let result = predicted[party.role, predicted.parties.index(of: party) ?? 0]
            guard result.outputNames.contains("data") else { continue }
            #expect(try await result.table().collect(String.self).allSatisfy { $0.value.isEmpty }, "\(party)")
        }
    }

    /// Inputs of a party: its rows under the port, and its part of the model where there is one.
    private func party(
        _ role: Role, _ id: String, _ rows: [TestInput], _ models: [Party: TestInput]
    ) -> TestParty {
        TestParty(role, id, inputs: rows + [models[Party(role, id)]].compactMap { $0 })
    }

    private func columns(
        _ labels: [Double], hosts: Int = 1, isSparse: Bool = false
    ) -> (String, [Party: TestInput]) throws -> [TestParty] {
        { port, models in
            func rows(_ columns: [[Double]], _ header: [String], labelled: Bool) -> TestInput {
                FeatureData(
                    ids: data.ids.map { .text($0) }, header: header,
                    columns: header.indices.map { column in columns.map { $0[column] } }, labels: labels
                ).input(port, labelled: labelled, isSparse: isSparse)
            }
            let parts = hosts == 1 ? [[0, 1, 2]] : [[0], [1, 2]]
            return [party(.guest, "9999", [rows(data.guest, ["g0", "g1"], labelled: true)], models)]
                + parts.enumerated().map { place, part in
                    let own = data.host.map { row in part.map { row[$0] } }
                    return party(
                        .host, "\(10000 + place)", [rows(own, part.map { "h\($0)" }, labelled: false)], models)
                } + [party(.arbiter, "10009", [], models)]
        }
    }

    /// A model's learning, and the training's length.
    private static let hetero: [String: CBOR] = [
        "encrypt_param": ["key_length": 1024], "learning_rate": 0.15, "alpha": 0.01, "max_iter": 3, "batch_size": 12,
    ]

    @Test(arguments: [(1, false), (1, true), (2, false)])
    func logisticRegressionOnColumnsPredictsItsFit(hosts: Int, isSparse: Bool) async throws {
        try await expectPredictionsOfTheFit(
            "HeteroLR", Self.hetero, parties: columns(data.labels, hosts: hosts, isSparse: isSparse))
    }

    @Test(arguments: [1, 2]) func aModelOfEachClassPredictsItsFit(hosts: Int) async throws {
        try await expectPredictionsOfTheFit("HeteroLR", Self.hetero, parties: columns(data.classes, hosts: hosts))
    }

    @Test(arguments: [1, 2]) func linearRegressionOnColumnsPredictsItsFit(hosts: Int) async throws {
        let parameters = Self.hetero.merging(["optimizer": "adam"]) { $1 }
        try await expectPredictionsOfTheFit("HeteroLinR", parameters, parties: columns(data.amounts, hosts: hosts))
    }

    /// A threshold is of the prediction: it is not of the model, and the job that predicts says it again.
    @Test func aThresholdIsTheJobs() async throws {
        let parameters = Self.hetero.merging(["predict_param": ["threshold": 0.62]]) { $1 }
        try await expectPredictionsOfTheFit("HeteroLR", parameters, parties: columns(data.labels))
    }

    @Test(arguments: ["HeteroLR", "HeteroLinR", "HomoLR"]) func whatWasKeptPredictsAsATrainingThatEndedThere(
        component: String
    ) async throws {
        let parameters = Self.hetero.merging(
            [
                "init_param": ["init_method": "zeros"], "max_iter": 2, "tol": 0.0, "batch_size": -1,
                "optimizer": "rmsprop",
            ]
        ) { $1 }
        let isOfRows = component == "HomoLR"
        try await expectPredictionsOfTheFit(
            component, parameters, of: isOfRows ? [.guest, .host] : [.guest], keptAt: 1,
            parties: isOfRows ? rows(data.labels) : columns(component == "HeteroLinR" ? data.amounts : data.labels))
    }

    @Test(arguments: [false, true]) func logisticRegressionOnRowsPredictsItsFit(hasClasses: Bool) async throws {
        try await expectPredictionsOfTheFit(
            "HomoLR", ["learning_rate": 0.15, "alpha": 0.01, "max_iter": 3, "batch_size": 10], of: [.guest, .host],
            parties: rows(hasClasses ? data.classes : data.labels))
    }

    private func rows(_ labels: [Double]) -> (String, [Party: TestInput]) throws -> [TestParty] {
        { port, models in
            // Two parties have the same rows here, in columns of another order.
            func rows(_ order: [Int]) -> TestInput {
                let columns = zip(data.guest, data.host).map { $0 + $1 }
                return FeatureData(
                    ids: data.ids.map { .text($0) }, header: order.map { "c\($0)" },
                    columns: order.map { column in columns.map { $0[column] } }, labels: labels
                ).input(port)
            }
            return [
                party(.guest, "9999", [rows([0, 1, 2, 3, 4])], models),
                party(.host, "10000", [rows([3, 0, 4, 2, 1])], models), party(.arbiter, "10009", [], models),
            ]
        }
    }

    @Test(arguments: [false, true]) func theBaselinePredictsItsFit(hasClasses: Bool) async throws {
        try await expectPredictionsOfTheFit(
            "LocalBaseline", ["model_opts": ["max_iter": 20]], of: [.guest]
        ) { port, models in
            Array(try columns(hasClasses ? data.classes : data.labels)(port, models).prefix(2))
        }
    }
}

private enum PredictionHeader {
    static let names = ["label", "predict_result", "predict_score", "predict_detail", "type"]
}
