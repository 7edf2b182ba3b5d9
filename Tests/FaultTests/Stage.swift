import FleetTesting
import Testing
import VirtualCamera

/// A server with two bodies, and the clients of a scene. Camera 1 is the body that something befalls.
struct Stage: Sendable {
    let fleet: TestFleet
    /// The server's data folder.
    let folder: TemporaryFolder
    /// What is to be broken of the workers, where the fault says so.
    let worker: BreakableWorker?
    /// The client whom the fault concerns, and its session on camera 1.
    let client: RawClient
    let session: UInt32
    /// Another client, who listens to all events.
    let listener: RawClient

    /// Camera 1.
    var body: VirtualBody { fleet.rig.bodies[0] }
    /// Its cable.
    var cable: PtpIpListener { fleet.rig.listeners[0] }

    /// Plays a fault on a stage of its own, with the witness.
    static func play(_ fault: NamedFault) async throws {
        let folder = TemporaryFolder()
        let worker = fault.breaksWorker ? try BreakableWorker() : nil
        var bodies = [fault.body] + TestFleet.nikons(2).suffix(1)
        // What bodies draw costs time that the scenes do not need.
        for index in bodies.indices { (bodies[index].liveViewWidth, bodies[index].liveViewHeight) = (160, 120) }
        bodies[1].pictures = 0
        let start = ContinuousClock.now
        let record = try await TestFleet.run(
            bodies, folder: folder, limits: fault.limits, portLimits: fault.portLimits,
            worker: worker?.path ?? Programs.path("body-worker")
        ) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let listener = try await fleet.server.client()
            try await listener.ask(Ask.subscribe).expect(.ok)
            let stage = Stage(
                fleet: fleet, folder: folder, worker: worker, client: client, session: session, listener: listener)
            let process = try fleet.worker(of: 1)
            let record = try await Witness.watch(fleet, camera: 2) { try await fault.scene(stage) }
            // What befell the one body cost the other not even its worker.
            #expect(try fleet.worker(of: 1) == process)
            return record
        }
        print(
            "witness of \"\(fault.name)\": \(record.answers) answers, the slowest after \(record.slowestAnswer);",
            "\(record.frames) frames, the slowest after \(record.slowestFrame); \(ContinuousClock.now - start) in all")
        #expect(record.slowestAnswer < Witness.bound)
        #expect(record.slowestFrame < Witness.bound)
    }

    // MARK: Asking

    /// The concerned client's command on camera 1, and its answer.
    func ask(_ code: UInt16, _ json: String = "{}") async throws -> RawPacket {
        try await client.ask(code, session: session, json)
    }

    /// Sends a command whose answer is read later.
    func begin(_ code: UInt16, transaction: UInt32, _ json: String = "{}") async throws {
        try await client.command(code, session: session, transaction: transaction, json)
    }

    /// The answer of a command that was begun.
    func answer(_ transaction: UInt32) async throws -> RawPacket {
        try await client.packet { $0.type == 3 && $0.transaction == transaction }
    }

    /// Asks camera 1 for a value.
    func read() async throws -> RawPacket { try await ask(Ask.value, "{\"widget_id\":\"iso\"}") }

    /// CAMERA_INFO of camera 1.
    func info() async throws -> JSONValue {
        try await client.ask(Ask.cameras).json["cameras"].array.first { $0["camera_number"].integer == 1 } ?? .null
    }

    /// Waits until camera 1 is ready, and expects that the session works.
    func recovers(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        // It may be called ready still while its driver is finding out that it is lost.
        try await waitUntil("the body is ready again, and answers", within: .seconds(60)) {
            guard try await info()["state"].string == "ready" else { return false }
            return try await read().code == Response.ok.rawValue
        }
        #expect(try await info()["error"] == .null, sourceLocation: sourceLocation)
    }

    /// The next event that tells that camera 1 is in a state; a fault comes with its reason.
    @discardableResult
    func told(_ state: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> RawPacket {
        let event = try await listener.packet {
            $0.type == 4 && $0.json["camera_number"].integer == 1 && $0.json["state"].string == state
        }
        if state == "fault" {
            #expect(event.code == 0xC001, sourceLocation: sourceLocation)
            #expect(event.json["error"]["error"].string == "Camera_Fault", sourceLocation: sourceLocation)
            expectSentence(event.json["error"], sourceLocation)
        } else {
            #expect(event.json["error"] == .null, sourceLocation: sourceLocation)
        }
        return event
    }

    /// Has the cable pulled in the very transaction that a drop strikes: the driver gives up by itself after 2.5 s, which a
    /// hand may not be in time for.
    func pull(at drop: Fault) async {
        await cable.refuseConnections()
        body.inject(drop)
    }

    /// Breaks the body's next opening: the cable is pulled, and put back once the fault is there.
    func open(with fault: Fault) async throws {
        await cable.unplug()
        try await told("unplugged")
        body.inject(fault)
        try await cable.replug()
    }

    /// Waits until an operation has been asked for that many times more than `before`.
    func waitUntilAsked(_ operation: OperationCode, beyond before: Int) async throws {
        try await waitUntil("the body is asked for \(operation)") { body.transactionCount(operation) > before }
    }

    // MARK: Streams and files

    /// Watches camera 1, and gives the viewer once a frame has come.
    func watch() async throws -> RawClient {
        let ticket = try await ask(Ask.liveView).expect(.ok).json["ticket"].string ?? ""
        let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
        try await viewer.command(Ask.liveView, session: session, transaction: 9, "{\"ticket\":\"\(ticket)\"}")
        try await viewer.packet().expect(.ok)
        #expect(try await viewer.packet().type == 2)
        return viewer
    }

    /// The longest file on camera 1, as commands name it, and its bytes.
    func longestFile() async throws -> (json: String, bytes: [UInt8]) {
        let longest = body.filePaths.max { body.fileSize($0) ?? 0 < body.fileSize($1) ?? 0 } ?? ""
        return (try await longestFileName(), body.fileBytes(longest) ?? [])
    }

    /// The longest file on camera 1, as commands name it.
    func longestFileName() async throws -> String {
        let files = try await ask(Ask.files, "{\"recurse\":true}").expect(.ok).json["files"].array
        let file = files.max { $0["size"].integer ?? 0 < $1["size"].integer ?? 0 } ?? .null
        return "{\"folder\":\"\(file["folder"].string ?? "")\",\"name\":\"\(file["name"].string ?? "")\"}"
    }

    /// A download of a file of camera 1: its connection, on which nothing is sent yet, and its ticket.
    func download(_ file: String) async throws -> (connection: RawClient, ticket: String) {
        let ticket = try await ask(Ask.download, file).expect(.ok).json["ticket"].string ?? ""
        return (try await RawClient.connect(port: fleet.server.downloadPort), ticket)
    }

    /// A folder of camera 1's card in which files are.
    func folderOfPictures() async throws -> String {
        let files = try await ask(Ask.files, "{\"recurse\":true}").expect(.ok).json["files"].array
        return files.first?["folder"].string ?? ""
    }

    /// An upload to camera 1: its connection, on which nothing is sent yet, and its ticket.
    func upload(_ name: String, size: Int) async throws -> (connection: RawClient, ticket: String) {
        let folder = try await folderOfPictures()
        let answer = try await ask(Ask.upload, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\",\"size\":\(size)}")
        let ticket = answer.expect(.ok).json["ticket"].string ?? ""
        return (try await RawClient.connect(port: fleet.server.downloadPort), ticket)
    }

    /// Sends what an upload still wants, and gives its last answer.
    func send(_ bytes: [UInt8], on connection: RawClient, _ ticket: String, transaction: UInt32) async throws
        -> RawPacket
    {
        try await connection.command(
            Ask.upload, session: session, transaction: transaction, "{\"ticket\":\"\(ticket)\"}")
        let start = try await connection.packet()
        guard start.code == Response.ok.rawValue else { return start }
        var offset = start.json["offset"].integer ?? 0
        while offset < bytes.count {
            let piece = Array(bytes[offset..<min(bytes.count, offset + 1 << 20)])
            try await connection.piece(piece, at: offset, session: session, transaction: transaction)
            offset += piece.count
        }
        return try await connection.packet()
    }
}

extension RawClient {
    /// Sends a data packet of an upload, laid out by hand.
    func piece(_ bytes: [UInt8], at offset: Int, session: UInt32, transaction: UInt32) async throws {
        try await send(
            .little(UInt32(24 + bytes.count)) + .little(UInt16(2)) + .little(Ask.upload) + .little(session)
                + .little(transaction) + .little(UInt64(offset)) + bytes)
    }
}
