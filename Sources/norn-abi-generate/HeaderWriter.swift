import Foundation

/// Writes the C header: its comments are the specification.
struct HeaderWriter {
    static let columns = 110
    let specification: Specification

    func text() throws -> String {
        var out = preamble
        out += constants
        for description in specification.structs { out += try declaration(description) }
        out += "/* ---- Entry ---- */\n\n"
        for function in specification.functions { out += entry(function) }
        out += extensionIDs
        out += try baselines
        out += try layoutLock
        out += "#ifdef __cplusplus\n}\n#endif\n#endif\n"
        return out
    }

    private var preamble: String {
        """
        /* Norn's plugin ABI, generation \(specification.generation). Generated from spec/norn.json by norn-abi-generate: do not edit.
         * SPDX-License-Identifier: \(specification.license)
         *
         * A plugin is one shared library that exports one function, norn_plugin_entry_\(specification.generation). Host and plugin share structs of
         * function pointers; nothing else crosses: no allocation of one freed by the other, no exception, no object of a
         * language's runtime. A plugin makes no process, opens no socket, installs no signal handler, changes neither
         * environment nor working folder, and is never unloaded.
         *
         * Every struct that may grow begins with struct_size, and grows only at its end: a field is there when the maker's
         * struct_size reaches past it (NORN_HAS). Function pointers are never NULL unless their comment says so.
         *
         * Threads, in the comment of each function:
         *   [load]   the thread that loads the plugin, before any attempt
         *   [task]   the one thread of an attempt
         *   [kernel] any thread of an engine; many at once, but one at a time for a state
         *   [any]    any thread
         */
        #ifndef NORN_H
        #define NORN_H
        #include <stddef.h>
        #include <stdint.h>
        #ifdef __cplusplus
        extern "C" {
        #endif

        /* Is the field in the struct that the other side made? */
        #define NORN_HAS(pointer, type, field) \\
          ((pointer)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))


        """
    }

    private var constants: String {
        var out = ""
        var group = ""
        for constant in specification.constants {
            if constant.group != group {
                out += "\(group.isEmpty ? "" : "\n")/* \(constant.group). */\n"
                group = constant.group
            }
            out += "#define \(constant.name) \(literal(constant.value)) /* \(constant.doc) */\n"
        }
        return out + "\n/* 0, or one of the codes above. */\ntypedef uint32_t norn_status;\n\n"
    }

    private func literal(_ value: UInt64) -> String {
        value > 0xffff ? "0x\(String(value, radix: 16))u" : "\(value)u"
    }

    private func declaration(_ description: Specification.Struct) throws -> String {
        var out = ""
        if let section = description.section { out += "/* ---- \(section) ---- */\n\n" }
        out += comment(description.doc + (description.frozen ? " Frozen: never grows." : ""), indent: "")
        if description.forward {
            out += "typedef struct \(description.name) \(description.name);\nstruct \(description.name) {\n"
        } else {
            out += "typedef struct \(description.name) {\n"
        }
        for field in description.fields {
            out += comment(documentation(field), indent: "  ")
            if let function = field.function {
                out += wrapped(
                    head: "  \(spaced(function.returns))(*\(field.name))(", parameters: function.parameters, tail: ");")
            } else {
                out += "  \(variable(field.type ?? "", field.name));\n"
            }
        }
        return out + (description.forward ? "};\n\n" : "} \(description.name);\n\n")
    }

    private func entry(_ function: Specification.Field) -> String {
        guard let signature = function.function else { return "" }
        return comment(documentation(function), indent: "")
            + wrapped(
                head: "\(spaced(signature.returns))\(function.name)(", parameters: signature.parameters, tail: ");")
            + "\n"
    }

    /// One paragraph: thread, what, whose, when.
    private func documentation(_ field: Specification.Field) -> String {
        var parts: [String] = []
        if let thread = field.thread { parts.append(thread.count > 8 ? "[of \(thread)]" : "[\(thread)]") }
        parts.append(field.doc)
        var text = parts.joined(separator: " ")
        if let ownership = field.ownership { text += (text.hasSuffix(".") ? "" : ".") + " Ownership: \(ownership)." }
        if let state = field.state { text += (text.hasSuffix(".") ? "" : ".") + " State: \(state)." }
        return text
    }

    private var extensionIDs: String {
        var out = "/* ---- Extensions by id and revision ---- */\n\n"
        for item in specification.extensions {
            out += "#define NORN_\(item.macro)_ID \"\(item.id)\"\n"
            out += "#define NORN_\(item.macro)_REVISION \(item.revision)u\n"
        }
        return out + "\n"
    }

    /// What a reader holds struct_size against: never today's sizeof, or the next level would refuse this one's structs.
    private var baselines: String {
        get throws {
            var out = "/* ---- Bytes of each struct at each level ---- */\n\n"
            for baseline in try specification.baselines { out += "#define \(baseline.name) \(baseline.bytes)u\n" }
            return out + "\n"
        }
    }

    private var layoutLock: String {
        get throws {
            var out = """
                /* ---- Layout on machines with 64-bit pointers ---- */

                #if UINTPTR_MAX == 0xffffffffffffffffu
                #ifdef __cplusplus
                #define NORN_LAYOUT(condition) static_assert(condition, #condition)
                #else
                #define NORN_LAYOUT(condition) _Static_assert(condition, #condition)
                #endif

                """
            for description in specification.structs {
                let layout = try Layout(description)
                out += "NORN_LAYOUT(sizeof(\(description.name)) == \(layout.size));\n"
                for place in layout.places where place.offset > 0 {
                    out += "NORN_LAYOUT(offsetof(\(description.name), \(place.name)) == \(place.offset));\n"
                }
            }
            return out + "#undef NORN_LAYOUT\n#endif\n\n"
        }
    }

    // MARK: C's spelling

    private func spaced(_ type: String) -> String { type.hasSuffix("*") ? type : type + " " }

    private func variable(_ type: String, _ name: String) -> String {
        if let open = type.firstIndex(of: "["), type.hasSuffix("]") {
            return "\(type[..<open]) \(name)\(type[open...])"
        }
        if let hole = type.range(of: "(*)") { return type.replacingCharacters(in: hole, with: "(*\(name))") }
        return spaced(type) + name
    }

    private func wrapped(head: String, parameters: [Specification.Parameter], tail: String) -> String {
        let indent = String(repeating: " ", count: head.count)
        var out = ""
        var line = head
        for (index, parameter) in parameters.enumerated() {
            let isLast = index == parameters.count - 1
            let piece = variable(parameter.type, parameter.name) + (isLast ? tail : ", ")
            if line.count + piece.count > Self.columns + 1, line != indent, line != head {
                out += line.trimmedEnd + "\n"
                line = indent
            }
            line += piece
        }
        return out + line.trimmedEnd + "\n"
    }

    private func comment(_ text: String, indent: String) -> String {
        var lines: [String] = []
        var line = "\(indent)/*"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > Self.columns - 3 {
                lines.append(line)
                line = "\(indent)   \(word)"
            } else {
                line += " \(word)"
            }
        }
        lines.append(line + " */")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension String {
    var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
