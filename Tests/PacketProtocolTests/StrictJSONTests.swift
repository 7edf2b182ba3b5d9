import NIOCore
import PacketProtocol
import Testing

@Suite("The strict JSON scanner")
struct StrictJSONTests {
    private func scan(_ document: [UInt8]) throws {
        try document.withUnsafeBytes { try StrictJSONScanner.check($0) }
    }

    @Test(
        "Documents of RFC 8259 pass",
        arguments: [
            "{}", " \t\r\n{ } \t\r\n", #"{"a":1}"#, #"{"a":-0}"#, #"{"a":0.5}"#, #"{"a":-12.25e+10}"#, #"{"a":1E-2}"#,
            #"{"a":1e0}"#, #"{"a":true,"b":false,"c":null}"#, #"{"a":[]}"#, #"{"a":[1,[2],{"b":3}]}"#, #"{"":""}"#,
            #"{"a":"\"\\\/\b\f\n\r\t"}"#, #"{"a":"\u00e9\uD83D\uDE00"}"#, #"{"a":"é€😀"}"#, #"{"\u0061":1}"#,
            #"{"a":"}"}"#, "{\"a\":\"\u{7F}\"}", #"{"a":"\u0000"}"#, #"{"a":123456789012345678901234567890}"#,
            #"{ "a" : [ 1 , 2 ] , "b" : { } }"#,
        ])
    func valid(document: String) throws {
        #expect(throws: Never.self) { try scan(Array(document.utf8)) }
    }

    @Test(
        "What is not RFC 8259, or not an object, does not pass",
        arguments: [
            "", " ", "1", "\"a\"", "[]", "null", "true", "{", "}", "{}{}", "{}x", "{},", "{}\u{0}", "{} {}",
            #"{"a":}"#, #"{"a"}"#, #"{"a" 1}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{"a":1,}"#, #"{,"a":1}"#,
            #"{"a":1 "b":2}"#, #"{"a":1,,"b":2}"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[1}"#,
            #"{"a":{"b":1]}"#, #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":-Infinity}"#, #"{"a":01}"#, #"{"a":-01}"#,
            #"{"a":00}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1.e1}"#, #"{"a":1e}"#, #"{"a":1e+}"#,
            #"{"a":0x1}"#, #"{"a":-}"#, #"{"a":1_000}"#, #"{"a":True}"#, #"{"a":tru}"#, #"{"a":nul}"#, #"{"a":nulll}"#,
            #"{"a":"b}"#, #"{"a":"\"}"#, #"{"a":"\x41"}"#, #"{"a":"\u12"}"#, #"{"a":"\u12G4"}"#, #"{"a":"\U0041"}"#,
            "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\u{0}\"}", "{\"a\n\":1}", "{/**/}", "{}//", "{\"a\":1}\u{A0}",
            "\u{FEFF}{}", "\u{B}{}", "{\"a\":\u{C}1}",
        ])
    func invalid(document: String) {
        #expect(throws: JSONSyntaxError.self) { try scan(Array(document.utf8)) }
    }

    @Test(
        "Bytes that are not UTF-8 do not pass, in a value or in a key",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xC3, 0xC3],
            [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x82, 0x22], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func badUTF8(sequence: [UInt8]) {
        let value = Array("{\"a\":\"".utf8) + sequence + Array("\"}".utf8)
        let key = Array("{\"".utf8) + sequence + Array("\":1}".utf8)
        #expect(throws: JSONSyntaxError.self) { try scan(value) }
        #expect(throws: JSONSyntaxError.self) { try scan(key) }
    }

    @Test(
        "The first and the last character of every length of UTF-8 pass",
        arguments: [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
            [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]])
    func goodUTF8(sequence: [UInt8]) {
        #expect(throws: Never.self) { try scan(Array("{\"a\":\"".utf8) + sequence + Array("\"}".utf8)) }
    }

    @Test("UTF-16 does not pass")
    func utf16() {
        #expect(throws: JSONSyntaxError.self) { try scan([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) }
        #expect(throws: JSONSyntaxError.self) { try scan([0x7B, 0x00, 0x7D, 0x00]) }
    }

    @Test("Sixty-four levels pass and sixty-five do not, of arrays and of objects")
    func depth() {
        func arrays(_ levels: Int) -> [UInt8] {
            let inner = levels - 1
            return Array(
                (#"{"a":"# + String(repeating: "[", count: inner) + String(repeating: "]", count: inner) + "}").utf8)
        }
        func objects(_ levels: Int) -> [UInt8] {
            let inner = levels - 1
            return Array(
                (String(repeating: #"{"a":"#, count: inner) + "{}" + String(repeating: "}", count: inner)).utf8)
        }
        #expect(throws: Never.self) { try scan(arrays(64)) }
        #expect(throws: JSONSyntaxError.self) { try scan(arrays(65)) }
        #expect(throws: Never.self) { try scan(objects(64)) }
        #expect(throws: JSONSyntaxError.self) { try scan(objects(65)) }
        #expect(throws: JSONSyntaxError.self, "and a very deep one costs no stack") { try scan(arrays(200_000)) }
    }

    @Test("Every valid document that is cut short anywhere does not pass")
    func truncated() {
        let document = Array(#"{"a":[1.5e3,"\u00e9",true,null,{"b":{}}],"c":"é"}"#.utf8)
        #expect(throws: Never.self) { try scan(document) }
        for length in 0..<document.count {
            #expect(throws: JSONSyntaxError.self, "cut at \(length)") { try scan(Array(document[..<length])) }
        }
    }

    @Test("The error says at which byte it shows")
    func offset() {
        #expect { try scan(Array(#"{"a":01}"#.utf8)) } throws: { ($0 as? JSONSyntaxError)?.offset == 6 }
        #expect { try scan(Array("{} x".utf8)) } throws: { ($0 as? JSONSyntaxError)?.offset == 3 }
    }
}
