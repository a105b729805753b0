import NornCrypto
import NornKit

/// Cuts columns of which each party has rows of its own at points that are the same for all (FATE's HomoFeatureBinning).
///
/// 1. The guest names the columns, and guest and hosts agree on masks that cancel in a sum over all.
/// 2. The arbiter names points of each column; each party counts its values that are not above them and sends the counts
///    under masks, so that the arbiter sees sums over all parties only. So it first finds the lowest and the highest value;
///    then it cuts either at points that lie evenly between them (`virtual_summary`), or, for every split point, halves
///    where it can be until its rank is near enough (`recursive_query`).
/// 3. The arbiter tells all the split points.
struct HomoFeatureBinning: Component {
    typealias Parameters = HomoBinningParameters

    static let descriptor = ComponentDescriptor(
        name: "HomoFeatureBinning", roles: [.guest, .host, .arbiter],
        inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        guard context.role != .arbiter else {
            // Whoever applies a model needs nobody else.
            if context.parameters.needRun, !context.inputs.has("model") {
                var arbiter = HomoBinningArbiter(context)
                try await arbiter.run()
            }
            return
        }
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else {
            if stage.isFitting, context.role == .guest { try await decline(context) }
            return try await context.outputs.table(stage.table)
        }
        let model: BinningModel
        if stage.isFitting {
            model = try await HomoBinningParty(context, stage).fit()
        } else {
            model = try await context.inputs.model(BinningModel.self)
            // The arbiter has no model to see by that it is not needed.
            if context.role == .guest { try await decline(context, hosts: false) }
        }
        let header = model.parameters.header
        let places = try stage.places(of: header)
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(header: header, of: context.party, anonymous: places.map { anonymous[$0] }),
            columns: model.changes(places: places))
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.summary(["split_points": model.splitPoints])
        try await context.output(stage, changedBy: change, RowKernels.change)
    }

    private func decline(_ context: TaskContext<Parameters>, hosts: Bool = true) async throws {
        let plan = HomoBinningPlan(isRun: false)
        if hosts { try await context.federation.send(plan, name: HomoBinningMessage.plan, to: .host) }
        try await context.federation.send(plan, name: HomoBinningMessage.plan, to: .arbiter)
    }
}

typealias HomoBinningContext = TaskContext<HomoBinningParameters>

extension HomoBinningContext {
    var onlyGuest: Party {
        get throws {
            guard let guest = parties[.guest].first, parties[.guest].count == 1 else {
                throw ComponentError(.failedPrecondition, "HomoFeatureBinning needs one guest.", fault: .user)
            }
            return guest
        }
    }

    var onlyArbiter: Party {
        get throws {
            guard let arbiter = parties[.arbiter].first, parties[.arbiter].count == 1 else {
                throw ComponentError(.failedPrecondition, "HomoFeatureBinning needs one arbiter.", fault: .user)
            }
            guard owners.count > 1 else {
                throw ComponentError(.failedPrecondition, "HomoFeatureBinning needs at least one host.", fault: .user)
            }
            return arbiter
        }
    }

    /// Who has rows, in an order that is the same for all.
    var owners: [Party] { parties[.guest] + parties[.host] }
}

extension BinningModel {
    fileprivate var splitPoints: CBOR {
        .map(parameters.result.columns.mapValues { .array($0.points.map(CBOR.double)) })
    }
}
