import NornKit

/// Every host tells the guest how many rows it has; the guest reports the total.
struct @MODULE@: Component {
    struct Parameters: ComponentParameters {
        /// A party with fewer rows takes no part.
        var minimumRows = 1

        enum CodingKeys: String, CodingKey {
            case minimumRows = "minimum_rows"
        }
    }

    /// The same as in manifest.json: the site compares them.
    static let descriptor = ComponentDescriptor(name: "@MODULE@", roles: [.guest, .host], inputs: [.table("data")])

    func run(_ context: TaskContext<Parameters>) async throws {
        let rows = try await context.inputs.table("data").count
        guard rows >= context.parameters.minimumRows else {
            throw ComponentError(.failedPrecondition, "There are fewer rows than minimum_rows.", fault: .user)
        }
        guard context.role == .guest else {
            return try await context.federation.send(rows, name: "rows", to: Role.guest)
        }
        let counts = try await context.federation.receive(Int.self, name: "rows", from: Role.host)
        let total = counts.reduce(rows, +)
        context.log.info("\(total) rows at all parties")
        try context.tracking.summary(["total": .int(Int64(total))])
    }
}
