import Foundation
import NornABI
import NornHost
import NornManifest
import Testing

/// A worker from its start message to its end, as the site sees it.
@Suite(.serialized) struct WorkerTests {
    @Test func twoPartiesCountTheirRowsInTwoProcesses() throws {
        let scratch = (try Scratch(), try Scratch())
        let site = TestSite()
        let guest = try WorkerProcess(scratch: scratch.0)
        let host = try WorkerProcess(scratch: scratch.1)
        guest.start(.run("CountExample", plugin: Products.count, scratch: scratch.0.path, rows: 300))
        host.start(
            .run(
                "CountExample", plugin: Products.count, role: "host", party: "10000", scratch: scratch.1.path, rows: 41)
        )
        site.serve(0, channel: guest.channel, role: "guest", party: "9999")
        site.serve(1, channel: host.channel, role: "host", party: "10000")

        #expect(site.end(of: 0)?["status"]?.asInt == 0)
        #expect(site.end(of: 1)?["status"]?.asInt == 0)
        #expect(guest.wait() == (0, 0))
        #expect(host.wait() == (0, 0))
        let metric = try site.value(of: 0, call: "metric")
        #expect(metric["namespace"]?.asText == "train")
        #expect(metric["name"]?.asText == "row_count")
        #expect(metric["points"]?.asArray?.first?.asArray?.last?.asInt == 341)
        #expect(site.packets(of: 1, call: "metric").isEmpty)
    }

    @Test func phasesAndUsageAreTold() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Silent", scratch: scratch.path), scratch: scratch)
        let end = try #require(site.end(of: 0))
        let phases = site.packets(of: 0, call: "phase").compactMap { $0["phase"]?.asText }
        #expect(phases == ["loading", "creating", "running", "destroying"])
        #expect(site.packet(of: 0, call: "usage")?["peak_memory_bytes"]?.asInt ?? 0 > 0)
        #expect(end["status"]?.asInt == Int(NORN_INTERNAL))
        #expect(end["error"]?["message"]?.asText?.contains("said nothing") == true)
        #expect(worker.wait() == (0, 0))
    }

    @Test func messagesTablesAndArtifactsComeBackAsTheyWere() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Courier", scratch: scratch.path), scratch: scratch)
        let end = try #require(site.end(of: 0))
        #expect(end["status"]?.asInt == 0, "\(end)")
        let outputs = site.packets(of: 0, call: "output")
        #expect(outputs.map { $0["name"]?.asText } == ["same", "new", "model"])
        #expect(outputs.first?["alias"]?.asBool == true)
        #expect(outputs.first?["descriptor"]?.asBytes == Array("rows:250".utf8))
        #expect(outputs[1]["alias"]?.asBool == false)
        #expect(outputs[1]["rows"]?.asInt == 250)
        #expect(outputs[1]["partitions"]?.asInt == 2)
        let model = try #require(outputs[2]["path"]?.asText)
        #expect(try String(contentsOfFile: model, encoding: .utf8) == "modelmodel")
        #expect(worker.wait() == (0, 0))
    }

    @Test func parallelLoopRunsEveryIndexAndGivesTheFirstFailure() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Parallel", scratch: scratch.path), scratch: scratch)
        let end = try #require(site.end(of: 0))
        #expect(end["status"]?.asInt == Int(NORN_OUT_OF_RANGE))
        #expect(end["error"]?["message"]?.asText == "forty")
        #expect(worker.wait() == (0, 0))
    }

    @Test func largeStartMessageTravelsAsAFile() throws {
        let scratch = try Scratch()
        let site = TestSite()
        let worker = try WorkerProcess(scratch: scratch)
        let message = StartMessage.run("Silent", scratch: scratch.path)
            .with("parameters", .bytes(CBOR.map(["note": .text(String(repeating: "x", count: 200_000))]).encoded()))
        let whole = CBOR.map(message.map).encoded()
        TestSite.send(worker.channel, ["do": "start", "payload": .int(whole.count)], payload: whole)
        site.serve(0, channel: worker.channel, role: "guest", party: "9999")
        #expect(site.end(of: 0)?["status"]?.asInt == Int(NORN_INTERNAL))
        #expect(worker.wait() == (0, 0))
    }

    @Test func describeGivesWhatTheManifestSays() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.describe(Products.count), scratch: scratch)
        let bytes = try #require(site.packet(of: 0, call: "described")?["bytes"]?.asBytes)
        let description = try CBOR(decoding: bytes, requireDeterministic: true)
        #expect(description["plugin"]?["id"]?.asText == "norn.count")
        let component = try CBOR(decoding: description["components"]?.asArray?.first?.asBytes ?? [])
        #expect(component["name"]?.asText == "CountExample")
        #expect(component["parameters"] == ["note": ""])
        #expect(site.end(of: 0)?["status"]?.asInt == 0)
        #expect(worker.wait() == (0, 0))
    }

    @Test func pluginOfALaterLevelIsRefused() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.describe(Products.later), scratch: scratch)
        let end = try #require(site.end(of: 0))
        #expect(end["status"]?.asInt == Int(NORN_FAILED_PRECONDITION))
        #expect(end["error"]?["message"]?.asText?.contains("needs level \(NORN_LEVEL + 7)") == true)
        #expect(worker.wait() == (0, 0))
    }

    @Test func fileThatIsNotTheAdmittedOneIsRefused() throws {
        let scratch = try Scratch()
        let message = StartMessage.describe(Products.count).with(
            "component_plugin",
            ["path": .text(Products.count), "sha256": .bytes(Products.digest), "identity": [1, 2, 3, 4]])
        let (site, worker) = try startWorker(message, scratch: scratch)
        #expect(site.end(of: 0)?["error"]?["message"]?.asText?.contains("not the one that was admitted") == true)
        #expect(worker.wait() == (0, 0))
    }

    @Test(arguments: ["mode", "scratch", "component_plugin", "cores"])
    func badStartMessageIsRefusedByField(field: String) throws {
        let scratch = try Scratch()
        let bad: CBOR = field == "component_plugin" ? ["path": "/x", "sha256": .bytes([1])] : .int(-1)
        let (site, worker) = try startWorker(.run("Silent", scratch: scratch.path).with(field, bad), scratch: scratch)
        let end = try #require(site.end(of: 0))
        #expect(end["status"]?.asInt == Int(NORN_INVALID_ARGUMENT))
        #expect(end["error"]?["message"]?.asText?.contains("start.\(field)") == true)
        #expect(worker.wait() == (0, 0))
    }

    @Test func extensionThatIsNotGrantedIsNotThere() throws {
        let scratch = try Scratch()
        let message = StartMessage.run("CountExample", plugin: Products.count, scratch: scratch.path)
            .with("extensions", ["norn.artifacts", "norn.engine", "norn.tracking"])
        let (site, worker) = try startWorker(message, scratch: scratch)
        #expect(site.end(of: 0)?["status"]?.asInt ?? 0 != 0)
        #expect(site.packets(of: 0, call: "post").isEmpty)
        #expect(worker.wait() == (0, 0))
    }
}
