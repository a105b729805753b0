import NornFlow
import NornManifest
import Testing

@testable import NornDialects

/// What a conf says of other jobs, of time and of nodes.
@Suite struct RelationTests {
    @Test func dependenciesAreIdsEachOnce() {
        var reader = JobRelations()
        #expect(reader.dependencies(["1", 2, "1"], at: "f") == ["1", "2"])
        #expect(reader.findings.errors.isEmpty)
        _ = reader.dependencies(["../x"], at: "f")
        #expect(reader.findings.errors.map(\.field) == ["f[0]"])
    }

    @Test func inheritanceNamesAJobAndItsTasks() {
        var reader = JobRelations()
        #expect(reader.inheritance([:], at: "f") == nil)
        let given: JSON = ["job_id": "20261123", "component_list": ["reader_0", "reader_0"]]
        #expect(reader.inheritance(given, at: "f") == Inheritance(job: "20261123", tasks: ["reader_0"]))
        #expect(reader.findings.errors.isEmpty)
        #expect(reader.inheritance(["job_id": "1"], at: "f") == nil)
        #expect(reader.findings.errors.map(\.field) == ["f.component_list"])
    }

    @Test func ownTimeoutsOfTasksComeBeforeTheCommonOne() {
        let timeouts = TaskTimeouts(common: 60, own: ["a": 5])
        #expect(timeouts.seconds(of: "a") == 5)
        #expect(timeouts.seconds(of: "b") == 60)
    }
}
