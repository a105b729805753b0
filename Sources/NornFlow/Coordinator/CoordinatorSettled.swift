extension Coordinator {
    /// Whether the job has ended and every party has said that it knows: nothing is owed to anyone. Until then a site
    /// that comes up tells the coordinator so, that the parties learn of the end.
    public var isSettled: Bool { phase == .ended && members.values.allSatisfy { $0.report?.settled == true } }
}
