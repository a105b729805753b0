import Glibc

/// How bins tell an event from its absence: weight of evidence and information value.
///
/// For bin i with e events of E and n non-events of N: woe = ln((e/E) / (n/N)), iv = (e/E - n/N) woe; where e or n is 0
/// both get the adjustment added, the totals do not.
struct InformationValue: Sendable, Equatable {
    var events: [Int]
    var nonEvents: [Int]
    private(set) var eventRates: [Double] = []
    private(set) var nonEventRates: [Double] = []
    private(set) var woes: [Double] = []
    private(set) var ivs: [Double] = []
    var total: Double { ivs.reduce(0, +) }

    init(events: [Int], nonEvents: [Int], adjustment: Double) {
        self.events = events
        self.nonEvents = nonEvents
        let allEvents = Double(max(1, events.reduce(0, +)))
        let allNonEvents = Double(max(1, nonEvents.reduce(0, +)))
        for (event, nonEvent) in zip(events, nonEvents) {
            let added = event == 0 || nonEvent == 0 ? adjustment : 0
            let eventRate = (Double(event) + added) / allEvents
            let nonEventRate = (Double(nonEvent) + added) / allNonEvents
            let woe = log(eventRate / nonEventRate)
            eventRates.append(eventRate)
            nonEventRates.append(nonEventRate)
            woes.append(woe)
            ivs.append((eventRate - nonEventRate) * woe)
        }
    }

    var isMonotonic: Bool {
        let pairs = zip(woes, woes.dropFirst())
        return pairs.allSatisfy { $0 <= $1 } || pairs.allSatisfy { $0 >= $1 }
    }
}
