import FleetTesting
import Foundation
import Testing
import VirtualCamera

@Suite("Bodies described by a file") struct RigFileTests {
    @Test("The example shows every key, loads, and is what the program prints")
    func example() async throws {
        let bodies = try RigFile.descriptions(RigFile.example)
        #expect(bodies.map(\.dialect) == [.nikon, .canonEOS, .canonEOS, .canonEOS, .ptp])
        #expect(Set(bodies.map(\.serialNumber)).count == 5)
        let first = bodies[0]
        #expect(first.name == "Front left")
        #expect(first.serialNumber == "6001234")
        #expect(first.port == 15740)
        #expect(first.batteryLevel == 64)
        #expect(first.cardSize == 64_000_000_000)
        #expect(first.objects == [DescribedObject(name: "CLIP.MOV", size: 1_073_741_824)])
        #expect(first.liveViewFrameBytes == 150_000)
        #expect(first.autofocusTime == .milliseconds(250))
        #expect(first.bufferDepth == 6)
        #expect(bodies[1].pictures == 0)
        #expect(!bodies[4].hasCard)
        for description in bodies { _ = try VirtualBody(description) }
        let printed = try await Command.run(Programs.path("virtual-camera"), ["--example-rig"])
        #expect(printed.code == 0)
        #expect(printed.output == RigFile.example + "\n")
        // A key that the example does not have is named by the refusal of one that there is not.
        let refusal = #expect(throws: DescriptionError.self) { try RigFile.descriptions(#"{"bodies":[{"x":1}]}"#) }
        let keys = try #require(refusal?.description.split(separator: "there are ").last?.dropLast())
        for key in keys.split(separator: ", ") where key != "count" {
            #expect(RigFile.example.contains("\"\(key)\":"), "\(key)")
        }
    }

