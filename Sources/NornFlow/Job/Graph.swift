/// The edges between the tasks of a job.
public struct Graph: Sendable {
    private let names: [String]
    private let upstream: [String: [String]]

    public init(_ tasks: [JobTask]) {
        names = tasks.map(\.name)
        let known = Set(names)
        upstream = Dictionary(
            tasks.map { task in
                var seen = Set<String>()
                let feeders = task.inputs.filter { $0.model == nil && known.contains($0.task) }.map(\.task)
                return (task.name, feeders.filter { seen.insert($0).inserted })
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The tasks that feed a task, each once, in the order of its inputs.
    public func upstream(of name: String) -> [String] { upstream[name] ?? [] }

    /// The tasks that a task feeds, in the order of submission.
    public func downstream(of name: String) -> [String] { names.filter { upstream(of: $0).contains(name) } }

    /// A path that ends where it begins, such as `[a, b, a]` when b feeds a and a feeds b; nil when there is none.
    public func cycle() -> [String]? {
        var finished = Set<String>()
        for start in names where !finished.contains(start) {
            // Depth first without recursion: the depth is a client's choice, the stack is ours.
            var path = [(name: start, next: 0)]
            var onPath: Set<String> = [start]
            while let top = path.last {
                let feeders = upstream(of: top.name)
                guard top.next < feeders.count else {
                    finished.insert(top.name)
                    onPath.remove(top.name)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let feeder = feeders[top.next]
                if onPath.contains(feeder), let from = path.firstIndex(where: { $0.name == feeder }) {
                    // The path runs against the flow; turned around it reads as the data goes.
                    return [feeder] + path[from...].map(\.name).reversed()
                }
                if !finished.contains(feeder) {
                    path.append((feeder, 0))
                    onPath.insert(feeder)
                }
            }
        }
        return nil
    }

    /// Every task after those that feed it, otherwise in the order of submission; nil when there is a cycle.
    public func topologicalOrder() -> [String]? {
        var order: [String] = []
        var placed = Set<String>()
        var left = names
        while !left.isEmpty {
            let free = left.filter { upstream(of: $0).allSatisfy(placed.contains) }
            guard !free.isEmpty else { return nil }
            order += free
            placed.formUnion(free)
            left.removeAll { placed.contains($0) }
        }
        return order
    }

    /// Whether everything that feeds a task is among the succeeded.
    public func isReady(_ name: String, succeeded: Set<String>) -> Bool {
        upstream(of: name).allSatisfy(succeeded.contains)
    }
}
