import Foundation

/// A plugin in Python that imports NumPy, laid out as the plugin store has it: the bridge beside the author's files.
enum PythonPlugin {
    static let component = "Entry"

    /// - Returns: the bridge's copy in the folder
    static func make(in folder: URL, stage: URL) throws -> URL {
        let library = folder.appending(path: "libnorn_python.so")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: stage.appending(path: "lib/norn/bridges/libnorn_python.so"), to: library)
        try Data(manifest.utf8).write(to: folder.appending(path: "manifest.json"))
        try Data(source.utf8).write(to: folder.appending(path: "component.py"))
        return library
    }

    private static let source = """
        import norn
        import numpy


        @norn.component("\(component)")
        def run(context):
            context.summary({"sum": float(numpy.ones(3).sum())})

        """

    private static let manifest = """
        {
          "manifest": 1,
          "plugin": { "id": "norn.bench.python", "version": "0.1.0", "summary": "Is entered and ends" },
          "abi": { "generation": 1, "level_min": 1, "level_built": 1 },
          "files": [{ "path": "component.py" }],
          "python": { "bridge": "norn.python", "file": "component.py" },
          "components": [
            {
              "name": "\(component)",
              "reference": "entry",
              "roles": ["host"],
              "engines": ["local"],
              "resources": { "default": { "cores": 1, "memory_bytes": 1073741824, "working_nodes": 1 } },
              "permissions": [{ "extension": "norn.tracking", "why": "publishes a sum" }]
            }
          ]
        }
        """
}
