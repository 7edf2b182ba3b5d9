import FleetTesting
import Foundation
import Testing
import VirtualCamera

extension NamedFault {
    /// The server's own disk.
    static let ofTheDisk: [NamedFault] = [
        NamedFault("The folder for files on their way is gone", on: .nikon) { stage in
            let file = try await stage.longestFile()
            let spool = "\(stage.folder.path)/spool"
            let (connection, ticket) = try await stage.upload("NEW.JPG", size: 1000)
            try FileManager.default.removeItem(atPath: spool)
            try await spoolIsAway(stage, file, connection, ticket)
            try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
            try await spoolIsBack(stage, file, connection, ticket)
        },
        NamedFault("The folder for files on their way cannot be written", on: .canonEOS) { stage in
            let file = try await stage.longestFile()
            let spool = "\(stage.folder.path)/spool"
            let (connection, ticket) = try await stage.upload("NEW.JPG", size: 1000)
            // In the folder's place lies a file, which stops root as well.
            try FileManager.default.removeItem(atPath: spool)
            _ = FileManager.default.createFile(atPath: spool, contents: Data())
            try await spoolIsAway(stage, file, connection, ticket)
            try FileManager.default.removeItem(atPath: spool)
            try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
            try await spoolIsBack(stage, file, connection, ticket)
        },
        NamedFault(
            "The disk is full when the driver writes a file", on: .ptp, breaksWorker: true,
            adjust: { $0.extraObjects = [900_000] }
        ) { stage in
            let worker = try #require(stage.worker)
            // Files of this worker end at 512 KiB, which the system reports as it does a full disk.
            try worker.breaks(stage.cable.portPath, "ulimit -f 1024")
            try await stage.ask(Ask.reset).expect(.ok)
            // A body that gives no pieces has its file written whole before it is sent (the driver asks for longer ones than
            // 1 MiB in pieces in any case).
            stage.body.inject(.failing(.operationNotSupported).on(.getPartialObject))
            let file = try await stage.longestFile()
            let (connection, ticket) = try await stage.download(file.json)
            let broken = try await connection.download(ticket, session: stage.session, transaction: 1)
            broken.last.expect(.storeFull)
            #expect(broken.bytes.isEmpty)
            #expect(try spoolFiles(stage).isEmpty)
            try await stage.read().expect(.ok)
            try worker.repairs(stage.cable.portPath)
            try await stage.ask(Ask.reset).expect(.ok)
            let whole = try await connection.download(ticket, session: stage.session, transaction: 2)
            whole.last.expect(.ok)
            expectSame(whole.bytes, file.bytes)
        },
        NamedFault("The roster is deleted while the server runs", on: .nikon) { stage in
            try FileManager.default.removeItem(atPath: "\(stage.folder.path)/fleet.sqlite")
            try await rosterIsBroken(stage)
        },
        NamedFault("The roster is damaged while the server runs", on: .ptp) { stage in
            let handle = try #require(FileHandle(forWritingAtPath: "\(stage.folder.path)/fleet.sqlite"))
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 40_960))
            try handle.close()
            try await rosterIsBroken(stage)
        },
        NamedFault("The drivers' folder is deleted while the server runs", on: .canonEOS) { stage in
            try FileManager.default.removeItem(atPath: "\(stage.folder.path)/workers")
            try stage.fleet.killWorker(of: 0)
            try await stage.told("fault")
            try await stage.recovers()
        },
        NamedFault("The drivers' folder cannot be written", on: .nikon) { stage in
            let workers = "\(stage.folder.path)/workers"
            try FileManager.default.moveItem(atPath: workers, toPath: "\(workers).away")
            _ = FileManager.default.createFile(atPath: workers, contents: Data())
            try stage.fleet.killWorker(of: 0)
            try await stage.told("fault")
            let fault = try await stage.told("fault")
            #expect(fault.json["error"]["message"].string?.contains(workers) == true)
            try FileManager.default.removeItem(atPath: workers)
            try await stage.recovers()
        },
    ]

    private static func spoolFiles(_ stage: Stage) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(stage.folder.path)/spool")
    }

    /// What needs the spool is refused; what does not, goes on.
    private static func spoolIsAway(
        _ stage: Stage, _ file: (json: String, bytes: [UInt8]), _ connection: RawClient, _ ticket: String
    ) async throws {
        let bytes = [UInt8](repeating: 7, count: 1000)
        try await stage.send(bytes, on: connection, ticket, transaction: 1).expect(.generalError)
        let preview = file.json.dropLast() + ",\"type\":\"preview\"}"
        try await stage.ask(Ask.download, String(preview)).expect(.generalError)
        let (other, whole) = try await stage.download(file.json)
        expectSame(try await other.download(whole, session: stage.session).bytes, file.bytes)
        try await stage.ask(Ask.capture).expect(.ok)
    }

    private static func spoolIsBack(
        _ stage: Stage, _ file: (json: String, bytes: [UInt8]), _ connection: RawClient, _ ticket: String
    ) async throws {
        let bytes = [UInt8](repeating: 7, count: 1000)
        try await stage.send(bytes, on: connection, ticket, transaction: 2).expect(.ok)
        let preview = file.json.dropLast() + ",\"type\":\"preview\"}"
        let (other, small) = try await stage.download(String(preview))
        try await other.download(small, session: stage.session).last.expect(.ok)
    }

    /// A body may lose its name by it, and nothing else; the file on the disk is never what a picture waits for.
    private static func rosterIsBroken(_ stage: Stage) async throws {
        let name = "{\"camera\":1,\"name\":\"front\"}"
        try await stage.client.ask(Ask.name, name).expect(.ok, .generalError)
        try await stage.ask(Ask.capture).expect(.ok)
        try stage.fleet.killWorker(of: 0)
        try await stage.told("fault")
        try await stage.recovers()
        try await stage.ask(Ask.capture).expect(.ok)
    }
}
