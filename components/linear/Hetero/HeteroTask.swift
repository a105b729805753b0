import NornCrypto
import NornKit
import NornMath

// Linear models on columns that several parties hold. The guest has the label and columns of its own, hosts have
// columns, the arbiter has the Paillier key. For each batch
// 1. every host sends [forward·z_h] row by row, encrypted, to the guest;
// 2. the guest adds its own part, freshly encrypted, multiplies by the rows' weights where they have any, and sends [d] to
//    the hosts;
// 3. every party computes [Σ d·x] for its own columns, and [Σ d·(its own part of d)], whose sum over parties is Σ d²;
// 4. each adds its penalty and sends its encrypted gradient to the arbiter, hosts their part of the loss to the guest
//    and the guest the whole loss to the arbiter;
// 5. the arbiter decrypts, runs the optimizer, and sends to each party the step of its own weights.
// After an epoch the arbiter says whether training ends. This is FATE's centralised form; it is the same for one host
// and for many, and gives the loss for many hosts and for weighted rows too.
//
// The optimizer sqn asks for the Hessian along a change of the weights now and then: the same exchange with that change in
// place of the weights and no label gives the parties [H s], which the arbiter decrypts.

/// Logistic regression (FATE's HeteroLR, reference `coordinated_lr`), with the Taylor loss; one model a class where there
/// are more than two.
struct HeteroLR: Component {
    typealias Parameters = HeteroLRParameters
    static let descriptor = heteroDescriptor("HeteroLR")
    func run(_ context: TaskContext<Parameters>) async throws { try await runHetero(context) }
}

/// Linear regression (FATE's HeteroLinR, reference `coordinated_linr`).
struct HeteroLinR: Component {
    typealias Parameters = HeteroLinRParameters
    static let descriptor = heteroDescriptor("HeteroLinR")
    func run(_ context: TaskContext<Parameters>) async throws { try await runHetero(context) }
}

private func heteroDescriptor(_ name: String) -> ComponentDescriptor {
    ComponentDescriptor(
        name: name, roles: [.guest, .host, .arbiter], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model"), .cache("checkpoint")])
}

private func runHetero<Parameters: HeteroLinearParameters>(_ context: TaskContext<Parameters>) async throws {
    let name = Parameters.module
    let parties = context.parties
    guard let guest = parties[.guest].first, parties[.guest].count == 1, !parties[.host].isEmpty else {
        throw ComponentError(.failedPrecondition, "\(name) needs one guest and at least one host.", fault: .user)
    }
    let parameters = context.parameters
    let task = HeteroTask(
        LinearTask(context, try parameters.settings()), form: Parameters.form, precision: parameters.precision,
        keyBits: parameters.encryption.keyLength)
    try task.checkArbiter(guest)
    switch context.role {
    case .guest: try await HeteroGuest(task).run()
    case .host: try await HeteroHost(task, guest: guest).run()
    case .arbiter: try await HeteroArbiter(task, guest: guest).run()
    default: throw ComponentError(.failedPrecondition, "\(name) has no role \(context.role).", fault: .user)
    }
}

/// A task of a model on several parties' columns.
@dynamicMemberLookup
struct HeteroTask: Sendable {
    let linear: LinearTask
    let form: LossForm
    /// bits after the point of features
    let precision: Int
    let keyBits: Int

    init(_ linear: LinearTask, form: LossForm, precision: Int, keyBits: Int) {
        self.linear = linear
        self.form = form
        self.precision = precision
        self.keyBits = keyBits
    }

    subscript<Value>(dynamicMember path: KeyPath<LinearTask, Value>) -> Value { linear[keyPath: path] }

    var arbiter: Party {
        get throws {
            guard let arbiter = linear.parties[.arbiter].first else {
                throw ComponentError(
                    .failedPrecondition, "Training \(linear.settings.module) needs an arbiter.", fault: .user)
            }
            return arbiter
        }
    }

    /// The arbiter decrypts: it must not be the guest, who gets the hosts' parts row by row. A host that is arbiter too
    /// can decrypt the guest's residuals, and so read the labels; FATE's examples do this, so it is allowed and said.
    func checkArbiter(_ guest: Party) throws {
        guard linear.parties[.arbiter].count <= 1 else {
            throw ComponentError(
                .failedPrecondition, "\(linear.settings.module) needs one arbiter, not several.", fault: .user)
        }
        guard let arbiter = linear.parties[.arbiter].first else { return }
        guard arbiter.id != guest.id else {
            throw ComponentError(
                .failedPrecondition,
                "Party \(guest.id) is guest and arbiter: it could decrypt what the hosts send. Take another arbiter.",
                fault: .user)
        }
        if linear.parties[.host].contains(where: { $0.id == arbiter.id }) {
            linear.log.warning(
                "[WARN] party \(arbiter.id) is host and arbiter: it can decrypt the guest's residuals and tell the labels"
            )
        }
    }

    /// The key under which everything travels; no shorter than this party asks for.
    func receivePublicKey() async throws -> PaillierPublicKey {
        let arbiter = try arbiter
        let modulus = try await linear.federation.receiveBytes(name: MessageName.publicKey, from: arbiter)
        guard modulus.count * 8 == keyBits else {
            throw ComponentError.peer(
                arbiter,
                "its key has \(modulus.count * 8) bits where encrypt_param.key_length says \(keyBits)")
        }
        do { return try PaillierPublicKey(modulus: modulus) } catch {
            throw ComponentError.peer(arbiter, "its public key is refused: \(error)")
        }
    }

    /// The rows of a training table that may be trained on.
    func columns(_ instances: Instances, isWeighted: Bool) throws -> Columns {
        let columns = Columns(
            instances, hasIntercept: linear.hasIntercept, precision: precision, isWeighted: isWeighted)
        try columns.check()
        return columns
    }

    /// How an epoch's rows are cut into batches.
    func batches(_ rows: Int) -> Batches {
        let size = linear.settings.batchSize
        guard linear.settings.strategy == .random, let size, size < rows else {
            return Batches(rows: rows, size: size, smallest: ParameterLimits.smallestBatch)
        }
        return Batches(rows: size, size: nil)
    }
}
