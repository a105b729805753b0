import Foundation
import NIOHTTP1
import Testing

/// Wrong things get a clear error and change nothing.
@Suite(.serialized) struct RefusalScenarios {
    /// A job of two parties with one task, to be spoilt by each case.
    private static func toy() throws -> (dsl: [String: Any], conf: [String: Any]) {
        (try StagedTree.json("toy_dsl.json"), try StagedTree.json("toy_conf.json"))
    }

    @Test func badJobsAreRefusedByName() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy()

        let cycle = try await site.submit(
            dsl: [
                "components": [
                    "a_0": [
                        "module": "DataTransform", "input": ["data": ["data": ["b_0.data"]]],
                        "output": ["data": ["data"]],
                    ],
                    "b_0": [
                        "module": "DataTransform", "input": ["data": ["data": ["a_0.data"]]],
                        "output": ["data": ["data"]],
                    ],
                ]
            ], conf: conf)
        #expect((400..<500).contains(cycle.status))
        #expect(cycle.message.contains("a_0") && cycle.message.contains("b_0"), "\(cycle.body)")

        let unknown = try await site.submit(
            dsl: ["components": ["lr_0": ["module": "HetroLR"]]], conf: conf)
        #expect((400..<500).contains(unknown.status))
        #expect("\(unknown.body)".contains("HeteroLR"), "the nearest name is missing: \(unknown.body)")

        var wrongType = conf
        wrongType["component_parameters"] = ["common": ["secure_add_example_0": ["data_num": "many"]]]
        let parameter = try await site.submit(dsl: dsl, conf: wrongType)
        #expect((400..<500).contains(parameter.status))
        #expect(parameter.field.contains("data_num"), "\(parameter.body)")

        var missing = JobScenarios.countConf
        missing["role"] = ["guest": [9999], "host": [10000]]
        let table = try await site.submit(dsl: JobScenarios.countDSL, conf: missing)
        #expect((400..<500).contains(table.status))
        #expect("\(table.body)".contains("breast_guest"), "\(table.body)")

        #expect(try await site.call(.GET, "/api/jobs").list.isEmpty, "a refused job left a row")
        await site.end()
    }

    @Test func badFilesAreRefusedAndLeaveTheOldTable() async throws {
        let site = try await SiteUnderTest()
        let good = try await site.upload("id,x0,x1\n1,2,3\n4,5,6\n", name: "t", party: "9999")
        #expect((200..<300).contains(good.status), "\(good.body)")

        let short = try await site.upload("id,x0,x1\n1,2,3\n4,5\n", name: "t", party: "9999")
        #expect((400..<500).contains(short.status), "\(short.body)")
        #expect(short.message.contains("line 3"), "\(short.body)")

        let empty = try await site.upload("", name: "t", party: "9999")
        #expect((400..<500).contains(empty.status), "\(empty.body)")
        #expect(empty.message.contains("empty"), "\(empty.body)")

        let table = try await site.call(.GET, "/api/tables/example/t").object
        #expect(table["rows"] as? Int == 2)
        await site.end()
    }

    @Test func aLabelThatIsNoNumberFailsTheTaskByName() async throws {
        let site = try await SiteUnderTest()
        _ = try await site.upload("id,y,x0\n1,yes,2\n2,no,3\n", name: "labels", party: "9999")
        let job = try await site.accepted(
            dsl: [
                "components": [
                    "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
                    "data_transform_0": [
                        "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                        "output": ["data": ["data"], "model": ["model"]],
                    ],
                ]
            ],
            conf: [
                "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999], "role": ["guest": [9999]],
                "component_parameters": [
                    "role": [
                        "guest": [
                            "0": [
                                "reader_0": ["table": ["name": "labels", "namespace": "example"]],
                                "data_transform_0": ["with_label": true, "label_name": "y"],
                            ]
                        ]
                    ]
                ],
            ])
        let end = try await site.ended(job)
        #expect(end.status == "failed")
        let text = end.failure["message"] as? String ?? ""
        #expect(text.contains("\"y\"") && text.contains("not a number"), "\(text)")
        #expect(!"\(end.object)".contains("yes"), "a value of the data is in the error")
        await site.end()
    }

    @Test func foreignOriginsAndHostsAreRefusedOnEveryRoute() async throws {
        let site = try await SiteUnderTest()
        for path in ["/api/site", "/api/jobs", "/api/health", "/api/openapi.json"] {
            let origin = try await site.call(.GET, path, headers: ["Origin": "https://evil.example"])
            #expect(origin.status == 403, "\(path): \(origin.status)")
            let host = try await site.call(.GET, path, headers: ["Host": "evil.example"])
            #expect(host.status == 403 || host.status == 421, "\(path): \(host.status)")
        }
        let nobody = try await site.call(.GET, "/api/jobs", headers: ["Authorization": "Bearer wrong"])
        #expect(nobody.status == 401)
        await site.end()
    }

    @Test func anOpenListenerNeedsCallersToShowThemselves() async throws {
        let open = try await Program.run(
            StagedTree.norn,
            [
                "serve", "--home", NSTemporaryDirectory() + "norn-open-\(UUID().uuidString)", "--host", "0.0.0.0",
                "--port", "0", "--parties", "any",
            ])
        #expect(open.status != 0)
        #expect(open.errors.contains("parties"), "\(open.errors)")
    }
}
