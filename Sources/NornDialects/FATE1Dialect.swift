import NornFlow
import NornManifest

/// A job as a dialect read it, with what was tolerated.
public struct ParsedJob: Hashable, Sendable {
    public var job: Job
    public var warnings: [DialectWarning]
}

/// The dialect of FATE 1.11: a DSL (version 2) that names components and their edges, and a runtime conf that names
/// parties and parameters. The grammar and the rules are those of FATE-Flow 1.11's `dsl_parser` and
/// `runtime_conf_parse_util`. A predict job is read by `parsePredict`, with the version that was deployed.
public enum FATE1Dialect {
    /// Reads a job.
    /// - Parameters:
    ///   - id: the job's id, which the caller makes.
    ///   - submitter: the person or program whose credential submits.
    ///   - catalogue: the components and engines that are there.
    /// - Throws: `DialectRefusal` with everything that is wrong, each named by its field. Structure is checked before
    ///   meaning, so a description with a broken structure lists only that.
    public static func parse(
        dsl: JSON?, conf: JSON, id: JobID, submitter: String = "", catalogue: Catalogue
    ) throws(DialectRefusal) -> ParsedJob {
        try parse(dsl: dsl, conf: conf, id: id, submitter: submitter, catalogue: catalogue, kept: nil)
    }

    /// - Parameter kept: the version that a predict job takes its models from.
    static func parse(
        dsl: JSON?, conf: JSON, id: JobID, submitter: String, catalogue: Catalogue, kept: KeptModel?
    ) throws(DialectRefusal) -> ParsedJob {
        var dslReader = DSLReader()
        dslReader.model = kept?.reference
        let dsl = dslReader.read(dsl)
        var confReader = ConfReader()
        let conf = confReader.read(conf)
        guard let conf, dslReader.findings.errors.isEmpty else {
            let errors = dslReader.findings.errors + confReader.findings.errors
            throw DialectRefusal(errors: Array(errors.prefix(DialectRefusal.errorsMaximum)))
        }
        var parameterReader = JobParameterReader()
        parameterReader.model = kept?.reference
        let parameters = parameterReader.read(conf, submitter: submitter, catalogue: catalogue)
        try parameterReader.findings.throwErrors()
        var builder = JobBuilder(dsl: dsl, conf: conf, catalogue: catalogue, parameters: parameters)
        builder.timeouts = parameterReader.timeouts
        builder.kept = kept
        let job = try builder.build(id: id)
        let warnings = [dslReader.findings, confReader.findings, parameterReader.findings, builder.findings]
        return ParsedJob(job: job, warnings: warnings.flatMap(\.warnings))
    }

    /// Reads a job from the texts of its two files.
    public static func parse(
        dslText: String, confText: String, id: JobID, submitter: String = "", catalogue: Catalogue
    ) throws(DialectRefusal) -> ParsedJob {
        try parse(
            dsl: json(dslText, at: "dsl"), conf: json(confText, at: "conf"), id: id, submitter: submitter,
            catalogue: catalogue)
    }

    private static func json(_ text: String, at field: String) throws(DialectRefusal) -> JSON {
        do {
            return try JSON(parsing: text)
        } catch {
            let place = error.path.isEmpty ? field : "\(field).\(error.path)"
            throw DialectRefusal(errors: [
                DialectError(
                    .syntax, at: place, "line \(error.line), column \(error.column): \(error.message)",
                    "Correct the JSON text.")
            ])
        }
    }
}
