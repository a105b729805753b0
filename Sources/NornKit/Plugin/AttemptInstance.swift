import NornABI

/// One attempt of a component: what create gives and destroy takes.
final class AttemptInstance: Sendable {
    private let attempt: Attempt
    private let main: @Sendable () async throws -> Void
    private let task = Locked<Task<Void, any Error>?>(nil)

    /// Reads and checks the parameters, so that a wrong one fails before anything runs.
    init<C: Component>(_ type: C.Type, attempt: Attempt, task: norn_task) throws {
        self.attempt = attempt
        let parameters = try readParameters(C.Parameters.self, task.parameters.buffer)
        try parameters.validate()
        let party = Party(Role(rawValue: task.role.text), task.party.text)
        let identity = AttemptIdentity(
            job: task.job.text, task: task.task.text, component: task.component.text, attempt: Int(task.attempt),
            party: party)
        let parties = try Parties(decoding: task.parties.buffer)
        let (cores, memoryBytes) = (max(1, Int(task.cores)), task.memory_bytes)
        main = {
            let context = TaskContext(
                identity: identity, parameters: parameters, parties: parties, cores: cores,
                memoryBytes: memoryBytes, attempt: attempt,
                inputs: try Inputs(attempt: attempt, hasPorts: !C.descriptor.inputs.isEmpty))
            try await C().run(context)
        }
    }

    func run() throws {
        try attempt.checkCancelled()
        try attempt.executor.run(main) { task in
            self.task.withLock { $0 = task }
            // cancel may have come before there was a task.
            if attempt.isCancelled { task.cancel() }
        }
    }

    func cancel() {
        attempt.requestCancel()
        task.withLock { $0 }?.cancel()
    }

    /// No thread of the attempt outlives this.
    func end() { attempt.waitThreads.close() }

    static func at(_ instance: UnsafeMutableRawPointer?) throws -> AttemptInstance {
        guard let instance else { throw ComponentError(.invalidArgument, "No instance.", fault: .host) }
        return Unmanaged<AttemptInstance>.fromOpaque(instance).takeUnretainedValue()
    }
}

/// What a job set, over the defaults.
func readParameters<Parameters: ComponentParameters>(
    _ type: Parameters.Type, _ bytes: UnsafeRawBufferPointer
) throws -> Parameters {
    guard !bytes.isEmpty else { return Parameters() }
    guard case .map(let given) = try CBOR(decoding: bytes) else {
        throw ComponentError(.invalidArgument, "Parameters are a map of names to values.", fault: .user)
    }
    guard case .map(let defaults) = try CBOREncoder().value(of: Parameters()) else {
        throw ComponentError(.internal, "\(type) does not encode to a map of names to values.")
    }
    for name in given.keys.sorted() where defaults[name] == nil {
        let known = defaults.keys.sorted().joined(separator: ", ")
        throw ComponentError.invalid(
            field: name, "There is no such parameter; there is \(known.isEmpty ? "none" : known).")
    }
    return try CBORDecoder().decode(type, from: CBOR.map(defaults).overlaid(with: given))
}

extension CBOR {
    /// A map with values set; maps in maps likewise, so that one field of a nested parameter can be set alone.
    func overlaid(with given: [String: CBOR]) -> CBOR {
        guard case .map(let values) = self else { return .map(given) }
        return .map(
            values.merging(given) { mine, theirs in
                if case .map(let theirs) = theirs { mine.overlaid(with: theirs) } else { theirs }
            })
    }
}

extension Parties {
    /// CBOR {"guest": ["9999"], "host": [...]}: the order of roles is of no meaning, that of ids is the job's.
    init(decoding bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else {
            self.init([])
            return
        }
        let roles: [String: [String]] = try CBORDecoder().decode(from: CBOR(decoding: bytes))
        let order = [Role.guest, .host, .arbiter, .local].map(\.rawValue)
        let known = order.filter { roles[$0] != nil } + roles.keys.filter { !order.contains($0) }.sorted()
        self.init(known.flatMap { role in (roles[role] ?? []).map { Party(Role(rawValue: role), $0) } })
    }
}
