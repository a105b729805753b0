import Foundation
import NornManifest
import NornRegistry
import NornSite

/// A language that a component can be written in.
enum AuthorLanguage: String, CaseIterable {
    case swift, c, cpp, rust, python

    /// Files of the installed kit that a project keeps a copy of: path in the kit -> path in the project.
    var kitFiles: [(from: String, to: String)] {
        switch self {
        case .c: [("include/norn.h", "include/norn.h"), ("plugin.map", "plugin.map")]
        case .cpp:
            [
                ("include/norn.h", "include/norn.h"), ("include/norn.hpp", "include/norn.hpp"),
                ("plugin.map", "plugin.map"),
            ]
        case .rust: [("rust/norn_abi.rs", "src/norn_abi.rs")]
        case .swift: [("plugin.map", "plugin.map")]
        case .python: []
        }
    }

    /// Where a build leaves the library.
    func library(_ identifier: String) -> String? {
        switch self {
        case .c, .cpp: "build/lib\(identifier).so"
        case .rust: "target/release/lib\(identifier).so"
        case .swift: ".build/release/lib\(identifier).so"
        case .python: nil
        }
    }

    /// What an author types to build; empty where nothing is built.
    var buildCommand: String {
        switch self {
        case .c, .cpp: "make"
        case .rust: "cargo build --release --offline"
        case .swift: "swift build -c release"
        case .python: ""
        }
    }

    /// The file with the algorithm.
    func source(_ module: String) -> String {
        switch self {
        case .c: "src/run.c"
        case .cpp: "src/component.cpp"
        case .rust: "src/component.rs"
        case .swift: "Sources/\(module)/\(module).swift"
        case .python: "component.py"
        }
    }

    /// What one attempt of the template may use: an interpreter needs more than a library.
    var memoryBytes: Int { self == .python ? 512 << 20 : 64 << 20 }
}

/// A new project of a component, made from the installed templates.
struct ProjectTemplate {
    static let nameBytesMaximum = 64

    let language: AuthorLanguage
    /// Such as `row-total`: the plugin's id.
    let name: String
    let tree: InstalledTree

    init(name: String, language: AuthorLanguage, tree: InstalledTree) throws {
        let isName = name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil
        guard isName, name.utf8.count <= Self.nameBytesMaximum else {
            throw SiteError.invalid(
                "\"\(name.prefix(80))\" is not a name for a component", field: "name",
                hint: "Use lower case letters, digits and dashes between them, such as row-total")
        }
        self.name = name
        self.language = language
        self.tree = tree
    }

    /// `row_total`
    var identifier: String { name.replacing("-", with: "_") }
    /// `RowTotal`
    var module: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }

    /// Writes the project into a folder that is not there yet; nothing is left of one that fails.
    func write(to folder: URL) throws {
        guard !FileManager.default.fileExists(atPath: folder.path) else {
            throw SiteError("folder_exists", "\(folder.path) is there already", hint: "Choose another name or folder")
        }
        do {
            try copy(template("shared"), to: folder)
            try copy(template(language.rawValue), to: folder)
            for file in language.kitFiles {
                let target = folder.appending(path: file.to)
                try makeParent(of: target)
                try FileManager.default.copyItem(at: tree.kit.appending(path: file.from), to: target)
            }
        } catch {
            try? FileManager.default.removeItem(at: folder)
            if let error = error as? SiteError { throw error }
            throw SiteError(
                "project_not_made", "The project cannot be written: \(error.localizedDescription)",
                hint: "Check \(folder.path), and that Norn is installed whole: \(tree.share.path)")
        }
    }

    private func template(_ name: String) throws -> URL {
        let folder = tree.templates.appending(path: name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw SiteError(
                "templates_not_found", "There are no templates in \(folder.path)", hint: "Install Norn again")
        }
        return folder
    }

    private func makeParent(of file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    }

    private func copy(_ source: URL, to folder: URL) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: source.path) {
            let file = source.appending(path: path)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            let name = path == "gitignore" ? ".gitignore" : filled(path)
            let target = folder.appending(path: name)
            try makeParent(of: target)
            try filled(String(contentsOf: file, encoding: .utf8)).write(to: target, atomically: true, encoding: .utf8)
        }
    }

    private func filled(_ text: String) -> String {
        values.reduce(text) { $0.replacing("@\($1.key)@", with: $1.value) }
    }

    private var values: [(key: String, value: String)] {
        [
            ("NAME", name), ("IDENTIFIER", identifier), ("MODULE", module), ("LOWERCASE", module.lowercased()),
            ("LEVEL", String(AdmissionRules().levels.upperBound)), ("MEMORY", String(language.memoryBytes)),
            ("CODE", code), ("SOURCE", language.source(module)), ("BUILD", language.buildCommand),
            ("KIT", tree.kit.path),
        ]
    }

    /// The manifest's words on what is to be loaded.
    private var code: String {
        guard let library = language.library(identifier) else {
            return """
                "files": [{ "path": "component.py" }],
                  "python": { "bridge": "norn.python", "file": "component.py" }
                """
        }
        return "\"libraries\": [{ \"platform\": \"\(AdmissionRules.builtPlatform)\", \"path\": \"\(library)\" }]"
    }
}
