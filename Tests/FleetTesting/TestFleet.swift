public import Archive
public import Fleet
import FleetModel
import Glibc
public import PacketServer
public import VirtualCamera

/// A server and the virtual bodies that it serves, for as long as a test takes.
public struct TestFleet: Sendable {
    /// The server.
    public let server: TestServer
    /// The bodies, in order of camera_number.
    public let rig: VirtualRig

    /// Runs bodies of these descriptions and a server on them, and waits until they are ready. `triggers` are what the server
    /// has of them.
    public static func run<Result: Sendable>(
        _ descriptions: [VirtualBodyDescription], folder: TemporaryFolder = TemporaryFolder(),
        limits: FleetLimits = FleetLimits(), portLimits: PortLimits = PortLimits(),
        saving: SavingPolicy = SavingPolicy(kinds: .none), secondFolder: String? = nil,
        names: String = NameTemplate.folderOfBody, companions: Companions = Companions(),
        worker: String = Programs.path("body-worker"),
        triggers: (VirtualRig) throws -> FleetTriggers = { _ in .none }, _ body: (TestFleet) async throws -> Result
    ) async throws -> Result {
        let place = await Place.take()
        defer { withExtendedLifetime(place) {} }
        let rig = try await VirtualRig.start(descriptions)
        do {
            let ports = rig.listeners.map { BodyPort(path: $0.portPath) }
            let result = try await TestServer.run(
                ports, folder: folder, limits: limits, portLimits: portLimits, saving: saving,
                secondFolder: secondFolder, names: names, companions: companions, worker: worker,
                triggers: try triggers(rig)
            ) { server in
                try await server.waitUntilReady(descriptions.count)
                return try await body(TestFleet(server: server, rig: rig))
            }
            await rig.stop()
            return result
        } catch {
            await rig.stop()
            throw error
        }
    }

    /// Nikons, numbered from 1, whose live view goes as fast as it is asked for and whose shutter has no lag.
    public static func nikons(_ count: Int) -> [VirtualBodyDescription] {
        (1...count).map { index in
            var description = VirtualBodyDescription(dialect: .nikon, index: index)
            description.shutterLag = .milliseconds(5)
            return description
        }
    }

    /// Kills the worker of a body, as a crash does, or sends it another signal.
    public func killWorker(of index: Int, by signal: Int32? = nil) throws {
        kill(try worker(of: index), signal ?? SIGKILL)
    }

    /// The process of a body's worker.
    public func worker(of index: Int) throws -> Int32 {
        guard let process = Self.processes(running: "body-worker", with: rig.listeners[index].portPath).first else {
            throw NeverHeld(what: "body \(index + 1) has a worker")
        }
        return process
    }

    /// The processes of a program that another one started.
    public static func processes(running program: String, below parent: Int32) -> [Int32] {
        processes(running: program) { _, process in
            status(of: process).map { $0.parent == parent } ?? false
        }
    }

    /// Whether a process has ended, whether or not somebody has asked for its exit code.
    public static func isGone(_ process: Int32) -> Bool {
        status(of: process).map { $0.state == "Z" } ?? true
    }

    /// The processes of a program whose command line has a word.
    public static func processes(running program: String, with word: String) -> [Int32] {
        processes(running: program) { words, _ in words.contains(word) }
    }

    /// State and parent, from /proc/PID/stat: after the name, which stands in parentheses.
    private static func status(of process: Int32) -> (state: Substring, parent: Int32)? {
        let text = String(decoding: read("/proc/\(process)/stat"), as: UTF8.self)
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[name...].split(separator: " ").dropFirst()
        guard let state = fields.first, let parent = fields.dropFirst().first.flatMap({ Int32($0) }) else { return nil }
        return (state, parent)
    }

    private static func processes(running program: String, where isWanted: ([String], Int32) -> Bool) -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = Int32(name) else { continue }
            let words = commandLine(of: process)
            if words.first?.hasSuffix("/" + program) == true, isWanted(words, process) { found.append(process) }
        }
        return found
    }

    private static func commandLine(of process: Int32) -> [String] {
        read("/proc/\(process)/cmdline").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func read(_ path: String) -> ArraySlice<UInt8> {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        return bytes[..<max(0, Glibc.read(descriptor, &bytes, bytes.count))]
    }
}

extension RawClient {
    /// Opens a session on a body, and gives its session_ID.
    public func open(_ camera: Int) async throws -> UInt32 {
        let answer = try await ask(0x0903, transaction: 9_000 + UInt32(camera), "{\"camera\":\(camera)}")
        guard answer.code == 0x2001, let session = answer.json["session_ID"].integer else {
            throw Refused(code: answer.code, message: answer.json["message"].string ?? "")
        }
        return UInt32(session)
    }

    /// Downloads with a ticket on port 6666: the bytes, and the second response.
    public func download(
        _ ticket: String, session: UInt32, transaction: UInt32 = 5, offset: Int? = nil, code: UInt16 = 0x0004
    ) async throws -> (bytes: [UInt8], last: RawPacket) {
        let more = offset.map { ",\"offset\":\($0)" } ?? ""
        try await command(code, session: session, transaction: transaction, "{\"ticket\":\"\(ticket)\"\(more)}")
        let first = try await packet()
        guard first.type == 3, first.code == 0x2001 else { return ([], first) }
        var bytes: [UInt8] = []
        while true {
            let packet = try await packet()
            guard packet.type == 2 else { return (bytes, packet) }
            let start: UInt64 = packet.body.little(at: 4)
            guard Int(start) == (offset ?? 0) + bytes.count, packet.transaction == transaction else {
                throw Refused(code: packet.code, message: "A gap at \(start).")
            }
            bytes += packet.body[12...]
        }
    }
}

/// An answer that a test cannot go on with.
public struct Refused: Error, CustomStringConvertible {
    /// The response's code.
    public let code: UInt16
    /// What it said.
    public let message: String
    /// Both.
    public var description: String { "0x\(String(code, radix: 16)): \(message)" }
}
