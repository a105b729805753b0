import NornABI

/// A kernel with its types erased: what the plugin's vtables carry.
public struct KernelDefinition: Sendable {
    public let name: String
    public let revision: UInt32
}
extension DeclaredKernel {
    public var name: String { definition.name }
    public var revision: UInt32 { definition.revision }
}