    @Test(
        "What is wrong is named, with its body",
        arguments: [
            (#"{"bodies": [{}"#, "This is not JSON. Unexpected end of file during JSON parse."),
            ("[]", "A rig is a JSON object in braces."),
            ("{}", "The rig: bodies must be a list of at least one body."),
            (#"{"bodies": []}"#, "The rig: bodies must be a list of at least one body."),
            (#"{"bodies": [{}], "x": 1}"#, "The rig: there is no key x; there are bodies."),
            (#"{"bodies": [{}, 5]}"#, "Body 2 must be an object in braces."),
            (#"{"bodies": [{"count": 0}]}"#, "Body 1: count must be 1 to 4096."),
            (
                #"{"bodies": [{"count": 2, "serial": "1"}]}"#,
                "Body 1: count cannot be more than 1 where serial or name is given."
            ),
            (
                #"{"bodies": [{"count": 2, "port": 65535}]}"#,
                "Body \"Body 2\": port must be 0 to 65535, not 65536."
            ),
            (#"{"bodies": [{"personality": "sony"}]}"#, "Body 1: personality must be one of ptp, nikon, canon-eos."),
            (#"{"bodies": [{}, {"model": 5}]}"#, "Body 2: model must be a text."),
            (
                #"{"bodies": [{"name": "A", "serial": ""}]}"#,
                "Body \"A\": serial must be a line of 1 to 64 characters."
            ),
            (
                #"{"bodies": [{"battery_percent": 101}]}"#,
                "Body \"Body 1\": battery_percent must be 0 to 100 percent, not 101."
            ),
            (#"{"bodies": [{"battery_percent": 7.5}]}"#, "Body 1: battery_percent must be a whole number."),
            (
                #"{"bodies": [{"name": "A", "port": 5000}, {"name": "B", "port": 5000}]}"#,
                "Body \"B\": port cannot be 5000, which \"A\" has."
            ),
            (#"{"bodies": [{"shutter_lag_ms": -1}]}"#, "Body 1: shutter_lag_ms must be 0 to 600000 milliseconds."),
            (#"{"bodies": [{"lens": {"focal_mm": [50]}}]}"#, "Body 1: lens.focal_mm must be two numbers in brackets."),
            (
                #"{"bodies": [{"lens": {"focal_mm": [85, 24]}}]}"#,
                "Body 1: lens.focal_mm must have the shorter length first."
            ),
            (
                #"{"bodies": [{"lens": {"at_mm": 500}}]}"#,
                "Body \"Body 1\": lens.at_mm must lie within lens.focal_mm."
            ),
            (
                #"{"bodies": [{"properties": {"ISO": 400}}]}"#,
                "Body 1: properties.ISO must be a property's code in hexadecimal, such as 500F."
            ),
            (
                #"{"bodies": [{"properties": {"5FFF": 400}}]}"#,
                "Body \"Body 1\": properties.5FFF is none that this body has."
            ),
            (
                #"{"bodies": [{"properties": {"500F": 401}}]}"#,
                "Body \"Body 1\": properties.500F cannot have the value 401."
            ),
            (
                #"{"bodies": [{"properties": {"500F": {"choices": [100, 70000]}}}]}"#,
                "Body \"Body 1\": properties.500F must have choices, each a number from 0 to 65535."
            ),
            (
                #"{"bodies": [{"properties": {"500F": {"valeu": 400}}}]}"#,
                "Body \"Body 1\": there is no key properties.500F.valeu; "
                    + "there are properties.500F.choices, properties.500F.read_only, properties.500F.value."
            ),
            (#"{"bodies": [{"card": 5}]}"#, "Body 1: card must be an object in braces, or null for none."),
            (
                #"{"bodies": [{"card": {"objects": [{"name": "A.MOV"}]}}]}"#,
                "Body \"Body 1\": card.objects must each have name and size."
            ),
            (
                #"{"bodies": [{"card": {"objects": [{"name": "A.MOV", "size": 4294967295}]}}]}"#,
                "Body \"Body 1\": card.objects have 0 to 4294967294 bytes, as far as PTP's 32 bits reach, "
                    + "and A.MOV has 4294967295."
            ),
            (
                #"{"bodies": [{"card": {"objects": [{"name": "a.mov", "size": 1}, {"name": "A.MOV", "size": 1}]}}]}"#,
                "Body \"Body 1\": card.objects have names of their own, and A.MOV is there twice."
            ),
            (
                #"{"bodies": [{"live_view": {"width": 10}}]}"#,
                "Body \"Body 1\": live_view.width must be 64 to 4096 pixels, not 10."
            ),
            (
                #"{"bodies": [{"buffer": {"depth": 0}}]}"#,
                "Body \"Body 1\": buffer.depth must be 1 to 10000 pictures, not 0."
            ),
        ])
    func mistakes(text: String, sentence: String) {
        let error = #expect(throws: DescriptionError.self) { try RigFile.descriptions(text) }
        #expect(error?.description == sentence)
    }

    @Test("A card that is too small, or a name that a picture has, is refused when the body is made")
    func card() throws {
        var description = VirtualBodyDescription()
        description.cardSize = 1000
        let small = #expect(throws: DescriptionError.self) { try VirtualBody(description) }
        #expect(small?.description.hasPrefix("Body \"Body 1\": card.size must be at least ") == true)
        description.cardSize = nil
        description.objects = [DescribedObject(name: "dsc_0001.jpg", size: 5)]
        let taken = #expect(throws: DescriptionError.self) { try VirtualBody(description) }
        #expect(
            taken?.description
                == "Body \"Body 1\": card.objects cannot have the name dsc_0001.jpg, which a picture has.")
    }

    @Test("The program says what is wrong with its file, and ends with an exit code other than 0")
    func program() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/rig.json"
        let missing = try await Command.run(Programs.path("virtual-camera"), ["--rig", path])
        #expect(missing.code != 0)
        #expect(missing.errors.contains("The rig \(path) cannot be read"))
        try Data(#"{"bodies": [{"modle": "D1"}]}"#.utf8).write(to: URL(fileURLWithPath: path))
        let wrong = try await Command.run(Programs.path("virtual-camera"), ["--rig", path])
        #expect(wrong.code != 0)
        #expect(wrong.errors.contains("The rig \(path): Body 1: there is no key modle; there are "))
        let both = try await Command.run(Programs.path("virtual-camera"), ["--rig", path, "--pictures", "3"])
        #expect(both.code != 0)
        #expect(both.errors.contains("--pictures does not go with --rig"))
    }
}

@Suite("Bodies that are as they were described", .serialized) struct DescribedBodyTests {
    @Test("Properties begin with their values and choices, and those that are read only refuse")
    func properties() async throws {
        let text = """
            {"bodies": [{"personality": "nikon", "card": {"pictures": 0}, "properties": {
              "500F": {"value": 200, "choices": [100, 200]}, "500E": {"value": 3, "read_only": true}, "500D": 40}}]}
            """
        try await withBody(try RigFile.descriptions(text)[0]) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(
                try session.ask(0x1014, 0x500F).data
                    == [UInt8](hexadecimal: "0f50 0400 01 c800 c800 02 0200 6400 c800"))
            #expect(try session.send([1, 0], with: 0x1016, [0x500E], transaction: 4) == 0x200F)
            #expect(listener.body.value(of: .exposureProgramMode) == 3)
            // 1/250 s, in both of a Nikon's properties.
            #expect(listener.body.value(of: .nikonExposureTime) == 0x0001_00FA)
        }
    }

    @Test("Live view has the size, and about the bytes, that were asked for", arguments: [1500, 20_000, 400_000])
    func liveView(bytes: Int) async throws {
        var description = VirtualBodyDescription()
        (description.liveViewWidth, description.liveViewHeight) = (320, 200)
        description.liveViewFrameBytes = bytes
        description.liveViewFramesPerSecond = 0
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x9201) == 0x2001)
            for _ in 0..<3 {
                let frame = try session.ask(0x9203).data
                let jpeg = Array(frame[384...])
                #expect(frame[0..<4] == [1, 64, 0, 200])
                #expect(JpegFile.size(jpeg) == [320, 200])
                #expect(frame.count(of: (0xFF, 0xD8)) == 1)
                #expect(frame.count(of: (0xFF, 0xD9)) == 1)
                #expect(Array(jpeg.suffix(2)) == [0xFF, 0xD9])
                // What cannot be had smaller is as small as it can be.
                #expect(bytes - 4...max(bytes, 6000) ~= jpeg.count)
            }
        }
    }

    @Test("The card has its size, and its objects their names, kinds and bytes")
    func card() async throws {
        var description = VirtualBodyDescription(dialect: .ptp)
        description.pictures = 0
        description.cardSize = 10_000_000
        description.objects = [
            DescribedObject(name: "CLIP.MOV", size: 1_000_000), DescribedObject(name: "VIEW.JPG", size: 500_000),
        ]
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let storage = try session.ask(0x1005, 0x10001).data
            #expect(storage.number(at: 6, of: UInt64.self) == 10_000_000)
            #expect(storage.number(at: 14, of: UInt64.self) == 8_500_000)
            let (clip, view) = (try session.ask(0x1008, 3).data, try session.ask(0x1008, 4).data)
            #expect(clip.number(at: 4, of: UInt16.self) == 0x300D)
            #expect(clip.number(at: 8, of: UInt32.self) == 1_000_000)
            #expect(view.number(at: 4, of: UInt16.self) == 0x3801)
            #expect(listener.body.filePaths == ["/DCIM/100VIRTU/CLIP.MOV", "/DCIM/100VIRTU/VIEW.JPG"])
            let picture = try session.ask(0x1009, 4).data
            #expect(picture.count == 500_000)
            #expect(JpegFile.size(picture) == [960, 640])
        }
    }

    @Test("A body without a card says so, and a card can be put in")
    func noCard() async throws {
        var description = VirtualBodyDescription(dialect: .ptp)
        description.hasCard = false
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x100E, 0, 0) == 0x2013)
            #expect(listener.body.insertCard())
            #expect(listener.body.filePaths.count == 3)
            let fault = listener.body.inject(.noCard)
            #expect(!listener.body.isCardInserted)
            listener.body.repair(fault)
            #expect(listener.body.isCardInserted)
        }
    }

    @Test("A buffer takes as many pictures as it has room for, and finds room again once they are written")
    func buffer() async throws {
        var description = VirtualBodyDescription(dialect: .ptp)
        description.shutterLag = .zero
        description.bufferDepth = 2
        description.writingTime = .seconds(600)
        try await withBody(description) { listener in
            for count in 4...5 {
                #expect(listener.body.pressShutter())
                try await waitUntil("the picture is stored") { listener.body.filePaths.count == count }
            }
            #expect(!listener.body.pressShutter())
        }
        description.writingTime = .zero
        try await withBody(description) { listener in
            for count in 4...8 {
                try await waitUntil("the shutter can be pressed") { listener.body.pressShutter() }
                try await waitUntil("the picture is stored") { listener.body.filePaths.count == count }
            }
        }
    }

    @Test("A picture names its lens, and the dial begins where the lens does")
    func lens() async throws {
        var description = VirtualBodyDescription()
        description.lens.name = "AF-S 35mm"
        description.lens.focalLengths = 35...35
        description.lens.focalLength = 35
        (description.lens.fNumberAtShortest, description.lens.fNumberAtLongest) = (2, 2)
        try await withBody(description) { listener in
            let exif = ExifReader(try #require(listener.body.fileBytes("/DCIM/100D7500/DSC_0001.JPG")))
            #expect(exif.text(0xA434) == "AF-S 35mm")
            #expect(exif.fraction(0xA432) == [3500, 100])
            #expect(exif.fraction(0x920A) == [3500, 100])
            #expect(listener.body.value(of: .nikonApertureAtMin) == 200)
            #expect(!listener.body.turnDial(.fNumber, to: 180))
            #expect(listener.body.turnDial(.fNumber, to: 200))
        }
    }

    @Test("Autofocus that was begun before the release is not waited for again, and DeviceReady tells of it")
    func autofocus() async throws {
        var description = VirtualBodyDescription()
        description.autofocusTime = .seconds(600)
        description.shutterLag = .zero
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x90C8) == 0x2001)
            #expect(try session.response(0x90C1) == 0x2001)
            #expect(try session.response(0x90C8) == 0x2019)
            #expect(try session.response(0x9206) == 0x2001)
            #expect(try session.response(0x90C8) == 0x2001)
            // Without autofocus the picture comes at once.
            #expect(try session.response(0x9207, .max, 0) == 0x2001)
            try await waitUntil("the picture is there") { listener.body.filePaths.count == 4 }
        }
    }
}
