import Archive
import FleetModel
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

@testable import Fleet
@testable import PacketServer

extension FuzzTarget {
    /// A byte for the command, then its JSON: what the server does with the arguments of each command, of a fleet of two
    /// bodies that are known and unplugged.
    ///
    /// The command is answered with a JSON object, or refused with a name and a sentence.
    static let commands = FuzzTarget(name: "commands") { bytes in
        var input = FuzzInput(bytes)
        let code = CommandCode.allCases[Int(input.byte()) % CommandCode.allCases.count]
        let content = input.all()
        let fleet = try waiting { await UnpluggedFleet.current() }.get()
        let (broken, isChanged) = waiting { await fleet.perform(code, content) }
        if let broken { throw broken }
        if isChanged { UnpluggedFleet.shared.withLockedValue { $0 = nil } }
    }
}

/// A server without sockets, and a session of each of its two bodies.
private struct UnpluggedFleet: Sendable {
    let registry: CameraRegistry
    let responder: CommandResponder
    let sessions: [UInt32]

    /// The fleet as it is before each input.
    static let shared = NIOLockedValueBox<UnpluggedFleet?>(nil)

    static func current() async -> Result<UnpluggedFleet, any Error> {
        if let fleet = shared.withLockedValue({ $0 }) { return .success(fleet) }
        do {
            let fleet = try await UnpluggedFleet()
            shared.withLockedValue { $0 = fleet }
            return .success(fleet)
        } catch {
            return .failure(error)
        }
    }

    init() async throws {
        let roster = try Roster(inMemoryWithTimeFrom: { 1_000_000_000 })
        for number in 1...2 {
            _ = try await roster.admit(
                id: BodyID(rawValue: "body-\(number)"), model: "D7500", manufacturer: "Nikon", serial: "\(number)",
                port: "ptpip:127.0.0.1:\(number):\(number)")
        }
        let folder = FileManager.default.temporaryDirectory.path + "/camera-fleet-fuzzing"
        let template = try NameTemplate(NameTemplate.folderOfBody, inUTC: true)
        registry = try await CameraRegistry(
            roster: roster, images: roster.images(in: folder, template: template),
            saving: SavingPolicy(kinds: .none),
            launcher: WorkerLauncher(executable: "/bin/false", homes: folder, guid: ""),
            spool: try Spool(folder: folder), logger: Logger(label: "fuzzing") { _ in SwiftLogNoOpLogHandler() })
        let (writer, _) = NIOAsyncChannelOutboundWriter<ByteBuffer>.makeTestingWriter()
        responder = CommandResponder(
            registry: registry, writer: PacketWriter(writer),
            greeting: ServerGreeting(liveViewPort: 4444, downloadPort: 6666), limits: PortLimits())
        var sessions: [UInt32] = []
        for number in 1...2 {
            sessions.append(try await responder.openSession(CameraArguments(camera: .number(number))).sessionID)
        }
        self.sessions = sessions
    }

    /// The commands that leave another fleet behind.
    private static let changing: Set<CommandCode> = [.setCameraName, .replaceCamera, .forgetCamera, .setCameraNumbers]

    /// What does not hold of a command's answer, if anything, and whether the fleet is another after it.
    func perform(_ code: CommandCode, _ content: ByteBuffer) async -> (broken: Broken?, isChanged: Bool) {
        let isOfBody = code.needsSession
        let packet = PtpPacket(
            type: .command, code: code.rawValue, sessionID: isOfBody ? sessions[0] : 0, transactionID: 1,
            content: content)
        do throws(FleetError) {
            if case .refused(let error) = responder.route(packet) { throw error }
            let json: ByteBuffer
            if isOfBody {
                guard let session = try? registry.session(packet.sessionID) else {
                    return (Broken("the session ended"), true)
                }
                json = try await responder.result(of: code, packet, on: session).json
            } else {
                json = try await responder.result(of: code, packet)
            }
            if code == .initCameraModel, let opened = try? PacketJSON.decode(OpenedSession.self, from: json) {
                await responder.endSession(opened.sessionID)
            }
            guard json.getInteger(at: json.readerIndex, as: UInt8.self) == UInt8(ascii: "{") else {
                return (Broken("\(code) was answered with \(String(buffer: json))"), true)
            }
            return (nil, Self.changing.contains(code))
        } catch {
            guard !error.message.isEmpty else { return (Broken("\(code) was refused without a word"), true) }
            return (nil, false)
        }
    }
}
