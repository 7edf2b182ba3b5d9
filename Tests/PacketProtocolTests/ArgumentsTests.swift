import FleetModel
import NIOCore
import PacketProtocol
import Testing

@Suite("Arguments of commands")
struct ArgumentsTests {
    private func read<Arguments: Decodable>(
        _ json: String, as type: Arguments.Type = Arguments.self
    ) throws(FleetError) -> Arguments {
        try PacketJSON.arguments(type, of: ByteBuffer(string: json))
    }

    private func refusal<Arguments: Decodable>(of json: String, as type: Arguments.Type) -> FleetError? {
        do throws(FleetError) {
            _ = try read(json, as: type)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A number with an integral value is an integer however it is written",
        arguments: ["3", "3.0", "3e0", "30e-1", "0.3e1", "3.000"])
    func integers(number: String) throws {
        #expect(try read(#"{"camera":\#(number)}"#, as: CameraArguments.self).camera == .number(3))
        #expect(try read(#"{"limit":\#(number)}"#, as: ListFilesArguments.self).limit == 3)
        #expect(try read(#"{"ticket":"t","offset":\#(number)}"#, as: TicketArguments.self).offset == 3)
    }

    @Test("An offset of more than 32 bits keeps every digit")
    func large() throws {
        let arguments = try read(#"{"ticket":"t","offset":9007199254740993}"#, as: TicketArguments.self)
        #expect(arguments.offset == 9_007_199_254_740_993)
    }

    @Test("A body is named by a number or a string, and by nothing else")
    func camera() throws {
        #expect(try read(#"{"camera":"3"}"#, as: CameraArguments.self).camera == .named("3"))
        for wrong in ["1.5", "true", "null", "[1]", "{}"] {
            let error = refusal(of: #"{"camera":\#(wrong)}"#, as: CameraArguments.self)
            #expect(error?.kind == .invalidParameter, "\(wrong)")
            #expect(error?.message.contains("camera") == true, "\(wrong)")
        }
    }

    @Test("Values of another JSON type are refused and never converted; null is one of them")
    func types() {
        for wrong in ["1", "0", "\"true\"", "null", "[]"] {
            #expect(
                refusal(of: #"{"recurse":\#(wrong)}"#, as: ListFilesArguments.self)?.message.contains("recurse")
                    == true, "\(wrong)")
            #expect(refusal(of: #"{"values":\#(wrong)}"#, as: ListWidgetsArguments.self) != nil, "\(wrong)")
            #expect(refusal(of: #"{"download":\#(wrong)}"#, as: CaptureImageArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["true", "\"1\"", "null", "1.5", "[]", "99999999999999999999"] {
            #expect(refusal(of: #"{"limit":\#(wrong)}"#, as: ListFilesArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["1", "true", "null", "{}"] {
            #expect(refusal(of: #"{"folder":\#(wrong)}"#, as: ListFilesArguments.self) != nil, "\(wrong)")
            #expect(refusal(of: #"{"widget_id":\#(wrong)}"#, as: WidgetArguments.self) != nil, "\(wrong)")
            #expect(refusal(of: #"{"token":\#(wrong)}"#, as: AuthenticateArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["true", "\"1\"", "null"] {
            #expect(refusal(of: #"{"bulb_seconds":\#(wrong)}"#, as: CaptureImageArguments.self) != nil, "\(wrong)")
            #expect(refusal(of: #"{"max_fps":\#(wrong)}"#, as: StartLiveViewArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["1", "\"a\"", "null", "[1]", "[null]"] {
            #expect(refusal(of: #"{"events":\#(wrong)}"#, as: SubscribeEventsArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["null", "\"/a\"", #"{"folder":"/"}"#, #"{"folder":"/","name":1}"#] {
            #expect(refusal(of: #"{"after":\#(wrong)}"#, as: ListFilesArguments.self) != nil, "\(wrong)")
        }
        for wrong in ["null", "1", "\"thumbnail\"", "\"Normal\""] {
            #expect(refusal(of: #"{"name":"a","type":\#(wrong)}"#, as: ObjectArguments.self) != nil, "\(wrong)")
        }
    }

    @Test("An argument that is missing is named, and the error is an Invalid_Parameter")
    func missing() {
        let cases: [(FleetError?, String)] = [
            (refusal(of: "{}", as: CameraArguments.self), "camera"),
            (refusal(of: "", as: CameraArguments.self), "camera"),
            (refusal(of: "{}", as: WidgetArguments.self), "widget_id"),
            (refusal(of: #"{"widget_id":"iso"}"#, as: SetWidgetArguments.self), "widget_value"),
            (refusal(of: #"{"folder":"/"}"#, as: ObjectArguments.self), "name"),
            (refusal(of: "{}", as: TicketArguments.self), "ticket"),
            (refusal(of: "{}", as: AuthenticateArguments.self), "token"),
            (refusal(of: #"{"after":{"name":"a"}}"#, as: ListFilesArguments.self), "after.folder"),
        ]
        for (error, name) in cases {
            #expect(error?.kind == .invalidParameter)
            #expect(error?.message == "The argument \(name) is missing.")
        }
    }

    @Test("What may be left out has the value that the page gives it; unknown keys are ignored")
    func defaults() throws {
        let files = try read("", as: ListFilesArguments.self)
        #expect(files.folder == "/" && files.recurse == nil && files.limit == nil && files.after == nil)
        let object = try read(#"{"name":"a.jpg","colour":"blue","x":null}"#, as: ObjectArguments.self)
        #expect(object.folder == "/" && object.type == .normal && object.offset == nil)
        #expect(try read("{}", as: SubscribeEventsArguments.self).events == nil)
        let capture = try read(#"{"bulb_seconds":2,"download":true}"#, as: CaptureImageArguments.self)
        #expect(capture.bulbSeconds == 2 && capture.download == true && capture.timeLimitSeconds == nil)
    }

    @Test("Bad JSON is an Invalid_Parameter that says where")
    func badJSON() {
        for document in [
            #"{"camera":01}"#, #"{"camera":NaN}"#, #"{"camera":1}x"#, #"{"camera":1,}"#, "[]", "\u{FEFF}{}",
        ] {
            let error = refusal(of: document, as: CameraArguments.self)
            #expect(error?.kind == .invalidParameter, "\(document)")
            #expect(error?.message.hasPrefix("Bad JSON at byte ") == true, "\(document)")
        }
    }

    @Test(
        "An object's file types are libgphoto2's", arguments: ["normal", "preview", "raw", "exif", "audio", "metadata"])
    func fileTypes(name: String) throws {
        #expect(try read(#"{"name":"a","type":"\#(name)"}"#, as: ObjectArguments.self).type.rawValue == name)
    }
}
