import Fleet
import FleetTesting
import Testing
import VirtualCamera

extension NamedFault {
    /// What a body may say to a client whose body answered nonsense: never that it is not plugged in.
    private static func nonsense(
        _ name: String, on dialect: VirtualBodyDescription.Dialect, in operation: OperationCode, asking code: UInt16,
        _ json: String
    ) -> NamedFault {
        NamedFault(name, on: dialect) { stage in
            for seed in UInt64(1)...4 {
                let garbage = stage.body.inject(.garbage(seed: seed).on(operation).times(1))
                let answer = try await stage.ask(code, json)
                answer.expect(
                    .ok, .generalError, .cameraFault, .invalidObjectHandle, .invalidParameter, .parameterNotSupported,
                    .operationNotSupported, .storeNotAvailable, .timedOut)
                stage.body.repair(garbage)
                try await stage.recovers()
            }
            // What the driver remembers of the nonsense is forgotten when the body is opened anew.
            try await stage.ask(Ask.reset).expect(.ok)
            try await stage.ask(code, json).expect(.ok)
            #expect(try await stage.ask(Ask.files, "{\"recurse\":true}").expect(.ok).json["files"].array.count == 1)
        }
    }

    /// A body that talks, and makes no sense.
    static let ofItsAnswers: [NamedFault] = [
        NamedFault("The body says nonsense of itself while it is opened", on: .ptp) { stage in
            let id = try await stage.info()["id"]
            try await stage.open(with: .garbage(seed: 3).on(.getDeviceInfo).times(2))
            // Whatever the driver made of it, the body is ready once it makes sense, and is who it was.
            try await waitUntil("the nonsense is over", within: .seconds(60)) {
                stage.body.faults.allSatisfy { $0.strikes == 2 }
            }
            stage.body.repair()
            try await stage.recovers()
            #expect(try await stage.info()["id"] == id)
        },
        NamedFault("The body does not say who it is when it is opened again", on: .canonEOS) { stage in
            let id = try await stage.info()["id"]
            try await stage.open(with: .garbage(seed: 7).on(.getDeviceInfo))
            // Its driver makes something of it, and understands nothing of it from then on.
            try await stage.waitUntilAsked(.getDeviceInfo, beyond: stage.body.transactionCount(.getDeviceInfo) + 2)
            stage.body.repair()
            try await stage.recovers()
            #expect(try await stage.info()["id"] == id)
        },
        nonsense(
            "The body says nonsense of its files", on: .ptp, in: .getObjectInfo, asking: Ask.files,
            "{\"recurse\":true}"),
        nonsense(
            "The body lists files that are none", on: .nikon, in: .getObjectHandles, asking: Ask.files,
            "{\"recurse\":true}"),
        nonsense(
            "The body says nonsense of its card", on: .canonEOS, in: .getStorageInfo, asking: Ask.storages, "{}"),
        nonsense(
            "The body says nonsense of a setting", on: .nikon, in: .getDevicePropDesc, asking: Ask.value,
            "{\"widget_id\":\"iso\"}"),
        NamedFault("A Nikon tells of events that are none", on: .nikon) { stage in
            for seed in UInt64(1)...5 {
                let garbage = stage.body.inject(.garbage(seed: seed, length: 64).on(.nikonGetEvent).times(1))
                try await waitUntil("it was told") { stage.body.strikes(of: garbage) == 1 }
            }
            try await stage.recovers()
            try await stage.ask(Ask.capture).expect(.ok)
        },
        NamedFault("An EOS tells of events that are none", on: .canonEOS) { stage in
            for seed in UInt64(1)...5 {
                let garbage = stage.body.inject(.garbage(seed: seed, length: 200).on(.canonGetEvent).times(1))
                try await waitUntil("it was told", within: .seconds(60)) { stage.body.strikes(of: garbage) == 1 }
            }
            try await stage.recovers()
            try await stage.ask(Ask.capture).expect(.ok)
        },
        NamedFault(
            "A Nikon's frames are noise", on: .nikon, limits: .but { $0.previewPatience = .milliseconds(500) }
        ) { stage in
            let viewer = try await stage.watch()
            stage.body.inject(.garbage(seed: 5).on(.nikonGetLiveViewImage))
            try await viewer.packet { $0.type == 3 }.expect(.cameraFault, .generalError)
            stage.body.repair()
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault(
            "An EOS's frames are noise", on: .canonEOS, limits: .but { $0.previewPatience = .milliseconds(500) }
        ) { stage in
            let viewer = try await stage.watch()
            stage.body.inject(.garbage(seed: 6).on(.canonGetFrame))
            try await viewer.packet { $0.type == 3 }.expect(.cameraFault, .generalError, .timedOut)
            stage.body.repair()
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault("The body cuts its answer off in the middle of a download", on: .ptp, adjust: largeFile) { stage in
            try await wrongPiece(stage, .cut(after: 100_000))
        },
        NamedFault("The body sends less of a file than it says", on: .nikon, adjust: largeFile) { stage in
            try await wrongPiece(stage, .wrongLength(by: 4096))
        },
        NamedFault("The body sends more of a file than it says", on: .canonEOS, adjust: largeFile) { stage in
            try await wrongPiece(stage, .wrongLength(by: -4096))
        },
        NamedFault("The body gives a short piece of a file", on: .ptp, adjust: largeFile) { stage in
            try await wrongPiece(stage, .garbage(seed: 1, length: 0))
        },
        NamedFault("The body refuses a piece of a file", on: .nikon, adjust: largeFile) { stage in
            try await wrongPiece(stage, .failing(.incompleteTransfer))
        },
    ]

    private static func largeFile(_ body: inout VirtualBodyDescription) { body.extraObjects = [6 << 20] }

    /// The third piece of a download is wrong: the client is told, or gets every byte right, and can go on in any case.
    private static func wrongPiece(_ stage: Stage, _ fault: Fault) async throws {
        let file = try await stage.longestFile()
        let (connection, ticket) = try await stage.download(file.json)
        stage.body.inject(fault.on(.getPartialObject).at(3).times(1))
        var (bytes, last) = try await connection.download(ticket, session: stage.session, transaction: 1)
        last.expect(.ok, .cameraFault, .generalError, .invalidObjectHandle, .timedOut)
        expectSame(bytes, Array(file.bytes.prefix(bytes.count)))
        stage.body.repair()
        try await stage.recovers()
        if last.code != Response.ok.rawValue {
            #expect(bytes.count < file.bytes.count)
            let rest = try await connection.download(
                ticket, session: stage.session, transaction: 2, offset: bytes.count)
            bytes += rest.bytes
            last = rest.last.expect(.ok)
        }
        expectSame(bytes, file.bytes)
        #expect(last.json["size"].integer == bytes.count)
    }

    /// A body that is out of step.
    static let ofItsPackets: [NamedFault] = [
        packet("The body answers with a packet of four gigabytes", on: .ptp, .garbagePacket(.absurdLength)),
        packet("The body answers with a packet that is too short", on: .nikon, .garbagePacket(.shortLength)),
        packet("The body answers with a packet of no known type", on: .canonEOS, .garbagePacket(.unknownType)),
        packet("The body answers with noise", on: .nikon, .garbagePacket(.noise(seed: 2))),
        packet("The body answers another question", on: .ptp, .wrongTransaction),
    ]

    private static func packet(_ name: String, on dialect: VirtualBodyDescription.Dialect, _ fault: Fault) -> NamedFault
    {
        NamedFault(name, on: dialect) { stage in
            let broken = stage.body.inject(fault.times(1))
            try await waitUntil("it was sent") { stage.body.strikes(of: broken) == 1 }
            try await stage.read().expect(
                .ok, .cameraFault, .timedOut, .generalError, .parameterNotSupported)
            try await stage.recovers()
            try await stage.ask(Ask.check).expect(.ok)
            try await stage.ask(Ask.capture).expect(.ok)
        }
    }
}
