import ArgumentParser
import Foundation
import NornSite

/// What the command's exit codes mean.
enum Exits {
    static let jobFailed = ExitCode(1)
    static let jobStopped = ExitCode(2)
    static let refused = ExitCode(3)
    static let notFound = ExitCode(4)
    static let forbidden = ExitCode(5)
    static let unreachable = ExitCode(69)
    static let broken = ExitCode(70)

    /// The code for a job that ended.
    static func job(status: String) -> ExitCode {
        switch status {
        case "success": .success
        case "canceled", "cancelled", "stopped": jobStopped
        default: jobFailed
        }
    }

    static func of(_ error: SiteError) -> ExitCode {
        switch error.code {
        case "unreachable": unreachable
        case "internal": broken
        case "unauthenticated": forbidden
        case let code where code.hasSuffix("_not_found"): notFound
        case let code where code.hasPrefix("forbidden") || code.hasSuffix("_not_granted"): forbidden
        default: refused
        }
    }
}

/// Runs a command's work: a typed refusal is printed for a person (or as JSON), and becomes the exit code.
func carryOut(json: Bool = false, _ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as SiteError {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            if let data = try? encoder.encode(["error": error]) { print(String(decoding: data, as: UTF8.self)) }
        } else {
            printError(error)
        }
        throw Exits.of(error)
    }
}

/// A refusal in a few lines on standard error.
func printError(_ error: SiteError) {
    var text = "norn: \(error.message)\n"
    if let field = error.field { text += "  field: \(field)\n" }
    if let party = error.party { text += "  party: \(party)\n" }
    if let hint = error.hint { text += "  hint:  \(hint)\n" }
    FileHandle.standardError.write(Data(text.utf8))
}
