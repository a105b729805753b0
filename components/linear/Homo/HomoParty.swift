import NornCrypto
import NornKit
import NornMath

/// The side of a party that has rows: guest and hosts do the same, but for who leads.
struct HomoParty {
    let task: HomoTask

    private var isGuest: Bool { task.party.role == .guest }

    func run() async throws {
        let stages = Stages(task.inputs, crossValidates: task.settings.crossValidation != nil)
        guard let input = stages.training else {
            // A prediction needs nobody else: only the arbiter is told that it is not needed.
            if isGuest, let arbiter = task.parties[.arbiter].first {
                try await task.federation.send(HomoPlan(trains: false), name: HomoMessage.plan, to: arbiter)
            }
            try await predict(stages, with: try await task.linear.givenModel())
            return
        }
        let table = try await task.inputs.table(input)
        let own = try await table.instances()
        try check(own, field: input)
        let before = try await task.linear.startModel()
        let plan = try await plan(own, before: before)
        let instances = try own.reordered(plan.header, from: task.guest)
        let masks = try await agree()
        let fitting = HomoFitting(task: task, plan: plan, arbiter: try task.arbiter, masks: masks, before: before)
        if let asked = task.settings.crossValidation {
            try await crossValidate(asked, table: table, instances: instances, fitting: fitting)
            return
        }
        let measured = try await measuredRows(instances)
        let (model, histories) = try await fitting.fit(instances, fold: nil, measured: measured)
        try await task.linear.publish(model)
        try task.tracking.summary(task.linear.homoSummary(model, histories))
        try await predict(stages, with: model)
    }

    private func check(_ instances: Instances, field: String) throws {
        guard let labels = instances.labels else {
            throw ComponentError.invalid(
                field: "label", "this party's table has no label: set with_label in DataTransform")
        }
        guard instances.rows > 0, labels.allSatisfy(\.isFinite), instances.features.allSatisfy(\.isFinite) else {
            throw ComponentError.invalid(
                field: field, "the table has no rows, or a number that is not finite: fill missing values before")
        }
        if let weights = instances.weights, !weights.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw ComponentError.invalid(field: "weight", "a row's weight is negative or no number")
        }
    }

    private func measuredRows(_ training: Instances) async throws -> [(stage: String, instances: Instances)] {
        guard task.settings.validation.isActive else { return [] }
        guard task.inputs.has("validate_data") else { return [("train", training)] }
        return [("train", training), ("validate", try await task.inputs.table("validate_data").instances())]
    }

    /// All agree on columns, classes and fits; the guest leads.
    private func plan(_ instances: Instances, before: LinearModel?) async throws -> HomoPlan {
        let arbiter = try task.arbiter
        let found = Set(instances.labels ?? [])
        guard isGuest else {
            try await task.federation.send(found.sorted(), name: HomoMessage.hostClasses, to: task.guest)
            let plan = try await task.federation.receive(HomoPlan.self, name: HomoMessage.plan, from: task.guest)
            try plan.check(task)
            guard plan.trains, found.isSubset(of: plan.classes), plan.columns == plan.header.count else {
                throw ComponentError.peer(task.guest, "its plan does not know all labels of this party")
            }
            return plan
        }
        var all = found
        for classes in try await task.federation.receive([Double].self, name: HomoMessage.hostClasses, from: .host) {
            all.formUnion(classes.filter(\.isFinite))
        }
        var plan = HomoPlan(trains: true, header: instances.header, columns: instances.columns)
        plan.classes = try Targets.classes(Array(all))
        plan.models = plan.classes.count > 2 ? plan.classes.count : 1
        plan.folds = task.settings.crossValidation?.splits ?? 0
        plan.firstEpochs = before?.single.map(\.iterations) ?? [Int](repeating: 0, count: plan.models)
        guard plan.firstEpochs.count == plan.models else {
            throw ComponentError.invalid(
                field: "model",
                "the model to start from tells \(plan.firstEpochs.count) classes, the rows have \(plan.models)")
        }
        try await task.federation.send(plan, name: HomoMessage.plan, to: .host)
        try await task.federation.send(plan.withoutNames, name: HomoMessage.plan, to: arbiter)
        return plan
    }

    /// Exchanges public keys with the other parties that have rows, past the arbiter, and compares what all have seen.
    private func agree() async throws -> PairwiseMasks {
        let owners = task.owners
        guard let own = owners.firstIndex(of: task.party) else {
            throw ComponentError(.failedPrecondition, "HomoLR has no role \(task.party.role).", fault: .user)
        }
        if owners.count < 3 {
            task.log.warning(
                "[WARN] only \(owners.count) parties have rows: from the average and its own model each can tell the other's"
            )
        }
        let key = try AggregationKey()
        let others = owners.filter { $0 != task.party }
        for other in others {
            try await task.federation.sendBytes(key.publicKey, name: HomoMessage.aggregationKey, to: other)
        }
        var keys: [[UInt8]] = []
        for owner in owners {
            keys.append(
                owner == task.party
                    ? key.publicKey
                    : try await task.federation.receiveBytes(name: HomoMessage.aggregationKey, from: owner))
        }
        let seen = try SHA512.digest(keys.flatMap { $0 })
        for other in others { try await task.federation.sendBytes(seen, name: HomoMessage.keysSeen, to: other) }
        for other in others {
            guard try await task.federation.receiveBytes(name: HomoMessage.keysSeen, from: other) == seen else {
                throw ComponentError.peer(
                    other, "it has seen other keys than this party: somebody changed one on its way")
            }
        }
        let identity = task.identity
        let context = Array("\(identity.job)/\(identity.task)/\(identity.attempt)".utf8)
        do { return try key.masks(keys, own: own, context: context) } catch CryptoError.badPoint(let place) {
            throw ComponentError.peer(owners[place], "its aggregation key is none that an honest party has")
        }
    }
}

extension Instances {
    /// The same rows with the columns in another party's order.
    func reordered(_ wanted: [String], from guest: Party) throws -> Instances {
        if header == wanted { return self }
        let places = Dictionary(header.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
        let order = wanted.compactMap { places[$0] }
        guard order.count == wanted.count, header.count == wanted.count else {
            throw ComponentError.invalid(
                field: "train_data",
                "its \(header.count) columns are not the \(wanted.count) of \(guest): all parties need the same")
        }
        var other = self
        other.header = wanted
        other.features = (0..<rows).flatMap { row in order.map { features[row * columns + $0] } }
        return other
    }
}
