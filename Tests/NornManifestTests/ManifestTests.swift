import NornManifest
import Testing

@Suite("Manifest")
struct ManifestTests {
    @Test("A whole manifest is read, with what it leaves out")
    func whole() throws {
        let decoded = try Manifest.decode(ManifestSamples.good)
        let manifest = decoded.manifest
        #expect(decoded.warnings.isEmpty)
        #expect(manifest.plugin.id == "norn.sample")
        #expect(manifest.library(for: "linux_x86_64_glibc")?.sha256 == nil)
        let component = try #require(manifest.component("HeteroLR"))
        #expect(component.roles == [.guest, .host, .arbiter])
        #expect(component.input(takingSlot: "train_data")?.name == "data")
        #expect(component.input(takingSlot: "nothing") == nil)
        #expect(component.input("model")?.roles == [.guest, .host])
        #expect(component.output("data")?.kind == .table)
        #expect(component.resources(for: .guest).cores == 2)
        #expect(component.resources(for: .arbiter).memoryBytes == 1000)
        #expect(component.resources(for: .arbiter).cores == 2)
        #expect(component.stopGraceMilliseconds == 2000)
        #expect(manifest.engines.map(\.name) == ["sample"])
    }

    @Test("Resources grow with the rows and stop at their cap")
    func resources() {
        let declaration = ResourceDeclaration(
            cores: 1, memoryBytes: 100, coresPerMillionRows: 0.5, memoryBytesPerMillionRows: 1000)
        #expect(declaration.request(rows: 0) == ResourceRequest(cores: 1, memoryBytes: 100, workingNodes: 1))
        #expect(declaration.request(rows: 3_000_000) == ResourceRequest(cores: 3, memoryBytes: 3100, workingNodes: 1))
        #expect(declaration.request(rows: .max).cores == 4096)
    }

    @Test("Unknown keys are warnings with the name that was probably meant")
    func unknownKeys() throws {
        let json = ManifestSamples.changed(["components", 0, "alias"], to: [])
        let decoded = try Manifest.decode(json)
        #expect(decoded.warnings.map(\.path) == ["components[0].alias"])
        #expect(decoded.warnings.first?.message.contains("\"aliases\"") == true)
        #expect(try Manifest.decode(ManifestSamples.changed(["$comment"], to: "x")).warnings.isEmpty)
    }

    @Test("A wrong manifest is refused and the error names the place", arguments: ManifestSamples.bad)
    func wrong(sample: ManifestSamples.Bad) {
        let error = #expect(throws: ManifestError.self) { try Manifest.decode(sample.json) }
        #expect(error?.path == sample.path)
        #expect(error?.code == sample.code)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("Text that is not JSON, too long or too deep is refused")
    func text() {
        #expect { try Manifest.decode("{") } throws: { ($0 as? ManifestError)?.code == .syntax }
        #expect { try Manifest.decode(String(repeating: " ", count: 1 << 20) + "{}") } throws: {
            ($0 as? ManifestError)?.code == .syntax
        }
        #expect { try Manifest.decode(String(repeating: "[", count: 49)) } throws: {
            ($0 as? ManifestError)?.code == .syntax
        }
    }

    @Test("Two sites agree on a component's contract unless its wire, roles or outputs differ")
    func contract() throws {
        let component = try #require(try Manifest.decode(ManifestSamples.good).manifest.components.first)
        var other = component
        other.summary = "another text"
        other.parameters = .noParameters
        #expect(other.contract == component.contract)
        other.wire[0].to = [.guest]
        #expect(other.contract != component.contract)
    }

    @Test("A plugin in Python names its bridge and one of its files, and has no library")
    func python() throws {
        var json = try #require(ManifestSamples.good.asObject)
        json["libraries"] = nil
        json["files"] = [["path": "component.py"]]
        json["python"] = ["bridge": "norn.python", "file": "component.py", "environment": "/srv/venv"]
        let manifest = try Manifest.decode(.object(json)).manifest
        #expect(manifest.libraries.isEmpty)
        #expect(manifest.python?.bridge == "norn.python" && manifest.python?.file == "component.py")
        #expect(manifest.python?.environment == "/srv/venv")
        func error(_ change: (inout JSONObject) -> Void) -> String? {
            var changed = json
            change(&changed)
            do throws(ManifestError) {
                _ = try Manifest.decode(.object(changed))
                return nil
            } catch {
                return error.path
            }
        }
        #expect(error { $0["files"] = [["path": "other.py"]] } == "python.file")
        #expect(error { $0["libraries"] = ManifestSamples.good["libraries"] } == "libraries")
        #expect(error { $0["python"] = nil } == "libraries")
        #expect(
            error { $0["python"] = ["bridge": "b", "file": "component.py", "environment": "venv"] }
                == "python.environment")
    }
}
