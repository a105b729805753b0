/// Why the probe cannot be used.
package struct ProbeFailure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
