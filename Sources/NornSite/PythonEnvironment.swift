import Foundation

/// What a worker reads of a virtual environment of Python.
enum PythonEnvironment {
    /// The environment itself, and the tree of the Python that it was made from when that is not the system's.
    static func folders(of environment: String) -> [String] {
        let settings = (try? String(contentsOfFile: environment + "/pyvenv.cfg", encoding: .utf8)) ?? ""
        let home = settings.split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return parts.count == 2 && parts[0] == "home" ? parts[1] : nil
        }.first
        guard let home, home.hasSuffix("/bin"), home != "/usr/bin" else { return [environment] }
        return [environment, String(home.dropLast("/bin".count))]
    }
}
