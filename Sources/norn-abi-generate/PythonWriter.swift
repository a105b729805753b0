/// Writes the ABI for Python's ctypes. Pointers are plain addresses; what lies behind one is read by `from_address`.
struct PythonWriter {
    let specification: Specification

    func text() throws -> String {
        var out = """
            # Norn's plugin ABI for Python's ctypes. Generated from spec/norn.json by norn-abi-generate: do not edit.
            # SPDX-License-Identifier: \(specification.license)
            #
            # The comments of norn.h say what each function does, on which thread, and who owns what. A pointer is a
            # c_void_p: an address, or None.
            import ctypes


            """
        for constant in specification.constants {
            out += "\(constant.name) = \(constant.value)  # \(constant.doc)\n"
        }
        out += "\n# What a reader holds struct_size against: never today's sizeof.\n"
        for baseline in try specification.baselines { out += "\(baseline.name) = \(baseline.bytes)\n" }
        for description in specification.structs { out += try declaration(description) }
        out += "\n\n# id -> (revision, table)\nEXTENSIONS = {\n"
        for item in specification.extensions {
            out += "    \"\(item.id)\": (\(item.revision), \(item.struct)),\n"
        }
        return out + "}\n"
    }

    private func declaration(_ description: Specification.Struct) throws -> String {
        var out = "\n\nclass \(description.name)(ctypes.Structure):\n    _fields_ = [\n"
        for field in description.fields {
            out += "        (\"\(field.name)\", \(try Self.spelled(CType.of(field)))),\n"
        }
        let size = try Layout(description).size
        return out + "    ]\n\n\nassert ctypes.sizeof(\(description.name)) == \(size)\n"
    }

    static func spelled(_ type: CType) throws -> String {
        switch type {
        case .name(let name): return names[name] ?? name
        case .pointer: return "ctypes.c_void_p"
        case .array(let element, let count): return "\(try spelled(element)) * \(count)"
        case .function(let signature):
            let result = signature.returns == "void" ? "None" : try spelled(CType(signature.returns))
            let parameters = try signature.parameters.map { try spelled(CType($0.type)) }
            return "ctypes.CFUNCTYPE(\(([result] + parameters).joined(separator: ", ")))"
        }
    }

    private static let names = [
        "uint8_t": "ctypes.c_uint8", "uint32_t": "ctypes.c_uint32", "uint64_t": "ctypes.c_uint64",
        "norn_status": "ctypes.c_uint32", "char": "ctypes.c_char", "double": "ctypes.c_double",
    ]
}
