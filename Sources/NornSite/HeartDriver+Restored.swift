import NornFlow

extension HeartDriver {
    /// Tells the coordinators of all members that have ended here of this run of the site, so many in a turn.
    func tellOfSettledMembers() async throws {
        let settled = try await HeartRows.settledMembers(in: store)
        for start in stride(from: 0, to: settled.count, by: Self.turnMaximum) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key in settled[start..<min(start + Self.turnMaximum, settled.count)] {
                    group.addTask { try await self.step(.member(key, .siteRestarted(epoch: self.fence))) }
                }
                try await group.waitForAll()
            }
        }
    }
}
