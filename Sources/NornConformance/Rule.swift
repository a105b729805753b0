/// One thing that a plugin must be, and how to mend it when it is not.
public struct Rule: Hashable, Sendable {
    public enum Group: String, Hashable, Sendable, Codable, CaseIterable {
        case manifest, library, loading, negotiation, description, lifecycle, cancellation, faults, kernels, wire
        case resources, fuzz
    }

    /// What a rule needs to be tried at all.
    public enum Subject: Hashable, Sendable {
        /// A library, whatever it offers.
        case plugin
        /// At least one component.
        case component
        /// A component, and a case for it that runs.
        case run
    }

    /// Never reused: a stricter rule gets another number.
    public let number: Int
    public let group: Group
    public let subject: Subject
    /// What holds for a good plugin, as a sentence without its end.
    public let title: String
    /// What to do about a failure, as a sentence.
    public let remedy: String

    public static func rule(_ number: Int) -> Rule? { all.first { $0.number == number } }
}
