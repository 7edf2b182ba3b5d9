import Fleet
import FleetTesting
import Testing
import VirtualCamera

extension NamedFault {
    /// The cable, the network, and what is at their end.
    static let ofTheCable: [NamedFault] = [
        NamedFault("The cable is pulled while a value is read", on: .nikon) { stage in
            await stage.pull(at: .drop.on(.getDevicePropDesc, .getDevicePropValue))
            try await stage.begin(Ask.value, transaction: 1, "{\"widget_id\":\"iso\"}")
            try await stage.answer(1).expect(.cameraUnplugged)
            #expect(try await stage.told("unplugged").code == 0xC007)
            try await stage.read().expect(.cameraUnplugged)
            #expect(try await stage.info()["error"] == .null)
            stage.body.repair()
            try await stage.cable.replug()
            #expect(try await stage.told("ready").code == 0xC006)
            try await stage.recovers()
        },
        NamedFault("The cable is pulled while five sessions wait", on: .canonEOS) { stage in
            let others = try await stage.fleet.server.client()
            var sessions: [UInt32] = []
            for _ in 0..<5 { sessions.append(try await others.open(1)) }
            // The first takes a while, so that the others wait when it happens.
            let slow = stage.body.inject(.slow(.milliseconds(1500)))
            for (index, session) in sessions.enumerated() {
                for number in 0..<4 {
                    try await others.command(
                        Ask.value, session: session, transaction: UInt32(4 * index + number), "{\"widget_id\":\"iso\"}")
                }
            }
            try await waitUntil("the body was asked") { stage.body.strikes(of: slow) > 0 }
            await stage.pull(at: .drop)
            var told: Set<UInt32> = []
            for _ in 0..<20 { told.insert(try await others.packet().expect(.cameraUnplugged).transaction) }
            #expect(told == Set(0..<20))
            stage.body.repair()
            try await stage.cable.replug()
            try await stage.recovers()
            try await others.ask(Ask.value, session: sessions[4], "{\"widget_id\":\"iso\"}").expect(.ok)
        },
        NamedFault(
            "The cable is pulled while a picture is exposed", on: .canonEOS,
            adjust: { $0.shutterLag = .seconds(60) }
        ) { stage in
            let before = stage.body.transactionCount(.canonRelease)
            try await stage.begin(Ask.capture, transaction: 1)
            try await stage.waitUntilAsked(.canonRelease, beyond: before)
            try await stage.told("busy")
            await stage.cable.unplug()
            try await stage.answer(1).expect(.cameraUnplugged)
            #expect(try await stage.told("unplugged").code == 0xC007)
            try await stage.cable.replug()
            #expect(try await stage.told("ready").code == 0xC006)
            try await stage.recovers()
        },
        NamedFault("The cable is pulled while live view runs", on: .canonEOS) { stage in
            let viewer = try await stage.watch()
            await stage.cable.unplug()
            try await viewer.packet { $0.type == 3 }.expect(.cameraUnplugged)
            try await stage.told("unplugged")
            #expect(try await stage.info()["live_view"] == .bool(false))
            try await stage.ask(Ask.liveView).expect(.cameraUnplugged)
            try await stage.cable.replug()
            try await stage.told("ready")
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault(
            "The cable is pulled in the middle of a download", on: .ptp, adjust: { $0.extraObjects = [6 << 20] }
        ) { stage in
            let file = try await stage.longestFile()
            let (connection, ticket) = try await stage.download(file.json)
            await stage.pull(at: .drop.on(.getPartialObject).at(4))
            try await connection.command(
                Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await connection.packet().expect(.ok)
            var bytes: [UInt8] = []
            while true {
                let packet = try await connection.packet()
                guard packet.type == 2 else {
                    packet.expect(.cameraUnplugged)
                    break
                }
                bytes += packet.body[12...]
            }
            expectSame(bytes, Array(file.bytes.prefix(bytes.count)))
            stage.body.repair()
            try await stage.cable.replug()
            try await stage.told("ready")
            // The same ticket goes on where the transfer broke.
            let rest = try await connection.download(
                ticket, session: stage.session, transaction: 2, offset: bytes.count)
            rest.last.expect(.ok)
            expectSame(bytes + rest.bytes, file.bytes)
        },
        NamedFault("The cable is pulled in the middle of an upload", on: .nikon) { stage in
            let (connection, ticket) = try await stage.upload("NEW.JPG", size: 3_000_000)
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            await stage.pull(at: .drop.on(.sendObject))
            try await stage.send(bytes, on: connection, ticket, transaction: 1).expect(.cameraUnplugged)
            stage.body.repair()
            try await stage.cable.replug()
            try await stage.told("ready")
            // The server has the whole file still, and gives it again.
            try await stage.send(bytes, on: connection, ticket, transaction: 2).expect(.ok)
            let path = try #require(stage.body.filePaths.first { $0.hasSuffix("/NEW.JPG") })
            expectSame(stage.body.fileBytes(path) ?? [], bytes)
        },
        NamedFault("The network drops every connection of the body", on: .ptp) { stage in
            let drop = stage.body.inject(.drop.times(1))
            try await stage.read().expect(.cameraFault)
            #expect(stage.body.strikes(of: drop) == 1)
            try await stage.told("fault")
            #expect(try await stage.told("ready").code == 0xC001)
            try await stage.recovers()
        },
        NamedFault("Another body answers at the address", on: .nikon) { stage in
            let port = stage.cable.port
            await stage.cable.stop()
            var stranger = VirtualBodyDescription(dialect: .canonEOS, index: 9)
            stranger.shutterLag = .milliseconds(5)
            let other = try await PtpIpListener.start(try VirtualBody(stranger), port: port)
            #expect(try await stage.told("unplugged").code == 0xC007)
            let attached = try await stage.listener.packet { $0.code == 0xC006 }
            #expect(attached.json["serial"].string == stranger.serialNumber)
            #expect(attached.json["camera_number"].integer == 3)
            // The session is the former body's, whatever answers there.
            try await stage.read().expect(.cameraUnplugged)
            await other.stop()
            try await stage.cable.replug()
            try await stage.recovers()
        },
        NamedFault("Two bodies show the same serial number", on: .nikon, adjust: { $0.serialNumber = "6000002" }) {
            stage in
            let cameras = try await stage.client.ask(Ask.cameras).json["cameras"].array
            #expect(cameras.map { $0["serial"].string } == ["6000002", "6000002"])
            #expect(Set(cameras.map { $0["id"].string }).count == 2)
            try await stage.ask(Ask.setValue, "{\"widget_id\":\"iso\",\"widget_value\":\"800\"}").expect(.ok)
            #expect(try await stage.read().json["widget_value"].string == "800")
            #expect(stage.fleet.rig.bodies[1].value(of: .exposureIndex) != stage.body.value(of: .exposureIndex))
            await stage.cable.unplug()
            try await stage.told("unplugged")
            try await stage.cable.replug()
            try await stage.recovers()
            #expect(try await stage.info()["id"] == cameras[0]["id"])
        },
    ]
}

extension OperationCode {
    /// RemoteReleaseOn, by which an EOS releases.
    static let canonRelease = OperationCode(rawValue: 0x9128)
    /// GetEvent of an EOS.
    static let canonGetEvent = OperationCode(rawValue: 0x9116)
    /// GetViewFinderData of an EOS.
    static let canonGetFrame = OperationCode(rawValue: 0x9153)
}
