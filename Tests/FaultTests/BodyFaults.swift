import Fleet
import FleetTesting
import Testing
import VirtualCamera

extension NamedFault {
    /// A body that does not answer, or not in time, or says no.
    static let ofTheBody: [NamedFault] = [
        NamedFault("The body falls silent while a value is read", on: .ptp) { stage in
            stage.body.inject(.silent)
            try await stage.read().expect(.cameraFault, .timedOut)
            #expect(try await stage.told("fault").json["error"]["error"].string == "Camera_Fault")
            try await stage.read().expect(.cameraFault)
            stage.body.repair()
            #expect(try await stage.told("ready").code == 0xC001)
            try await stage.recovers()
        },
        NamedFault(
            "The body falls silent while a picture is exposed", on: .nikon, adjust: { $0.shutterLag = .seconds(60) }
        ) { stage in
            try await stage.begin(Ask.capture, transaction: 1)
            try await stage.waitUntilAsked(.nikonInitiateCaptureRecInMedia, beyond: 0)
            stage.body.inject(.silent)
            try await stage.answer(1).expect(.cameraFault, .timedOut)
            try await stage.told("fault")
            stage.body.repair()
            try await stage.recovers()
        },
        NamedFault("The body falls silent while live view runs", on: .nikon) { stage in
            let viewer = try await stage.watch()
            stage.body.inject(.silent)
            try await viewer.packet { $0.type == 3 }.expect(.cameraFault)
            try await stage.told("fault")
            stage.body.repair()
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault("The body is silent while it is opened", on: .canonEOS) { stage in
            try await stage.open(with: .silent)
            try await stage.told("fault")
            try await stage.read().expect(.cameraFault)
            try await stage.ask(Ask.liveView).expect(.cameraFault)
            stage.body.repair()
            try await stage.told("ready")
            try await stage.recovers()
        },
        NamedFault(
            "The opening never ends", on: .nikon, limits: .but { $0.openingTime = .milliseconds(1500) }
        ) { stage in
            try await stage.open(with: .slow(.milliseconds(500)))
            let fault = try await stage.told("fault")
            #expect(fault.json["error"]["message"].string?.contains("1.5 s") == true)
            try await stage.read().expect(.cameraFault)
            stage.body.repair()
            try await stage.recovers()
        },
        NamedFault(
            "A command waits for a body that is not opened in time", on: .nikon,
            limits: .but { $0.commandTime = .seconds(2) }
        ) { stage in
            try await stage.open(with: .slow(.milliseconds(500)))
            try await stage.told("connecting")
            let answer = try await stage.read().expect(.timedOut)
            #expect(answer.json["message"].string?.contains("not open after 2 s") == true)
            stage.body.repair()
            try await stage.told("ready")
            try await stage.recovers()
        },
        NamedFault("The body is slow", on: .canonEOS) { stage in
            stage.body.inject(.slow(.milliseconds(100)))
            try await stage.ask(Ask.setValue, "{\"widget_id\":\"iso\",\"widget_value\":\"400\"}").expect(.ok)
            try await stage.ask(Ask.check).expect(.ok)
            #expect(try await stage.info()["state"].string == "ready")
            stage.body.repair()
            #expect(try await stage.read().expect(.ok).json["widget_value"].string == "400")
        },
        NamedFault("The body is busy for a while", on: .nikon) { stage in
            let busy = stage.body.inject(.busy.on(.setDevicePropValue).times(5))
            let answer = try await stage.ask(Ask.setValue, "{\"widget_id\":\"iso\",\"widget_value\":\"800\"}")
            #expect(answer.expect(.ok).json["widget_value"].string == "800")
            #expect(stage.body.strikes(of: busy) == 5)
        },
        NamedFault(
            "The body stays busy", on: .nikon, limits: .but { $0.commandTime = .seconds(4) }
        ) { stage in
            let worker = try stage.fleet.worker(of: 0)
            stage.body.inject(.busy.on(.setDevicePropValue))
            let set = "{\"widget_id\":\"iso\",\"widget_value\":\"800\"}"
            try await stage.ask(Ask.setValue, set).expect(.timedOut, .deviceBusy)
            stage.body.repair()
            try await stage.ask(Ask.setValue, set).expect(.ok)
            // Busy is not hung: the driver returned in time, and its process lives.
            #expect(try stage.fleet.worker(of: 0) == worker)
        },
        NamedFault(
            "The driver never returns", on: .nikon,
            limits: .but {
                // Less than the 2.5 s after which this driver gives up by itself; the witness's commands have it too.
                $0.commandTime = .milliseconds(1800)
                $0.driverGrace = .milliseconds(300)
            }
        ) { stage in
            let worker = try stage.fleet.worker(of: 0)
            stage.body.inject(.hang.on(.getDevicePropDesc, .getDevicePropValue))
            try await stage.read().expect(.timedOut, .cameraFault)
            try await stage.told("fault")
            stage.body.repair()
            try await stage.told("ready")
            try await stage.recovers()
            #expect(try stage.fleet.worker(of: 0) != worker)
        },
        NamedFault("The body does not find its focus", on: .nikon) { stage in
            stage.body.inject(.failing(.nikonOutOfFocus).on(.nikonInitiateCaptureRecInMedia))
            let answer = try await stage.ask(Ask.capture)
            answer.expect(.generalError)
            #expect(answer.json["message"].string?.contains("focus") == true)
            #expect(answer.json["gphoto2"]["code"].integer ?? 0 < 0)
            stage.body.repair()
            #expect(try await stage.ask(Ask.capture).expect(.ok).json["images"].array.count == 1)
        },
        NamedFault("The body refuses a value", on: .ptp) { stage in
            stage.body.inject(.failing(.accessDenied).on(.setDevicePropValue))
            let set = "{\"widget_id\":\"iso\",\"widget_value\":\"200\"}"
            try await stage.ask(Ask.setValue, set).expect(.parameterNotSupported, .generalError)
            stage.body.repair()
            try await stage.ask(Ask.setValue, set).expect(.ok)
        },
    ]

    /// A card that is full, or out.
    static let ofTheCard: [NamedFault] = [
        NamedFault("The card is full", on: .ptp) { stage in
            let full = stage.body.inject(.cardFull)
            try await stage.ask(Ask.capture).expect(.storeFull)
            try await stage.read().expect(.ok)
            stage.body.repair(full)
            try await stage.ask(Ask.capture).expect(.ok)
        },
        NamedFault("The card of a Nikon is full", on: .nikon) { stage in
            stage.body.inject(.cardFull)
            try await stage.ask(Ask.capture).expect(.storeFull)
            stage.body.repair()
            try await stage.ask(Ask.capture).expect(.ok)
        },
        NamedFault("No card is in the body", on: .ptp) { stage in
            stage.body.inject(.noCard)
            try await stage.ask(Ask.capture).expect(.storeNotAvailable)
            #expect(try await stage.ask(Ask.files, "{\"recurse\":true}").code != Response.cameraUnplugged.rawValue)
            #expect(try await stage.info()["state"].string == "ready")
            stage.body.repair()
            try await stage.ask(Ask.capture).expect(.ok)
        },
        NamedFault(
            "The card is pulled in the middle of a download", on: .nikon, adjust: { $0.extraObjects = [12 << 20] }
        ) { stage in
            let file = try await stage.longestFile()
            let (connection, ticket) = try await stage.download(file.json)
            let pause = stage.body.inject(.slow(.seconds(1)).on(.getPartialObject).at(3))
            try await connection.command(
                Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await connection.packet().expect(.ok)
            try await waitUntil("a piece is on its way") { stage.body.strikes(of: pause) > 0 }
            #expect(stage.body.removeCard())
            var bytes: [UInt8] = []
            while true {
                let packet = try await connection.packet()
                guard packet.type == 2 else {
                    packet.expect(.invalidObjectHandle, .storeNotAvailable, .generalError)
                    break
                }
                bytes += packet.body[12...]
            }
            #expect(bytes.count < file.bytes.count)
            expectSame(bytes, Array(file.bytes.prefix(bytes.count)))
            #expect(try await stage.info()["state"].string == "ready")
            stage.body.repair()
            #expect(stage.body.insertCard())
            try await waitUntil("the card's files are listed") {
                let answer = try await stage.ask(Ask.files, "{\"recurse\":true}")
                return answer.json["files"].array.count >= 2
            }
            let again = try await stage.longestFile()
            let (second, other) = try await stage.download(again.json)
            expectSame(try await second.download(other, session: stage.session).bytes, file.bytes)
        },
        NamedFault("The card fills up during an upload", on: .nikon) { stage in
            let (connection, ticket) = try await stage.upload("NEW.JPG", size: 100_000)
            stage.body.inject(.cardFull)
            let bytes = [UInt8](repeating: 5, count: 100_000)
            try await stage.send(bytes, on: connection, ticket, transaction: 1).expect(.storeFull)
            stage.body.repair()
            try await stage.send(bytes, on: connection, ticket, transaction: 2).expect(.ok)
        },
    ]
}
