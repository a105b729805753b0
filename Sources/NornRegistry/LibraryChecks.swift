/// One way in which a library is not what a plugin's must be.
public struct LibraryProblem: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case machine, symbols, unloading, protection, dependencies
    }

    public let kind: Kind
    /// A sentence without its end.
    public let message: String
    /// What to do about it, as a sentence.
    public let remedy: String
}

/// What a plugin's library must be, beyond being loadable.
public enum LibraryChecks {
    /// The first thing that is wrong, with what to do about it; nil when all is right.
    static func problem(of image: ELFImage, rules: AdmissionRules) -> LibraryProblem? {
        problems(of: image, rules: rules).first
    }

    /// At most one problem of each kind, the gravest kind first.
    public static func problems(of image: ELFImage, rules: AdmissionRules) -> [LibraryProblem] {
        [
            machineProblem(image, rules), symbolProblem(image, rules), unloadingProblem(image),
            protectionProblem(image),
            dependencyProblem(image, rules),
        ].compactMap { $0 }
    }

    private static func machineProblem(_ image: ELFImage, _ rules: AdmissionRules) -> LibraryProblem? {
        guard image.machine != rules.machine else { return nil }
        return LibraryProblem(
            kind: .machine, message: "the library is built for another processor (ELF machine \(image.machine))",
            remedy: "Build it for \(rules.platform).")
    }

    private static func symbolProblem(_ image: ELFImage, _ rules: AdmissionRules) -> LibraryProblem? {
        let link = "Link it with the plugin version script, which keeps everything else local."
        guard image.exportedSymbols.contains(rules.entrySymbol) else {
            return LibraryProblem(
                kind: .symbols, message: "the library does not export \(rules.entrySymbol)", remedy: link)
        }
        let others = image.exportedSymbols.filter { $0 != rules.entrySymbol }
        guard let other = others.first else { return nil }
        return LibraryProblem(
            kind: .symbols,
            message: "the library exports \(others.count) more symbols than its entry, such as \(other.prefix(120))",
            remedy: link)
    }

    private static func unloadingProblem(_ image: ELFImage) -> LibraryProblem? {
        guard !image.isNeverUnloaded else { return nil }
        return LibraryProblem(
            kind: .unloading, message: "the library may be unloaded", remedy: "Link it with -z nodelete.")
    }

    private static func protectionProblem(_ image: ELFImage) -> LibraryProblem? {
        let problem: (message: String, remedy: String)? =
            if image.hasTextRelocations {
                ("the library has relocations in its code", "Compile it with -fPIC.")
            } else if image.wantsExecutableStack {
                ("the library asks for an executable stack", "Link it with -z noexecstack.")
            } else if image.hasWritableCode {
                (
                    "a segment of the library is writable and executable",
                    "Link it without that segment (-z separate-code)."
                )
            } else {
                nil
            }
        return problem.map { LibraryProblem(kind: .protection, message: $0.message, remedy: $0.remedy) }
    }

    private static func dependencyProblem(_ image: ELFImage, _ rules: AdmissionRules) -> LibraryProblem? {
        for path in image.searchPaths where !isInsideOrigin(path) {
            return LibraryProblem(
                kind: .dependencies, message: "the library looks for others in \"\(path.prefix(200))\"",
                remedy: "Link it without a search path outside of $ORIGIN.")
        }
        for name in image.needed where name.contains("/") || !rules.neededLibraries.contains(where: name.hasPrefix) {
            return LibraryProblem(
                kind: .dependencies,
                message:
                    "the library needs \(name.prefix(200)), which is not among the libraries that plugins may need",
                remedy: "Link that library statically.")
        }
        return nil
    }

    private static func isInsideOrigin(_ path: String) -> Bool {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        return ["$ORIGIN", "${ORIGIN}"].contains(steps.first.map(String.init)) && !steps.contains("..")
    }
}
