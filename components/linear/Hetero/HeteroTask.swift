import NornCrypto
import NornKit

/// Logistic regression on columns that several parties hold (FATE's HeteroLR, reference `coordinated_lr`).
///
/// The guest has the label and columns of its own, hosts have columns, the arbiter has the Paillier key. The loss is its
/// second-order Taylor polynomial, so a gradient is linear in what the parties add up:
/// with z = Σ w·x over all parties and y = ±1, d = z/4 - y/2, the gradient is mean(d·x), and the loss
/// ln 2 - mean(yz)/2 + mean(z²)/8 is ln 2 - 1/2 + 2 mean(d²). For each batch
/// 1. every host sends [z_h/4] row by row, encrypted, to the guest;
/// 2. the guest adds its own part, freshly encrypted, and sends [d] to the hosts;
/// 3. every party computes [Σ d·x] for its own columns, and [Σ d·(its own part of d)], whose sum over parties is Σ d²;
/// 4. each adds its penalty and sends its encrypted gradient to the arbiter, hosts their part of the loss to the guest
///    and the guest the whole loss to the arbiter;
/// 5. the arbiter decrypts, runs the optimizer, and sends to each party the step of its own weights.
/// After an epoch the arbiter says whether training ends. This is FATE's centralised form; it is the same for one host
/// and for many, and gives the loss for many hosts too.
struct HeteroLR: Component {
    typealias Parameters = HeteroLRParameters

    static let descriptor = ComponentDescriptor(
        name: "HeteroLR", roles: [.guest, .host, .arbiter], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")])

    func run(_ context: TaskContext<Parameters>) async throws {
        guard let guest = context.parties[.guest].first, context.parties[.guest].count == 1,
            !context.parties[.host].isEmpty
        else {
            throw ComponentError(.failedPrecondition, "HeteroLR needs one guest and at least one host.", fault: .user)
        }
        try context.checkArbiter(guest)
        switch context.role {
        case .guest: try await Guest(context).run()
        case .host: try await Host(context, guest: guest).run()
        case .arbiter: try await Arbiter(context, guest: guest).run()
        default:
            throw ComponentError(.failedPrecondition, "HeteroLR has no role \(context.role).", fault: .user)
        }
    }
}

typealias LRContext = TaskContext<HeteroLRParameters>

extension LRContext {
    var arbiter: Party {
        get throws {
            guard let arbiter = parties[.arbiter].first else {
                throw ComponentError(.failedPrecondition, "Training HeteroLR needs an arbiter.", fault: .user)
            }
            return arbiter
        }
    }

    /// The arbiter decrypts: it must not be the guest, who gets the hosts' parts row by row. A host that is arbiter too
    /// can decrypt the guest's residuals, and so read the labels; FATE's examples do this, so it is allowed and said.
    func checkArbiter(_ guest: Party) throws {
        guard parties[.arbiter].count <= 1 else {
            throw ComponentError(.failedPrecondition, "HeteroLR needs one arbiter, not several.", fault: .user)
        }
        guard let arbiter = parties[.arbiter].first else { return }
        guard arbiter.id != guest.id else {
            throw ComponentError(
                .failedPrecondition,
                "Party \(guest.id) is guest and arbiter: it could decrypt what the hosts send. Take another arbiter.",
                fault: .user)
        }
        if parties[.host].contains(where: { $0.id == arbiter.id }) {
            log.warning(
                "[WARN] party \(arbiter.id) is host and arbiter: it can decrypt the guest's residuals and tell the labels"
            )
        }
    }

    var loop: ThreadLoop { ThreadLoop(width: cores) }
}
