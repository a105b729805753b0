/// What a plugin's library must be, beyond being loadable.
enum LibraryChecks {
    /// Finds the first thing that is wrong, with what to do about it; nil when all is right.
    static func problem(of image: ELFImage, rules: AdmissionRules) -> (message: String, remedy: String)? {
        if image.machine != rules.machine {
            return (
                "the library is built for another processor (ELF machine \(image.machine))",
                "Build it for \(rules.platform)."
            )
        }
        return symbolProblem(image, rules) ?? loadingProblem(image) ?? dependencyProblem(image, rules)
    }

    private static func symbolProblem(_ image: ELFImage, _ rules: AdmissionRules) -> (String, String)? {
        let link = "Link it with the plugin version script, which keeps everything else local."
        guard image.exportedSymbols.contains(rules.entrySymbol) else {
            return ("the library does not export \(rules.entrySymbol)", link)
        }
        let others = image.exportedSymbols.filter { $0 != rules.entrySymbol }
        guard let other = others.first else { return nil }
        return ("the library exports \(others.count) more symbols than its entry, such as \(other.prefix(120))", link)
    }

    private static func loadingProblem(_ image: ELFImage) -> (String, String)? {
        if !image.isNeverUnloaded {
            return ("the library may be unloaded", "Link it with -z nodelete.")
        }
        if image.hasTextRelocations {
            return ("the library has relocations in its code", "Compile it with -fPIC.")
        }
        if image.wantsExecutableStack {
            return ("the library asks for an executable stack", "Link it with -z noexecstack.")
        }
        if image.hasWritableCode {
            return (
                "a segment of the library is writable and executable",
                "Link it without that segment (-z separate-code)."
            )
        }
        return nil
    }

    private static func dependencyProblem(_ image: ELFImage, _ rules: AdmissionRules) -> (String, String)? {
        for path in image.searchPaths where !isInsideOrigin(path) {
            return (
                "the library looks for others in \"\(path.prefix(200))\"",
                "Link it without a search path outside of $ORIGIN."
            )
        }
        for name in image.needed where name.contains("/") || !rules.neededLibraries.contains(where: name.hasPrefix) {
            return (
                "the library needs \(name.prefix(200)), which is not among the libraries that plugins may need",
                "Link that library statically."
            )
        }
        return nil
    }

    private static func isInsideOrigin(_ path: String) -> Bool {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        return ["$ORIGIN", "${ORIGIN}"].contains(steps.first.map(String.init)) && !steps.contains("..")
    }
}
