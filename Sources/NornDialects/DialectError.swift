/// Why a job description is refused: one thing, with its place.
public struct DialectError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// Named as FATE-Flow names its exceptions where it has one for the case.
    public enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        case syntax = "Syntax"
        case limit = "Limit"
        case dslNotExist = "DSLNotExist"
        case dslVersion = "DSLVersion"
        case componentField = "ComponentField"
        case moduleField = "ModuleField"
        case moduleNotExist = "ModuleNotExist"
        case namingFormat = "NamingFormat"
        case componentInputType = "ComponentInputType"
        case componentInputDataType = "ComponentInputDataType"
        case componentInputValueType = "ComponentInputValueType"
        case componentOutputType = "ComponentOutputType"
        case outputKeyType = "OutputKeyType"
        case inputComponentNotExist = "InputComponentNotExist"
        case inputNameNotExist = "InputNameNotExist"
        /// The component has no port for what is wired to it.
        case inputNotTaken = "InputNotTaken"
        /// Nothing is wired to a port that needs something.
        case inputMissing = "InputMissing"
        case loop = "Loop"
        case mode = "ModeError"
        case role = "Role"
        case initiator = "Initiator"
        case jobParameter = "JobParameter"
        case engine = "Engine"
        case parameterCheck = "ParameterCheck"
        case redundantParameter = "RedundantParameter"
        case provider = "Provider"
        case deployComponentNotExist = "DeployComponentNotExist"
        /// The version of a model that a predict job names, or what it takes of it.
        case model = "Model"
        case confField = "ConfField"
    }

    public let code: Code
    /// The place, which begins with `dsl` or `conf`: `dsl.components.hetero_lr_0.input.data.train_data[0]`.
    public let field: String
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// What to do about it, as a sentence.
    public let remedy: String

    public init(_ code: Code, at field: String, _ message: String, _ remedy: String) {
        self.code = code
        self.field = field
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(code.rawValue) at \(field): \(message). \(remedy)" }
}

/// Something in a job description that is tolerated.
public struct DialectWarning: Hashable, Sendable, Codable, CustomStringConvertible {
    public let field: String
    public let message: String

    public var description: String { "[WARN] \(field): \(message)" }
}

/// A refused job description with everything that was found wrong in it; never empty.
public struct DialectRefusal: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// More errors than this are not listed.
    static let errorsMaximum = 32

    public let errors: [DialectError]

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// What a reading finds on its way.
struct Findings {
    private(set) var errors: [DialectError] = []
    private(set) var warnings: [DialectWarning] = []

    static let warningsMaximum = 128

    mutating func refuse(_ code: DialectError.Code, at field: String, _ message: String, _ remedy: String) {
        guard errors.count < DialectRefusal.errorsMaximum else { return }
        errors.append(DialectError(code, at: field, message, remedy))
    }

    mutating func warn(at field: String, _ message: String) {
        guard warnings.count < Self.warningsMaximum else { return }
        warnings.append(DialectWarning(field: field, message: message))
    }

    /// Takes over what another reading found.
    mutating func add(_ other: Findings) {
        for error in other.errors { refuse(error.code, at: error.field, error.message, error.remedy) }
        for warning in other.warnings { warn(at: warning.field, warning.message) }
    }

    /// Ends the reading when something was found wrong: later steps build on what earlier ones checked.
    func throwErrors() throws(DialectRefusal) {
        guard errors.isEmpty else { throw DialectRefusal(errors: errors) }
    }
}
