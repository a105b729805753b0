import NornABI

/// What a component, or the host that it called, could not do.
///
/// Never put rows of data, secrets or keys into a message: it travels to the job's submitter.
public struct ComponentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whose fault it is, which decides what a site does about it: a user's is not tried again.
    public enum Fault: UInt32, Sendable {
        case none = 0
        case user = 2
        case peer = 4
        case host = 8
    }

    public let code: Code
    /// The parameter, column or table that is meant.
    public let field: String?
    public let message: String
    public let fault: Fault
    public let isRetryable: Bool

    public init(
        _ code: Code, field: String? = nil, _ message: String, fault: Fault = .none, isRetryable: Bool = false
    ) {
        self.code = code
        self.field = field
        self.message = message
        self.fault = fault
        self.isRetryable = isRetryable
    }

    /// A parameter with a value that cannot be used: the submitter's fault, never tried again.
    public static func invalid(field: String, _ message: String) -> ComponentError {
        ComponentError(.invalidArgument, field: field, message, fault: .user)
    }

    /// A message of another party that breaks the protocol.
    public static func peer(_ party: Party, _ message: String) -> ComponentError {
        ComponentError(.dataLoss, "\(party): \(message)", fault: .peer)
    }

    public var description: String { field.map { "\($0): \(message)" } ?? message }
}
