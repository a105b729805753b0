import NornManifest
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("Text survives reading and writing, with the order of members and the kind of numbers")
    func roundTrip() throws {
        let text = #"{"b":[1,-2,0.5,1e-05,1.0,true,null],"a":{"é\n\"":"\u0001😀"},"z":{}}"#
        let value = try JSON(parsing: text)
        #expect(value.text() == text)
        #expect(value["b"]?[0] == .int(1))
        #expect(value["b"]?[4] == .double(1))
        #expect(value.asObject?.keys == ["b", "a", "z"])
        #expect(try JSON(parsing: value.text(.pretty)) == value)
        #expect(value.text(.canonical).hasPrefix(#"{"a""#))
    }

    @Test("Objects are equal whatever the order of their members")
    func equality() throws {
        let one = try JSON(parsing: #"{"a":1,"b":2}"#)
        let other = try JSON(parsing: #"{"b":2,"a":1}"#)
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(JSON.int(1) != .double(1))
        #expect(JSON.array([.int(1)]).means(.array([.double(1)])))
        #expect(!JSON.int(1).means(.double(1.5)))
    }

    @Test("Integers beyond 64 bits become doubles, escapes and surrogate pairs become characters")
    func values() throws {
        #expect(try JSON(parsing: "9223372036854775808") == .double(9223372036854775808))
        #expect(try JSON(parsing: "-9223372036854775808") == .int(.min))
        #expect(try JSON(parsing: #""\ud83d\ude00\/\t""#) == .string("😀/\t"))
    }

    @Test(
        "Wrong text is refused with its code",
        arguments: [
            ("", JSONError.Code.syntax), ("{", .syntax), ("[1,]", .syntax), (#"{"a":1,}"#, .syntax), ("01", .badNumber),
            ("1.", .badNumber), ("-", .badNumber), ("1e", .badNumber), ("1e999", .badNumber), ("NaN", .syntax),
            ("nul", .syntax), ("1 2", .syntax), ("// x\n1", .syntax), ("\"a", .syntax), ("\"\u{1}\"", .badText),
            (#""\x""#, .badText), (#""\ud800""#, .badText), (#""\ud800\u0041""#, .badText), (#""\u12g4""#, .badText),
            (#"{"a":1,"a":2}"#, .duplicateKey), ("'a'", .syntax), ("+1", .syntax), (".5", .syntax),
            (#""\u12"#, .badText),
        ])
    func refusals(text: String, code: JSONError.Code) {
        #expect { try JSON(parsing: text) } throws: { ($0 as? JSONError)?.code == code }
    }

    @Test("Text that is not UTF-8 is refused")
    func notUTF8() {
        #expect { try JSON(parsing: [0x22, 0xFF, 0x22]) } throws: { ($0 as? JSONError)?.code == .badText }
    }

    @Test("An error names line, column and path")
    func place() throws {
        let error = #expect(throws: JSONError.self) {
            try JSON(parsing: "{\n  \"components\": [1, {\"name\": tru}]\n}")
        }
        #expect(error?.line == 2)
        #expect(error?.column == 30)
        #expect(error?.path == "components[1].name")
    }

    @Test("Size and depth have limits")
    func limits() {
        #expect { try JSON(parsing: "[1,2]", limits: JSONLimits(bytes: 4)) } throws: {
            ($0 as? JSONError)?.code == .tooLarge
        }
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect { try JSON(parsing: deep) } throws: { ($0 as? JSONError)?.code == .tooDeep }
        #expect(throws: Never.self) { try JSON(parsing: String(deep.dropFirst().dropLast())) }
        #expect { try JSON(parsing: String(repeating: "[", count: 1_000_000)) } throws: {
            ($0 as? JSONError)?.code == .tooDeep
        }
    }
}
