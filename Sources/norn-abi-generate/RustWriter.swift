/// Writes the ABI for Rust: one file without a crate, from Rust 1.63 on.
struct RustWriter {
    let specification: Specification

    func text() throws -> String {
        var out = """
            // Norn's plugin ABI for Rust. Generated from spec/norn.json by norn-abi-generate: do not edit.
            // SPDX-License-Identifier: \(specification.license)
            //
            // The comments of norn.h say what each function does, on which thread, and who owns what.
            #![allow(non_camel_case_types, dead_code, clippy::all)]

            use std::ffi::c_void;
            use std::os::raw::c_char;

            pub type norn_status = u32;


            """
        for constant in specification.constants {
            let type = constant.value > UInt64(UInt32.max) ? "u64" : "u32"
            out += "/// \(constant.doc)\npub const \(constant.name): \(type) = \(constant.value);\n"
        }
        for item in specification.extensions {
            out += "pub const NORN_\(item.macro)_ID: &str = \"\(item.id)\";\n"
            out += "pub const NORN_\(item.macro)_REVISION: u32 = \(item.revision);\n"
        }
        out += "\n// What a reader holds struct_size against: never today's size_of.\n"
        for baseline in try specification.baselines {
            out += "pub const \(baseline.name): u32 = \(baseline.bytes);\n"
        }
        for description in specification.structs { out += try declaration(description) }
        return out
    }

    private func declaration(_ description: Specification.Struct) throws -> String {
        var out = "\n/// \(description.doc)\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct \(description.name) {\n"
        for field in description.fields {
            out += "    pub \(field.name): \(try Self.spelled(CType.of(field))),\n"
        }
        let size = try Layout(description).size
        return out
            + "}\n#[cfg(target_pointer_width = \"64\")]\n"
            + "const _: () = assert!(std::mem::size_of::<\(description.name)>() == \(size));\n"
    }

    static func spelled(_ type: CType) throws -> String {
        switch type {
        case .name(let name): return names[name] ?? name
        case .pointer(let target, let isConstant):
            return "\(isConstant ? "*const" : "*mut") \(try spelled(target))"
        case .array(let element, let count): return "[\(try spelled(element)); \(count)]"
        case .function(let signature):
            let parameters = try signature.parameters.map { "\($0.name): \(try spelled(CType($0.type)))" }
            let result = signature.returns == "void" ? "" : " -> \(try spelled(CType(signature.returns)))"
            return "Option<unsafe extern \"C\" fn(\(parameters.joined(separator: ", ")))\(result)>"
        }
    }

    private static let names = [
        "uint8_t": "u8", "uint32_t": "u32", "uint64_t": "u64", "void": "c_void", "char": "c_char", "double": "f64",
    ]
}
