extension Omissions: CustomStringConvertible {
    /// What is left out, in words.
    public var description: String {
        var parts: [String] = []
        if !jobs.isEmpty { parts.append("without jobs \(jobs.sorted())") }
        if !actions.isEmpty { parts.append("without users' actions \(actions.sorted())") }
        if let onlyFaults { parts.append("only faults \(onlyFaults.sorted())") }
        if let sitesLeft { parts.append("\(sitesLeft) sites") }
        return parts.isEmpty ? "nothing left out" : parts.joined(separator: ", ")
    }
}
