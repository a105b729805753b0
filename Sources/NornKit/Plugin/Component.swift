/// A component: an algorithm that runs as a task at each of its parties.
///
/// A component is a value made anew for every attempt; what it keeps between `await`s are its own local variables.
///
///     struct Scale: Component {
///         struct Parameters: ComponentParameters { var factor = 2.0 }
///         static let scale = Kernel.mapValues("scale") { (value: Double, factor: Double) in value * factor }
///         static let descriptor = ComponentDescriptor(
///             name: "Scale", roles: [.guest], inputs: [.table("data")], outputs: [.table("data")], kernels: [scale])
///         func run(_ context: TaskContext<Parameters>) async throws {
///             let data = try await context.inputs.table("data")
///             let scaled = try await data.mapValues(Self.scale, with: context.parameters.factor)
///             try await context.outputs.table(scaled, as: "data", schema: data.schema)
///         }
///     }
public protocol Component: Sendable {
    associatedtype Parameters: ComponentParameters = NoParameters
    /// What the manifest says of the component: pure, the same at every call.
    static var descriptor: ComponentDescriptor { get }
    init()
    /// Runs one attempt on a thread of its own, never on the cooperative pool; child tasks (`async let`, task groups)
    /// run there too, so they interleave at `await` and need no locks against each other.
    func run(_ context: TaskContext<Parameters>) async throws
}

/// A component whose main is an ordinary function. It may block: it has the attempt's thread for itself.
public protocol BlockingComponent: Component {
    func runBlocking(_ context: TaskContext<Parameters>) throws
}

extension BlockingComponent {
    public func run(_ context: TaskContext<Parameters>) async throws { try runBlocking(context) }
}

/// A component's parameters. `init()` gives the defaults, which are also what the manifest declares; a job sets any
/// of them by name. Names are the coding keys.
public protocol ComponentParameters: Codable, Sendable {
    init()
    /// Refuses values that make no sense together or alone; throws `ComponentError.invalid(field:_:)`.
    func validate() throws
}

extension ComponentParameters {
    public func validate() throws {}
}

/// For a component that takes none.
public struct NoParameters: ComponentParameters {
    public init() {}
}

/// What a component is, to a site that has not run it: the part of the manifest that its code must agree with.
public struct ComponentDescriptor: Sendable {
    public let name: String
    public let roles: [Role]
    public let inputs: [Port]
    public let outputs: [Port]
    public let kernels: [any DeclaredKernel]

    public init(
        name: String, roles: [Role], inputs: [Port] = [], outputs: [Port] = [], kernels: [any DeclaredKernel] = []
    ) {
        self.name = name
        self.roles = roles
        self.inputs = inputs
        self.outputs = outputs
        self.kernels = kernels
    }
}

/// A named place where an artifact enters or leaves a component.
public struct Port: Sendable, Hashable {
    public let name: String
    public let kind: ArtifactKind

    public static func table(_ name: String) -> Port { Port(name: name, kind: .table) }
    public static func model(_ name: String) -> Port { Port(name: name, kind: .model) }
    public static func cache(_ name: String) -> Port { Port(name: name, kind: .cache) }
    public static func file(_ name: String) -> Port { Port(name: name, kind: .file) }
}

public enum ArtifactKind: String, Sendable, Hashable, Codable {
    case table, model, cache, file
}
