/// Why a bundle cannot be read or made.
public enum BundleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its end is missing: the file is still being copied, or was cut.
    case incomplete
    /// What is wrong with it, as a sentence without its end.
    case refused(String)
    /// A file of it is not the one whose digest it names.
    case digest(path: String)
    /// The signature does not belong to these files.
    case signature(String)

    public var description: String {
        switch self {
        case .incomplete: "the bundle has no end: it was cut, or is still being copied"
        case .refused(let why): "the bundle cannot be used: \(why)"
        case .digest(let path): "the bundle's \(path) is not the file whose digest it names"
        case .signature(let why): "the bundle's signature does not hold: \(why)"
        }
    }

    /// What to do about it, as a sentence.
    public var remedy: String {
        switch self {
        case .incomplete: "Copy it again, under another name, and rename it when it is whole."
        case .refused: "Make it with norn component pack."
        case .digest, .signature: "Get it again from its publisher; someone or something changed it on the way."
        }
    }
}
