import NornCrypto
import NornKit
import NornMath

/// A running task of a linear model: what its component was given, whichever parameters that has.
struct LinearTask: Sendable {
    let settings: TrainingSettings
    let party: Party
    let parties: Parties
    let log: Log
    let inputs: Inputs
    let outputs: Outputs
    let tables: Tables
    let federation: Federation
    let tracking: Tracking
    /// over the threads that the attempt was granted
    let loop: ThreadLoop
    let checkCancelled: @Sendable () throws -> Void
    /// cryptographically secure
    let randomNumbers: @Sendable () throws -> HostRandom
    let identity: AttemptIdentity

    init<Parameters>(_ context: TaskContext<Parameters>, _ settings: TrainingSettings) {
        self.settings = settings
        party = context.party
        parties = context.parties
        log = context.log
        inputs = context.inputs
        outputs = context.outputs
        tables = context.tables
        federation = context.federation
        tracking = context.tracking
        loop = ThreadLoop(width: context.cores)
        checkCancelled = { try context.checkCancelled() }
        randomNumbers = { try context.randomNumberGenerator() }
        identity = context.identity
    }

    /// In models on several parties' columns the intercept is the guest's; of one's own rows, every party's.
    var hasIntercept: Bool {
        settings.initial.fitsIntercept && (party.role == .guest || (settings.isOfRows && party.role == .host))
    }

    /// First weights: of the seed, or unpredictable.
    func initialWeights(_ count: Int) throws -> [Double] {
        if let seed = settings.initial.seed {
            var generator = SeededGenerator(seed: seed)
            return settings.rules.initializer.weights(count, using: &generator)
        }
        var generator = try randomNumbers()
        return settings.rules.initializer.weights(count, using: &generator)
    }

    /// The model to go on from; nil without a warm start.
    func startModel() async throws -> LinearModel? {
        guard inputs.has("model") else { return nil }
        let model = try await inputs.model(LinearModel.self)
        try checkModule(model)
        return model
    }

    /// The model to predict with.
    func givenModel() async throws -> LinearModel {
        let model = try await inputs.model(LinearModel.self)
        try checkModule(model)
        return model
    }

    private func checkModule(_ model: LinearModel) throws {
        guard model.meta.module == settings.module else {
            throw ComponentError.invalid(
                field: "model", "it is a model of \(model.meta.module), this task is \(settings.module)")
        }
    }
}

/// Which of a task's fits a message or metric is about: cross validation fits once a fold, one-vs-rest once a class.
struct FitScope: Sendable {
    var fold: Int?
    var model: Int?

    /// The tag of a message of this fit.
    func tag(_ text: String) -> String { (fold.map { "f\($0)." } ?? "") + (model.map { "m\($0)." } ?? "") + text }

    /// FATE's name of a metric in training: `loss`, in cross validation `loss.<fold>`.
    var lossName: String { fold.map { "loss.\($0)" } ?? "loss" }

    /// FATE shows the loss of a model, not of the parts of one-vs-rest.
    var showsLoss: Bool { model == nil }

    /// FATE's name of what is measured after an epoch.
    func validationName(_ epoch: Int) -> String {
        let prefix = [fold.map { "fold_\($0)" }, model.map { "model_\($0)" }].compactMap { $0 }
        return (prefix + ["iteration_\(epoch)"]).joined(separator: ".")
    }
}

/// A checkpoint: a party's half of the model after an epoch. The output `checkpoint` is a sequence of these.
struct Checkpoint: Codable, Sendable {
    /// FATE's only name of steps
    static let stepName = "step_name"
    var stepIndex: Int
    var stepName = Checkpoint.stepName
    var fold: Int?
    /// the class's place, for one-vs-rest
    var model: Int?
    var content: LinearModel

    enum CodingKeys: String, CodingKey {
        case fold, model, content
        case stepIndex = "step_index"
        case stepName = "step_name"
    }
}

extension LinearTask {
    /// Keeps a checkpoint where one is due.
    func keepCheckpoint(_ fitted: LinearModel.Parameters, epoch: Int, scope: FitScope, fitsIntercept: Bool) async throws
    {
        guard let every = settings.checkpointEvery, epoch % every == 0 else { return }
        var model = LinearModel(settings, fitsIntercept: fitsIntercept)
        model.parameters = fitted
        let checkpoint = Checkpoint(stepIndex: epoch, fold: scope.fold, model: scope.model, content: model)
        try await outputs.append(try CBOREncoder().encode(checkpoint), to: "checkpoint")
    }

    /// FATE's loss curve.
    func reportLoss(_ loss: Double, epoch: Int, scope: FitScope) throws {
        guard scope.showsLoss else { return }
        try tracking.series(
            scope.lossName, namespace: "train", type: "LOSS", points: [(.int(Int64(epoch)), .double(loss))],
            meta: ["unit_name": "iters", "curve_name": .text(scope.lossName)])
    }
}
