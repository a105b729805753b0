/// Writes NornKit's share: names for what Swift does not import well from the header.
struct SwiftWriter {
    let specification: Specification

    func text() -> String {
        """
        // Generated from Sources/NornABI/spec/norn.json by norn-abi-generate: do not edit.
        import NornABI

        /// A group of functions that a host grants by name.
        protocol HostExtension {
            /// As the manifest's permissions name it.
            static var id: String { get }
            static var revision: UInt32 { get }
        }

        \(extensions)extension ComponentError {
            /// What kind of failure it is: the status that crosses the ABI.
            public enum Code: UInt32, Sendable, CaseIterable {
        \(codes)    }
        }

        """
    }

    private var extensions: String {
        specification.extensions.map { item in
            """
            extension \(item.struct): HostExtension {
                static var id: String { "\(item.id)" }
                static var revision: UInt32 { \(item.revision) }
            }


            """
        }.joined()
    }

    /// Every status but success.
    private var codes: String {
        specification.constants.filter { $0.group.hasPrefix("Status codes") && $0.value != 0 }.map { constant in
            """
                    /// \(constant.doc)
                    case \(Self.caseName(constant.name)) = \(constant.value)

            """
        }.joined()
    }

    /// NORN_DEADLINE_EXCEEDED → deadlineExceeded
    static func caseName(_ macro: String) -> String {
        let words = macro.dropFirst("NORN_".count).lowercased().split(separator: "_")
        let name = words.enumerated().map { $0.offset == 0 ? String($0.element) : $0.element.capitalized }.joined()
        return name == "internal" ? "`internal`" : name
    }
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
