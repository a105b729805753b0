// The museum's plugin in Swift, as it was built for level 1. Never edit it: the binary beside it is what counts.
import NornABI
import NornKit

struct Museum: Component {
    struct Parameters: ComponentParameters { var note = "" }

    static let double = Kernel.mapValues("double") { (values: [Double]) in values.map { $0 * 2 } }
    static let sum = Kernel.reduce("sum") { (left: [Double], right: [Double]) in zip(left, right).map { $0 + $1 } }
    static let descriptor = ComponentDescriptor(
        name: "Museum", roles: [.guest, .host], inputs: [.table("data")], outputs: [.table("data"), .model("model")],
        kernels: [double, sum])

    func run(_ context: TaskContext<Parameters>) async throws {
        let data = try await context.inputs.table("data")
        let doubled = try await data.mapValues(Self.double)
        let sums = try await doubled.reduce(Self.sum) ?? []
        var first = sums.first ?? 0
        switch context.role {
        case .host:
            for guest in context.parties[.guest] { try await context.federation.send(first, name: "sum", to: guest) }
        default:
            for host in context.parties[.host] {
                first += try await context.federation.receive(Double.self, name: "sum", from: host)
            }
        }
        try await context.outputs.table(doubled, as: "data", schema: data.schema)
        try await context.outputs.model(["first": first])
    }
}

private let plugin = Plugin(id: "museum.swift", version: "1.0.0", components: [Museum.self])

@c @implementation public func norn_plugin_entry_1(
    _ host: UnsafePointer<norn_host>?, _ low: UInt32, _ high: UInt32,
    _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?, _ error: UnsafeMutablePointer<norn_error>?
) -> norn_status { plugin.enter(host, low, high, out, error) }
