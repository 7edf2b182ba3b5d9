import FleetModel
import NIOCore
import PacketProtocol
import Testing

@Suite("Widget values")
struct WidgetValueTests {
    private func text(_ value: some Encodable) -> String {
        String(buffer: PacketEncoder.json(value))
    }

    private func value(_ json: String) throws -> WidgetValue {
        try PacketJSON.arguments(
            SetWidgetArguments.self, of: ByteBuffer(string: #"{"widget_id":"w","widget_value":\#(json)}"#)
        ).value
    }

    @Test(
        "A range's value is the shortest decimal that gives the same 32-bit float",
        arguments: [
            (0.1, "0.1"), (5.6, "5.6"), (1.0 / 3, "0.33333334"), (100, "100"), (-2.5, "-2.5"), (0, "0"),
            (16_777_216, "16777216"), (0.3, "0.3"), (1.1, "1.1"),
        ] as [(Float, String)])
    func decimals(number: Float, decimal: String) throws {
        #expect(text([WidgetValue.number(number)]) == "[\(decimal)]")
        #expect(text(WidgetRange(min: number, max: 1, step: 0)).contains(#""min":\#(decimal)"#))
    }

    @Test(
        "The decimal that was written comes back as the same float", arguments: ["0.1", "5.6", "0.33333334", "1e-05"])
    func back(decimal: String) throws {
        #expect(try value(decimal) == .number(try #require(Float(decimal))))
    }

    @Test("Every JSON type keeps its own kind of value")
    func kinds() throws {
        #expect(try value("null") == .none)
        #expect(try value("true") == .toggle(true))
        #expect(try value("false") == .toggle(false))
        #expect(try value("1") == .integer(1))
        #expect(try value("1.0") == .integer(1))
        #expect(try value("1e0") == .integer(1))
        #expect(try value("0") == .integer(0))
        #expect(try value("1.5") == .number(1.5))
        #expect(try value("\"1\"") == .text("1"))
        #expect(try value("\"true\"") == .text("true"))
        #expect(try value("\"\"") == .text(""))
        #expect(try value("1732445631") == .integer(1_732_445_631))
    }

    @Test("Arrays, objects and numbers beyond a float are refused", arguments: ["[]", "{}", "1e39", "-1e39", "1e999"])
    func refused(json: String) {
        #expect(throws: FleetError.self) { try value(json) }
    }

    @Test("Values are written as the JSON type of their widget")
    func written() {
        #expect(text([WidgetValue.none]) == "[null]")
        #expect(text([WidgetValue.toggle(true)]) == "[true]")
        #expect(text([WidgetValue.toggle(false)]) == "[false]")
        #expect(text([WidgetValue.text("1/125")]) == #"["1/125"]"#)
        #expect(text([WidgetValue.integer(1_732_445_631)]) == "[1732445631]")
        #expect(text([WidgetValue.number(.nan)]) == "[null]")
        #expect(text([WidgetValue.number(.infinity)]) == "[null]")
    }

    @Test("A widget's JSON has the page's keys, and null where the value is null")
    func widget() throws {
        let toggle = Widget(
            path: "/main/settings/x", name: "x", type: .toggle, label: "X", value: WidgetValue.none, readonly: false)
        let json = text(toggle)
        for part in [
            #""path":"/main/settings/x""#, #""widget_id":"x""#, #""widget_type":258"#, #""label":"X""#,
            #""widget_value":null"#, #""readonly":false"#,
        ] {
            #expect(json.contains(part), "\(part)")
        }
        #expect(!json.contains("choices") && !json.contains("range"))
        #expect(try PacketJSON.decode(Widget.self, from: ByteBuffer(string: json)) == toggle)
        let bare = Widget(name: "x", type: .toggle, label: "X", readonly: true)
        #expect(!text(bare).contains("widget_value"))
        #expect(try PacketJSON.decode(Widget.self, from: ByteBuffer(string: text(bare))).value == nil)
    }

    @Test("Widget types are the page's numbers")
    func types() {
        let numbers: [(WidgetType, UInt16)] = [
            (.date, 0x0101), (.toggle, 0x0102), (.button, 0x0103), (.range, 0x0104), (.menu, 0x0105), (.radio, 0x0106),
            (.text, 0x0107), (.section, 0x0108),
        ]
        for (type, number) in numbers { #expect(type.rawValue == number) }
    }
}
