import FleetTesting
import Testing
import VirtualCamera

/// Widgets by name and by path, their types and values (protocol.md, 0x0007 to 0x000A). No body that the PTP driver
/// drives has a button.
@Suite struct WidgetTests {
    private static let date = 0x0101
    private static let toggle = 0x0102
    private static let range = 0x0104
    private static let menu = 0x0105
    private static let radio = 0x0106
    private static let text = 0x0107

    /// What each widget of a type has as a value, and beside it.
    private static let kinds: [Int: (values: Set<String>, beside: String?)] = [
        date: (["integer"], nil), toggle: (["bool", "null"], nil), 0x0103: (["null"], nil),
        range: (["integer", "number"], "range"), menu: (["string"], "choices"), radio: (["string"], "choices"),
        text: (["string"], nil),
    ]

    /// The types that the bodies of a dialect have.
    private static func types(_ dialect: Dialect) -> Set<Int> {
        switch dialect {
        case .ptp, .nikon: [date, toggle, range, menu, radio, text]
        case .canonEOS: [date, toggle, radio, text]
        }
    }

    @Test(
        "Every widget of a body has the value that its type says, and its choices or range", arguments: Dialect.allCases
    )
    func types(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let widgets = try await rig.ask(0x000A, #"{"values":true}"#).json["widgets"].array
            #expect(widgets.count > 40)
            for widget in widgets {
                let kind = try #require(Self.kinds[widget["widget_type"].integer ?? 0], "\(widget)")
                #expect(kind.values.contains(widget["widget_value"].kind), "\(widget)")
                let keys: Set<String> = [
                    "path", "widget_id", "widget_type", "label", "widget_value", "readonly",
                ]
                #expect(widget.keys == keys.union(kind.beside.map { [$0] } ?? []), "\(widget)")
                #expect(widget["readonly"].bool != nil)
                #expect(widget["choices"].array.allSatisfy { $0.string != nil })
                if kind.beside == "range" {
                    #expect(Set(widget["range"].keys) == ["min", "max", "step"])
                    #expect(widget["range"]["min"].double ?? 1 <= widget["range"]["max"].double ?? 0)
                }
                let path = try #require(widget["path"].string)
                #expect(path.hasPrefix("/main/"))
                #expect(path.split(separator: "/").last.map(String.init) == widget["widget_id"].string)
            }
            #expect(Set(widgets.compactMap { $0["widget_type"].integer }) == Self.types(dialect))

            let bare = try await rig.ask(0x000A).json["widgets"].array
            #expect(bare.compactMap { $0["path"].string } == widgets.compactMap { $0["path"].string })
            #expect(
                bare.allSatisfy { $0.keys == ["path", "widget_id", "widget_type", "label", "readonly"] })
        }
    }

    @Test("A widget is the same by its name and by its path, alone and in the list", arguments: Dialect.allCases)
    func places(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let widgets = try await rig.ask(0x000A, #"{"values":true}"#).json["widgets"].array
            var paths: Set<String> = []
            for type in Self.types(dialect) {
                guard let widget = widgets.first(where: { $0["widget_type"].integer == type }) else { continue }
                let (path, name) = (widget["path"].string ?? "", widget["widget_id"].string ?? "")
                guard paths.insert(path).inserted, name != "datetime", name != "datetimeutc" else { continue }
                for identifier in [path, name] {
                    let whole = try await rig.ask(0x0008, "{\"widget_id\":\"\(identifier)\"}").json
                    let keys = whole.keys
                    #expect(keys == widget.keys.subtracting(["path"]))
                    for key in keys { #expect(whole[key] == widget[key], "\(identifier) \(key)") }
                    let current = try await rig.ask(0x0007, "{\"widget_id\":\"\(identifier)\"}").json
                    #expect(current.keys == keys.subtracting(["choices", "range"]))
                    for key in current.keys { #expect(current[key] == widget[key]) }
                }
            }
        }
    }

    @Test("Sections, windows and names that are none are Parameter_Not_Supported", arguments: Dialect.allCases)
    func noWidget(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            for identifier in [
                "main", "settings", "/main", "/main/settings", "/main/settings/", "/main/settings/iso", "/iso", "/", "",
                "no such widget", "ISO", "iso ",
            ] {
                for code: UInt16 in [0x0007, 0x0008] {
                    let answer = try await rig.ask(code, "{\"widget_id\":\"\(identifier)\"}")
                    #expect(answer.isRefusal(0x2006), "\(identifier): \(answer.told)")
                }
                let answer = try await rig.ask(0x0009, "{\"widget_id\":\"\(identifier)\",\"widget_value\":\"1\"}")
                #expect(answer.isRefusal(0x2006), "\(identifier): \(answer.told)")
            }
        }
    }

    /// A value of each JSON type, by that type.
    private static let samples = [
        "string": "\"no such choice\"", "integer": "1", "number": "1.5", "bool": "true", "null": "null",
    ]

    @Test(
        "A value of another JSON type than the widget's is Invalid_Parameter, also when it is forced",
        arguments: Dialect.allCases)
    func wrongTypes(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let widgets = try await rig.ask(0x000A, #"{"values":true}"#).json["widgets"].array
            for type in Self.types(dialect) {
                let widget = try #require(
                    widgets.first { $0["widget_type"].integer == type && $0["readonly"].bool == false })
                let taken: Set<String> =
                    switch type {
                    case Self.date: ["integer"]
                    case Self.toggle: ["bool"]
                    case Self.range: ["integer", "number"]
                    default: ["string"]
                    }
                for (kind, value) in Self.samples where !taken.contains(kind) {
                    for force in ["", ",\"force\":true"] {
                        let answer = try await rig.ask(
                            0x0009,
                            "{\"widget_id\":\"\(widget["path"].string ?? "")\",\"widget_value\":\(value)\(force)}")
                        #expect(answer.isRefusal(0x201D), "\(widget["path"]) \(kind): \(answer.told)")
                    }
                }
            }
            #expect(rig.body.transactionCount(.setDevicePropValue) == 0)
        }
    }

    @Test(
        "What is not among the choices is Invalid_Parameter, forced or not where the body does not take it",
        arguments: Dialect.allCases)
    func choices(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let answer = try await rig.ask(0x0009, #"{"widget_id":"iso","widget_value":"401"}"#)
            #expect(answer.isRefusal(0x201D))
            #expect(answer.json["message"].string?.contains("400") == true, "the choices are named")
            let forced = try await rig.ask(0x0009, #"{"widget_id":"iso","widget_value":"401","force":true}"#)
            #expect(forced.isRefusal(dialect == .canonEOS ? 0x2002 : 0x201D), "\(forced.told)")
            #expect(forced.json["gphoto2"].shape == ["code": "integer", "text": "string"])
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).json["widget_value"].string == "100")
        }
    }

    @Test("What is read-only cannot be set, forced or not", arguments: Dialect.allCases)
    func readOnly(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            for force in ["", ",\"force\":true"] {
                for widget in ["serialnumber", "/main/status/batterylevel"] {
                    let answer = try await rig.ask(
                        0x0009, "{\"widget_id\":\"\(widget)\",\"widget_value\":\"x\"\(force)}")
                    #expect(answer.isRefusal(0x2006), "\(answer.told)")
                }
            }
        }
    }

    @Test("Numbers are set within their range and step, and read back as the shortest decimal") func ranges()
        async throws
    {
        try await BodyRig.run(.ptp) { rig in
            let before = try await rig.ask(0x0008, #"{"widget_id":"focusdistance"}"#)
            #expect(before.json["widget_value"].double == 2.5)
            let text = String(decoding: before.content, as: UTF8.self)
            #expect(text.contains("\"step\":0.01") && text.contains("\"min\":0.3") && text.contains("\"max\":100"))
            #expect(rig.body.turnDial(.focusDistance, to: 1234))
            let turned = try await rig.ask(0x0007, #"{"widget_id":"focusdistance"}"#)
            #expect(String(decoding: turned.content, as: UTF8.self).contains("\"widget_value\":12.34"))
            let whole = try await rig.ask(0x0009, #"{"widget_id":"/main/other/5009","widget_value":2.5e2}"#)
            #expect(whole.json["widget_value"].integer == 250)
            #expect(rig.body.value(of: .focusDistance) == 250)
            for bad in ["0.29", "100.01", "-1", "1e30", "2.505"] {
                let answer = try await rig.ask(0x0009, "{\"widget_id\":\"focusdistance\",\"widget_value\":\(bad)}")
                #expect(answer.isRefusal(0x201D), "\(bad): \(answer.told)")
            }
            #expect(rig.body.value(of: .focusDistance) == 250)
        }
    }

    @Test("Texts, dates and toggles are set and read back", arguments: Dialect.allCases)
    func otherTypes(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let artist = dialect == .ptp ? "/main/other/501e" : "artist"
            let text = try await rig.ask(0x0009, "{\"widget_id\":\"\(artist)\",\"widget_value\":\"Ada \\\"L\\\"\"}")
            #expect(text.json["widget_value"].string == "Ada \"L\"", "\(text.told)")
            let date = try await rig.ask(0x0009, #"{"widget_id":"datetime","widget_value":1700000000}"#)
            let seconds = try #require(date.json["widget_value"].integer, "\(date.told)")
            #expect((1_700_000_000...1_700_000_060).contains(seconds))
            for bad in ["1.5", "1e12", "\"now\"", "-1e12"] {
                let answer = try await rig.ask(0x0009, "{\"widget_id\":\"datetime\",\"widget_value\":\(bad)}")
                #expect(answer.isRefusal(0x201D), "\(bad): \(answer.told)")
            }
            guard dialect != .ptp else { return }
            let isOn = try await rig.ask(0x0009, #"{"widget_id":"viewfinder","widget_value":true}"#)
            #expect(isOn.json["widget_value"].bool != nil, "\(isOn.told)")
        }
    }

    @Test("Reads ask the body, never a cache: a dial that was turned is read at once", arguments: Dialect.allCases)
    func fresh(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).json["widget_value"].string == "100")
            #expect(rig.body.turnDial(dialect.sensitivity.code, to: dialect.sensitivity.of400))
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).json["widget_value"].string == "400")
            let listed = try await rig.ask(0x000A, #"{"values":true}"#).json["widgets"].array
            #expect(listed.first { $0["widget_id"].string == "iso" }?["widget_value"].string == "400")
        }
    }

    @Test("What a body refused before does not name what goes wrong afterwards")
    func staleRefusal() async throws {
        try await BodyRig.run(.ptp) { rig in
            rig.body.inject(.failing(.storeNotAvailable).on(.getStorageIDs, .getStorageInfo))
            let storages = try await rig.ask(0x000E)
            #expect(storages.isRefusal(0x2013), "\(storages.told)")
            let widget = try await rig.ask(0x0007, #"{"widget_id":"nothing"}"#)
            #expect(widget.isRefusal(0x2006), "\(widget.told)")
        }
    }

    @Test("A setting that a body refuses as the widget was read before is tried as the widget is now")
    func refusedAsRead() async throws {
        try await BodyRig.run(.nikon) { rig in
            let set = #"{"widget_id":"iso","widget_value":"400"}"#
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).json["widget_value"].string != "400")
            rig.body.inject(.failing(.setDevicePropValue, .invalidDevicePropValue, count: 1))
            let answer = try await rig.ask(0x0009, set)
            #expect(answer.code == 0x2001)
            #expect(answer.json["widget_value"].string == "400")
            // What the body refuses for good is refused.
            rig.body.inject(.failing(.invalidDevicePropValue).on(.setDevicePropValue))
            #expect(try await rig.ask(0x0009, set).code == 0x201D)
        }
    }
}
