import FleetTesting
import Testing

/// Widgets over the link: 0x0007 value, 0x0008 possible values, 0x0009 set, 0x000A list.
@Suite(.serialized, .timeLimit(.minutes(1))) struct WidgetTests {
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    @Test("A widget says its value, and its choices when they are asked for") func reading() async throws {
        let value = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        #expect(value.code == 0x2001)
        #expect(value.json["widget_id"].string == "iso")
        #expect(value.json["widget_type"].integer == 0x0106)
        #expect(value.json["widget_value"].string == "200")
        #expect(value.json["readonly"] == .bool(false))
        #expect(value.json["choices"] == .null)
        let possible = try await worker.ask(0x0008, 2, #"{"widget_id": "iso"}"#)
        #expect(possible.json["choices"] == .array([.string("100"), .string("200"), .string("400")]))
        #expect(possible.json["widget_value"].string == "200")
    }

    @Test("A read asks the body, not a memory of it") func reads() async throws {
        _ = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        body.change { $0.properties[0x500F]?.value = [0x90, 0x01] }
        #expect(try await worker.ask(0x0007, 2, #"{"widget_id": "iso"}"#).json["widget_value"].string == "400")
    }

    @Test("A set value is read back from the body") func setting() async throws {
        let answer = try await worker.ask(0x0009, 1, #"{"widget_id": "iso", "widget_value": "400"}"#)
        #expect(answer.code == 0x2001)
        #expect(answer.json["widget_value"].string == "400")
        body.change { #expect($0.properties[0x500F]?.value == [0x90, 0x01]) }
        let text = try await worker.ask(0x0009, 2, #"{"widget_id": "501f", "widget_value": "Anna"}"#)
        #expect(text.json["widget_value"].string == "Anna")
    }

    @Test(
        "What a widget does not take is refused, and nothing is set",
        arguments: [
            (#"{"widget_id": "iso", "widget_value": "300"}"#, 0x201D),
            (#"{"widget_id": "iso", "widget_value": 400}"#, 0x201D),
            (#"{"widget_id": "iso", "widget_value": true}"#, 0x201D),
            (#"{"widget_id": "iso", "widget_value": null}"#, 0x201D),
            (#"{"widget_id": "iso"}"#, 0x201D),
            (#"{"widget_value": "400"}"#, 0x201D),
            (#"{"widget_id": "501f", "widget_value": 1}"#, 0x201D),
            (#"{"widget_id": "datetime", "widget_value": "now"}"#, 0x201D),
            (#"{"widget_id": "datetime", "widget_value": 1.5}"#, 0x201D),
            (#"{"widget_id": "datetime", "widget_value": 99999999999}"#, 0x201D),
            (#"{"widget_id": "batterylevel", "widget_value": "1"}"#, 0x2006),
            (#"{"widget_id": "nothing", "widget_value": "1"}"#, 0x2006),
            (#"{"widget_id": "/main/nothing", "widget_value": "1"}"#, 0x2006),
            (#"{"widget_id": "imgsettings", "widget_value": "1"}"#, 0x2006),
            (#"{"widget_id": "/main/imgsettings", "widget_value": "1"}"#, 0x2006),
            (#"{"widget_id": "", "widget_value": "1"}"#, 0x2006),
        ] as [(String, UInt16)])
    func refusals(json: String, code: UInt16) async throws {
        let answer = try await worker.ask(0x0009, 1, json)
        #expect(answer.code == code)
        #expect(answer.json["message"].string?.isEmpty == false)
        #expect(!body.asked.contains(0x1016))
    }

    @Test("A range has limits and steps, of which force is free") func range() async throws {
        let possible = try await worker.ask(0x0008, 1, #"{"widget_id": "5012"}"#)
        #expect(possible.json["widget_type"].integer == 0x0104)
        #expect(possible.json["widget_value"] == .number(1000))
        #expect(possible.json["range"] == .object(["min": .number(0), "max": .number(10_000), "step": .number(500)]))
        for (transaction, value) in ["10500", "-500", "250", "\"500\""].enumerated() {
            let json = "{\"widget_id\": \"5012\", \"widget_value\": \(value)}"
            #expect(try await worker.ask(0x0009, UInt32(10 + transaction), json).code == 0x201D)
        }
        #expect(!body.asked.contains(0x1016))
        let set = try await worker.ask(0x0009, 20, #"{"widget_id": "5012", "widget_value": 1500}"#)
        #expect(set.json["widget_value"] == .number(1500))
        let forced = try await worker.ask(0x0009, 21, #"{"widget_id": "5012", "widget_value": 250, "force": true}"#)
        #expect(forced.json["widget_value"] == .number(250))
    }

    @Test("A date is seconds since 1970 and can be set") func date() async throws {
        let value = try await worker.ask(0x0007, 1, #"{"widget_id": "datetime"}"#)
        #expect(value.json["widget_type"].integer == 0x0101)
        let before = try #require(value.json["widget_value"].integer)
        let set = try await worker.ask(0x0009, 2, "{\"widget_id\": \"datetime\", \"widget_value\": \(before + 60)}")
        #expect(set.code == 0x2001)
        #expect(set.json["widget_value"].integer == before + 60)
    }

    @Test("The whole tree is listed with paths in order, without sections, and by a path each can be read")
    func listing() async throws {
        let short = try await worker.ask(0x000A, 1)
        let full = try await worker.ask(0x000A, 2, #"{"values": true}"#)
        let paths = short.json["widgets"].array.compactMap { $0["path"].string }
        #expect(paths == full.json["widgets"].array.compactMap { $0["path"].string })
        #expect(paths.contains("/main/imgsettings/iso"))
        #expect(Set(paths.map { $0.split(separator: "/").count }) == [3])
        for widget in short.json["widgets"].array {
            #expect(widget.keys == ["path", "widget_id", "widget_type", "label", "readonly"])
            #expect(widget["widget_type"].integer != 0x0108)
        }
        for widget in full.json["widgets"].array {
            #expect(
                widget.keys.isSuperset(of: ["path", "widget_id", "widget_type", "label", "readonly", "widget_value"]))
        }
        let byPath = try await worker.ask(0x0008, 3, #"{"widget_id": "/main/imgsettings/iso"}"#)
        #expect(byPath.json["widget_id"].string == "iso")
        #expect(byPath.json["choices"].array.count == 3)
        let set = try await worker.ask(0x0009, 4, #"{"widget_id": "/main/imgsettings/iso", "widget_value": "100"}"#)
        #expect(set.json["widget_value"].string == "100")
    }

    @Test("A body that cannot tell its storages is listed all the same") func withoutStorages() async throws {
        body.change { $0.faults[0x1005] = .refusal(0x2013, times: .max) }
        let answer = try await worker.ask(0x000A, 1, #"{"values": true}"#)
        #expect(answer.code == 0x2001)
        #expect(answer.json["widgets"].array.contains { $0["widget_id"].string == "iso" })
    }

    @Test("A body that is busy for a while is asked again, and answers") func busy() async throws {
        body.change { $0.faults[0x1016] = .refusal(0x2019, times: 3) }
        let answer = try await worker.ask(0x0009, 1, #"{"widget_id": "iso", "widget_value": "100"}"#)
        #expect(answer.code == 0x2001)
        #expect(answer.json["widget_value"].string == "100")
        #expect(body.asked.count { $0 == 0x1016 } == 4)
    }

    @Test("A body that is busy for a while is asked again for what a widget is, and is listed whole")
    func busyTelling() async throws {
        body.change { $0.faults[0x1014] = .refusal(0x2019, times: 3) }
        let value = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        #expect(value.code == 0x2001)
        #expect(value.json["widget_value"].string == "200")
        let whole = try await worker.ask(0x000A, 2).json["widgets"].array
        body.change { $0.faults[0x1014] = .refusal(0x2019, times: whole.count + 5) }
        #expect(try await worker.ask(0x000A, 3).json["widgets"].array == whole)
    }

    @Test("A widget that the body fails to tell of is not taken for one that is not there") func failing() async throws
    {
        body.change { $0.faults[0x1014] = .refusal(0x2002, times: 1) }
        let answer = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        #expect(answer.code == 0x2002)
        #expect(answer.json["message"].string?.contains("iso") == true)
        #expect(try await worker.ask(0x0007, 2, #"{"widget_id": "iso"}"#).code == 0x2001)
        #expect(try await worker.ask(0x0007, 3, #"{"widget_id": "nothing"}"#).code == 0x2006)
    }

    @Test(
        "A body that refuses a value is told for what it says",
        arguments: [(0x201C, 0x201D), (0x200F, 0x2006), (0x2002, 0x2002)] as [(UInt16, UInt16)])
    func refusedByBody(said: UInt16, told: UInt16) async throws {
        body.change { $0.faults[0x1016] = .refusal(said, times: .max) }
        let answer = try await worker.ask(0x0009, 1, #"{"widget_id": "iso", "widget_value": "100"}"#)
        #expect(answer.code == told)
        #expect(answer.json["gphoto2"]["code"].integer == -2)
        #expect(body.asked.count { $0 == 0x1016 } == 1)
        #expect(try await worker.ask(0x0103, 2).code == 0x2001)
    }

    @Test("A busy body's command can be stopped") func stopped() async throws {
        body.change { $0.faults[0x1016] = .refusal(0x2019, times: .max) }
        worker.command(0x0009, 1, #"{"widget_id": "iso", "widget_value": "100"}"#)
        try await waitUntil("the body was asked twice") { body.asked.count { $0 == 0x1016 } > 1 }
        worker.command(0x0017, 2, #"{"transaction_ID": 1}"#)
        #expect(try await worker.answer(1).code == 0x201F)
    }
}
