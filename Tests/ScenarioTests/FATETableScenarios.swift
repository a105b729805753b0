import Foundation
import NIOHTTP1
import Testing

/// How tables are read, shown in pages, kept with their meta, and merged.
@Suite(.serialized) struct FATETableScenarios {
    private static func place(_ job: String, _ task: String) -> [String: Any] {
        ["job_id": job, "component_name": task, "role": "guest", "party_id": 9999]
    }

    @Test func tablesAreShownInPages() async throws {
        let site = try await SiteUnderTest()
        let job = try await FATEDataScenarios.trained(site)
        let table: [String: Any] = ["namespace": "example", "name": "breast_guest"]
        let preview = try await site.v1("table/preview", table.merging(["limit": 3]) { $1 })
        let rows = preview.reply["data"] as? [[String]] ?? []
        #expect(rows.count == 3 && rows.allSatisfy { $0.count == 12 }, "\(preview.reply)")
        #expect((preview.meta["header"] as? [String])?.prefix(2) == ["id", "y"])
        #expect(preview.meta["total"] as? Int == 569)
        let missing = try await site.v1("table/preview", table.merging(["name": "none"]) { $1 })
        #expect(missing.status == 210 && missing.code == 210, "\(missing.reply)")
        let wide = try await site.v1("table/preview", table.merging(["limit": 101]) { $1 })
        #expect(wide.code == 101 && wide.message.contains("limit"), "\(wide.reply)")

        // Pages of an output follow one another, and the last one ends with the table.
        var ids: [String] = []
        for page in 1...6 {
            let answer = try await site.v1(
                "tracking/component/output/data", Self.place(job, "hetero_lr_0").merging(["page": page]) { $1 })
            let header = (answer.meta["header"] as? [[String]])?.first ?? []
            #expect(header.suffix(5) == ["label", "predict_result", "predict_score", "predict_detail", "type"])
            #expect(answer.meta["total"] as? [Int] == [569] && answer.meta["names"] as? [String] == ["data"])
            let rows = (answer.reply["data"] as? [[[String]]])?.first ?? []
            #expect(rows.count == (page < 6 ? 100 : 69) && rows.allSatisfy { $0.count == header.count })
            ids += rows.compactMap(\.first)
        }
        #expect(Set(ids).count == 569)
        let none = try await site.v1("tracking/component/output/data", Self.place(job, "evaluation_0"))
        #expect(none.code == 0 && none.message == "no data", "\(none.reply)")
        await site.end()
    }

    @Test func aMetaIsKeptAndDataTransformFollowsIt() async throws {
        let site = try await SiteUnderTest()
        let conf: [String: Any] = [
            "file": "/d.csv", "table_name": "m", "namespace": "experiment", "head": 0, "partition": 2, "drop": 1,
            "with_meta": true,
        ]
        let meta: [String: Any] = [
            "delimiter": ";", "input_format": "tag", "tag_with_value": true, "tag_value_delimiter": "=",
            "with_match_id": false, "id_list": NSNull(), "id_range": 0, "data_type": "float", "with_label": false,
        ]
        for (field, spoilt) in [
            ("meta", NSNull()), ("meta", []), ("meta.input_formt", ["input_formt": "tag"]),
            ("meta.tag_with_value", ["tag_with_value": "maybe"]), ("meta.data_type", ["data_type": "bytes"]),
            ("meta.id_list", ["id_list": ["a", "b"]]), ("meta.id_range", ["id_range": 2]),
        ] as [(String, Any)] {
            let refused = try await site.v1Upload("1,a=2\n", conf.merging(["meta": spoilt]) { $1 })
            #expect(refused.code != 0 && refused.message.contains(field), "\(field): \(refused.reply)")
        }
        let uploaded = try await site.v1Upload("1,a=2;b=3\n2,b=4\n", conf.merging(["meta": meta]) { $1 })
        #expect(uploaded.code == 0, "\(uploaded.reply)")
        let info = try await site.v1("table/table_info", ["table_name": "m", "namespace": "experiment"]).data
        let kept = (info["schema"] as? [String: Any])?["meta"] as? [String: Any]
        #expect(kept?["input_format"] as? String == "tag" && kept?["delimiter"] as? String == ";", "\(info)")
        let job = try await site.v1(
            "job/submit",
            [
                "job_dsl": [
                    "components": [
                        "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
                        "data_transform_0": [
                            "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                            "output": ["data": ["data"], "model": ["model"]],
                        ],
                    ]
                ],
                "job_runtime_conf": [
                    "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999], "role": ["guest": [9999]],
                    "component_parameters": [
                        "role": [
                            "guest": ["0": ["reader_0": ["table": ["name": "m", "namespace": "experiment"]]]]
                        ]
                    ],
                ],
            ])
        #expect(job.code == 0, "\(job.reply)")
        #expect(try await site.v1Ended(job.job, role: "guest", party: 9999) == "success")
        let rows = try await site.v1("tracking/component/output/data", Self.place(job.job, "data_transform_0"))
        #expect(rows.meta["header"] as? [[String]] == [["id", "a", "b"]], "\(rows.reply)")
        let cells = (rows.reply["data"] as? [[[String]]])?.first?.map { $0.map { Double($0) ?? .nan } }
        #expect(cells == [[1, 2, 3], [2, 0, 4]], "\(rows.reply)")
        await site.end()
    }

    @Test func aMergeOverwritesTheSameKeysAndAddsNewOnes() async throws {
        let site = try await SiteUnderTest()
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-merge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func upload(_ text: String, _ more: String...) async throws -> Program {
            let file = folder.appending(path: "d.csv")
            try text.write(to: file, atomically: true, encoding: .utf8)
            return try await site.norn(
                ["data", "upload", file.path, "-n", "t", "-s", "example", "--party", "9999"] + more)
        }
        let nothing = try await upload("id,x\na,1\n", "--merge")
        #expect(nothing.status != 0 && nothing.errors.contains("example/t"), "\(nothing.errors)")
        #expect(try await upload("id,x\na,1\nb,2\nc,3\n", "--partitions", "3").status == 0)
        let granted = try await site.norn("data", "grant", "-n", "t", "-s", "example", "--to", "10000")
        #expect(granted.status == 0, "\(granted.errors)")
        let merged = try await upload("id,x\nb,20\nd,4\n", "--merge")
        #expect(merged.status == 0 && merged.output.contains("4 rows in 3 partitions"), "\(merged)")
        let preview = try await site.call(.GET, "/api/tables/example/t/preview").object
        let rows = preview["rows"] as? [[String]] ?? []
        #expect(Set(rows) == [["a", "1"], ["b", "20"], ["c", "3"], ["d", "4"]], "\(preview)")
        #expect(((preview["table"] as? [String: Any])?["grants"] as? [Any])?.count == 1, "\(preview)")
        // What does not fit leaves the table as it is.
        for (text, more, word) in [
            ("id,y\nb,1\n", ["--merge"], "columns"), ("id,x\nb\n", ["--merge"], "line 2"),
            ("id,x\nb,1\n", ["--merge", "--partitions", "5"], "partitions"),
        ] as [(String, [String], String)] {
            let file = folder.appending(path: "d.csv")
            try text.write(to: file, atomically: true, encoding: .utf8)
            let refused = try await site.norn(
                ["data", "upload", file.path, "-n", "t", "-s", "example", "--party", "9999"] + more)
            #expect(refused.status != 0 && refused.errors.contains(word), "\(refused.errors)")
        }
        #expect(try await site.call(.GET, "/api/tables/example/t").object["rows"] as? Int == 4)
        await site.end()
    }
}
