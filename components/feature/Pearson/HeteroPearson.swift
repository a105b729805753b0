import NornCrypto
import NornKit

/// Correlations of columns that several parties hold, each with each (FATE's HeteroPearson, whose sharing of columns with
/// Beaver triples made by Paillier is replaced by Paillier itself: both parties learn the same, and nothing is opened in
/// between).
///
/// Each party standardises its own columns and correlates them with each other. Then, unless `cross_parties` is false,
/// 1. the guest encrypts each of its columns, row by row and with a fresh Paillier key, and sends it to the hosts;
/// 2. a host multiplies it with each of its own, adds up over all rows, makes the sums random anew and sends them;
/// 3. the guest decrypts the sums, which over n are the correlations, and tells each host its own.
struct HeteroPearson: Component {
    typealias Parameters = PearsonParameters

    static let descriptor = ComponentDescriptor(
        name: "HeteroPearson", roles: [.guest, .host],
        inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        if stage.isFitting {
            if context.parameters.needRun {
                try await fit(context, stage)
            } else {
                try await CrossCorrelation(context, stage, own: nil).decline()
            }
        }
        // Rows are as they were: the model is what this component is for.
        try await context.outputs.table(stage.table)
    }

    private func fit(_ context: TaskContext<Parameters>, _ stage: LocalStage) async throws {
        let data = try await stage.columns()
        let own = try StandardColumns(data, places: try places(context.parameters, data.header))
        let local = try own.correlations(checkCancelled: context.checkCancelled)
        let inflation =
            context.parameters.calculatesInflation
            ? InflationFactors.values(local, columns: own.names.count) : []
        if inflation.contains(.infinity) {
            context.log.warning(
                "[WARN] some columns are sums of others: their variance inflation factor is infinite")
        }
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        let cross = CrossCorrelation(context, stage, own: own)
        var parameters = PearsonModel.Parameters(
            party: context.party.asFATEWrites, names: own.names, anonymousNames: own.places.map { anonymous[$0] },
            localCorrelations: local, localVIFs: inflation, shape: own.names.count,
            parties: [context.party.asFATEWrites])
        var shapes = [own.names.count]
        if let others = try await cross.correlate(data.ids) {
            let first = others[0]
            parameters.otherParty = first.party
            parameters.otherNames = first.names
            parameters.correlations = first.correlations
            if context.role == .guest {
                parameters.hosts = others
                parameters.parties += context.parties[.host].map(\.asFATEWrites)
                shapes += others.map(\.names.count)
            } else {
                parameters.parties.insert(try context.onlyGuest.asFATEWrites, at: 0)
                shapes.insert(first.names.count, at: 0)
            }
        }
        let model = PearsonModel(meta: .init(shapes: shapes), parameters: parameters)
        try await context.outputs.model(model)
        try context.tracking.model(try model.view)
        try context.tracking.summary(model.summary)
        try context.tracking.series(
            "correlation", namespace: "statistic", type: "CORRELATION_GRAPH", points: [],
            meta: ["name": "pearson", "metric_type": "CORRELATION_GRAPH"])
    }

    private func places(_ asked: PearsonParameters, _ header: [String]) throws -> [Int] {
        let places = try asked.columnPlaces.resolve(
            names: asked.columnNames, header: header, fields: ("column_indexes", "column_names"))
        guard !places.isEmpty else {
            throw ComponentError.invalid(
                field: "column_indexes", "no column is named, here or in column_names: -1 stands for all")
        }
        guard places.count <= PearsonColumns.most else {
            throw ComponentError.invalid(
                field: "column_indexes",
                "names \(places.count) columns; at most \(PearsonColumns.most) can be correlated with each other")
        }
        return places
    }
}

typealias PearsonContext = TaskContext<PearsonParameters>

extension PearsonContext {
    var onlyGuest: Party {
        get throws {
            guard let guest = parties[.guest].first, parties[.guest].count == 1 else {
                throw ComponentError(.failedPrecondition, "HeteroPearson needs one guest.", fault: .user)
            }
            return guest
        }
    }
}

extension Party {
    fileprivate var asFATEWrites: String { "(\(role.rawValue),\(id))" }
}
