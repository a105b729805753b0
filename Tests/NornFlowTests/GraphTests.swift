import NornFlow
import Testing

@Suite struct GraphTests {
    private func task(_ name: String, after feeders: [String] = []) -> JobTask {
        JobTask(
            name: name, module: "Any", parties: [Party(role: .guest, id: "9999")],
            inputs: feeders.map { TaskInput(slot: "data", kind: .data, task: $0, output: "data") })
    }

    @Test func aCycleIsNamedAsTheDataFlows() {
        let graph = Graph([task("a", after: ["c"]), task("b", after: ["a"]), task("c", after: ["b"]), task("d")])
        #expect(graph.cycle() == ["a", "b", "c", "a"])
        #expect(graph.topologicalOrder() == nil)
    }

    @Test func aTaskThatFeedsItselfIsACycle() { #expect(Graph([task("a", after: ["a"])]).cycle() == ["a", "a"]) }

    @Test func aDiamondIsNoCycle() {
        let graph = Graph([task("d", after: ["b", "c"]), task("b", after: ["a"]), task("c", after: ["a"]), task("a")])
        #expect(graph.cycle() == nil)
        #expect(graph.topologicalOrder() == ["a", "b", "c", "d"])
        #expect(graph.downstream(of: "a") == ["b", "c"])
        #expect(graph.isReady("d", succeeded: ["b"]) == false)
        #expect(graph.isReady("d", succeeded: ["b", "c"]))
    }

    @Test func aLongChainIsSearchedWithoutRecursion() {
        let tasks = (0..<3_000).map { task("t\($0)", after: $0 == 0 ? [] : ["t\($0 - 1)"]) }
        #expect(Graph(tasks).cycle() == nil)
    }
}
