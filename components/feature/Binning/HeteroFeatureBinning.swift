import NornCrypto
import NornKit

/// Bins columns that several parties hold, and tells the guest how well each tells the label (FATE's
/// HeteroFeatureBinning).
///
/// Each party cuts its own columns. Then, unless `skip_static` or `local_only` is set,
/// 1. the guest encrypts, row by row and with a fresh Paillier key, which class the row's label is, all classes but the
///    last packed into one number or a few, and sends that to the hosts;
/// 2. each host adds up the ciphertexts of every bin, packs the sums of several bins into one ciphertext, makes them
///    random anew and sends them with the number of rows of each bin, columns under their anonymous names;
/// 3. the guest decrypts counts of classes and computes WOE and IV; of a host that bins optimally it merges or splits the
///    host's many first bins and tells which are left.
struct HeteroFeatureBinning: Component {
    typealias Parameters = BinningParameters

    static let descriptor = ComponentDescriptor(
        name: "HeteroFeatureBinning", roles: [.guest, .host],
        inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.outputs.table(stage.table) }
        let model: BinningModel
        if !stage.isFitting {
            model = try await context.inputs.model(BinningModel.self)
        } else if context.role == .host {
            model = try await HostBinning(context, stage).fit()
        } else {
            model = try await GuestBinning(context, stage).fit()
        }
        let header = model.parameters.header
        let places = try stage.places(of: header)
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(
                header: header, of: context.party, anonymous: places.map { anonymous[$0] }),
            columns: model.changes(places: places))
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.summary(model.summary)
        try await context.output(stage, changedBy: change, RowKernels.change)
    }
}

typealias BinningContext = TaskContext<BinningParameters>

extension BinningContext {
    var loop: ThreadLoop { ThreadLoop(width: cores) }

    var guest: Party {
        get throws {
            guard let guest = parties[.guest].first, parties[.guest].count == 1 else {
                throw ComponentError(
                    .failedPrecondition, "HeteroFeatureBinning needs one guest.", fault: .user)
            }
            return guest
        }
    }

    /// A model of own columns without statistics.
    func model(_ stage: LocalStage, _ binned: BinnedColumns) throws -> BinningModel {
        let asked = parameters
        let header = stage.schema.header
        let places = Set(binned.columns.map(\.place))
        var transformed: [Int] = []
        if asked.transform.type != nil {
            let chosen = try asked.transform.columnPlaces.list.map { _ in
                try asked.transform.columnPlaces.resolve(
                    names: asked.transform.columnNames, header: header,
                    fields: ("transform_param.transform_cols", "transform_param.transform_names"))
            }
            transformed = chosen ?? places.sorted()
            for place in transformed where !places.contains(place) {
                throw ComponentError.invalid(
                    field: "transform_param.transform_cols",
                    "column \"\(header[place])\" is to be transformed but not binned")
            }
        }
        let result = BinningModel.PartyResult(
            columns: Dictionary(
                uniqueKeysWithValues: binned.columns.map {
                    ($0.name, BinningModel.Column(points: $0.points, bins: $0.bins))
                }), role: role.rawValue, party: party.id)
        let usesMetric = asked.kind == .optimal && !binned.columns.contains(where: \.isManual)
        return BinningModel(
            meta: .init(
                method: asked.kind.rawValue, compressThreshold: asked.compressThreshold,
                headSize: asked.headSize,
                error: asked.error, bins: asked.bins, columns: binned.columns.map(\.name),
                adjustment: asked.adjustment, localOnly: asked.localOnly,
                transform: .init(columns: transformed, type: asked.transform.type ?? ""),
                skipsStatistics: asked.skipsStatistics,
                optimalMetric: usesMetric ? asked.optimal.metricKind?.rawValue ?? "" : ""),
            parameters: .init(
                result: result, header: header, anonymousHeader: AnonymousNames.of(stage.schema, party),
                classes: .init(results: [result])))
    }
}
