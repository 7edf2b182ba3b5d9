import Fleet
import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// The commands of one connection to port 5555: its sessions, its events, and what each command does.
final class CommandResponder: PacketResponder {
    private struct State {
        var sessions: [UInt32: Session] = [:]
        /// Sessions that are being opened count as well.
        var opening = 0
        var isAbandoned = false
    }

    let registry: CameraRegistry
    private let writer: PacketWriter
    let greeting: ServerGreeting
    let client = ClientID()
    private let limits: PortLimits
    let listener: EventListener
    /// The end of the connection.
    let ending = Ending()
    private let state = NIOLockedValueBox(State())

    init(registry: CameraRegistry, writer: PacketWriter, greeting: ServerGreeting, limits: PortLimits) {
        self.registry = registry
        self.writer = writer
        self.greeting = greeting
        self.limits = limits
        listener = registry.events.listen()
    }

    // MARK: The connection

    func greet() async {
        await writer.write(
            PacketEncoder.encode(
                type: .event, code: EventCode.connectionOK.rawValue, transactionID: 1, json: greeting.now))
    }

    /// Writes events as they come; a client that reads too slowly is told how many it lost.
    func run() async {
        var number: UInt32 = 1
        for await event in listener.events {
            if listener.wants(event) {
                number &+= 1
                await writer.write(event.packet(number: number))
            }
            let lost = listener.takeGap()
            guard lost > 0, listener.wantsAny else { continue }
            number &+= 1
            await writer.write(
                PacketEncoder.encode(
                    type: .event, code: EventCode.eventsLost.rawValue, transactionID: number,
                    json: EventsLost(count: lost)))
        }
    }

    func abandon() async {
        listener.cancel()
        let sessions = state.withLockedValue { state in
            state.isAbandoned = true
            return Array(state.sessions.values)
        }
        ending.come(FleetError(.transactionCancelled, "The connection was closed."))
        for session in sessions { await registry.close(session) }
        await registry.end(of: client)
    }

    /// Whether the connection is over.
    var isAbandoned: Bool { state.withLockedValue { $0.isAbandoned } }

    func endSession(_ id: UInt32) async {
        let session = state.withLockedValue { $0.sessions.removeValue(forKey: id) }
        if let session { await registry.close(session) }
    }

    private func session(_ id: UInt32) throws(FleetError) -> Session {
        guard let session = state.withLockedValue({ $0.sessions[id] }) else {
            throw FleetError(.sessionNotOpen, "The session \(id) is not one of this connection.")
        }
        return session
    }

    // MARK: Routing

    func route(_ packet: PtpPacket) -> CommandRoute {
        let code = CommandCode(rawValue: packet.code)
        let needsSession = code?.needsSession ?? false
        if packet.sessionID != 0 || needsSession {
            do throws(FleetError) { _ = try session(packet.sessionID) } catch { return .refused(error) }
        }
        switch code {
        case .captureImage, .getThumbnail, .downloadImage, .startLiveView, .getWidgetCurrentValue,
            .getWidgetPossibleValues, .setWidgetNewValue, .listWidgets, .listFiles, .deleteImage, .uploadFile,
            .getStorageInfo, .triggerCapture, .getCameraSummary, .lockCamera, .startSequence:
            return .inTurn
        case .checkConnection: return packet.sessionID == 0 ? .aside : .inTurn
        case .stopLiveView, .unlockCamera, .stopSequence, .resetCamera: return .atOnce
        case .cancel:
            do throws(FleetError) {
                return .stopping(try PacketJSON.arguments(CancelArguments.self, of: packet.content).transactionID)
            } catch {
                return .refused(error)
            }
        case .closeSession: return ifWellFormed(packet, .lastOfSession)
        case .authenticate, .getCamerasList, .initCameraModel, .subscribeEvents, .unsubscribeEvents, .setCameraName,
            .replaceCamera, .forgetCamera, .setCameraNumbers, .getDriverLog, .armGroup, .fireGroup, .captureGroup,
            .collectGroup, .listShots, .getShot, .setGroupWidgets, .copyWidgets, .savePreset, .applyPreset,
            .listPresets, .deletePreset, .compareCameras, .syncClocks, .startGroupSequence, .listTriggers,
            .listImages, .verifyImages, .fetchImages, .downloadSaved, .openProject, .closeProject, .listProjects,
            .getDisk:
            return .aside
        case .disarmGroup, .stopGroupSequence: return .atOnce
        case .closeConnection: return ifWellFormed(packet, .lastOfConnection)
        case nil:
            let code = "0x" + String(packet.code, radix: 16, uppercase: true)
            return .refused(FleetError(.operationNotSupported, "This server has no command \(code)."))
        }
    }

    /// What ends things is refused before it ends them.
    private func ifWellFormed(_ packet: PtpPacket, _ route: CommandRoute) -> CommandRoute {
        do throws(FleetError) {
            _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
            return route
        } catch {
            return .refused(error)
        }
    }

    // MARK: Commands

    func begin(_ packet: PtpPacket) {
        let session = state.withLockedValue { $0.sessions[packet.sessionID] }
        if let key = key(of: packet) { session?.begin(key) }
    }

    func respond(to packet: PtpPacket) async {
        let session = packet.sessionID == 0 ? nil : state.withLockedValue { $0.sessions[packet.sessionID] }
        let key = key(of: packet)
        do throws(FleetError) {
            guard let code = CommandCode(rawValue: packet.code) else { throw Self.closed }
            let answer: Answer
            if let session, code.needsSession || code == .checkConnection {
                answer = try await result(of: code, packet, on: session)
            } else if code == .closeSession {
                // It was ended before its turn came.
                answer = Answer(Nothing())
            } else if packet.sessionID == 0 || !code.needsSession && code != .checkConnection {
                answer = Answer(json: try await result(of: code, packet))
            } else {
                throw Self.closed
            }
            if let key { session?.finish(key) }
            await writer.answer(packet, data: answer.data, answer.json)
        } catch {
            if let key { session?.finish(key) }
            await writer.refuse(packet, error)
        }
        if let key { session?.answered(key) }
    }

    /// What a command is to CANCEL; nil where it is answered at once. A client may use one transaction_ID for all its commands,
    /// so those end nothing.
    private func key(of packet: PtpPacket) -> CommandKey? {
        if packet.code == CommandCode.resetCamera.rawValue { return .reset(packet.transactionID) }
        guard case .inTurn = route(packet) else { return nil }
        return .inTurn(packet.transactionID)
    }

    /// What a command gets that waited in its session's lane when that was closed.
    static let closed = FleetError(.transactionCancelled, "The session was closed.")

    func openSession(_ arguments: CameraArguments) async throws(FleetError) -> OpenedSession {
        let limit = limits.sessions
        let hasPlace = state.withLockedValue { state in
            guard state.sessions.count + state.opening < limit else { return false }
            state.opening += 1
            return true
        }
        guard hasPlace else {
            throw FleetError(.tooMany, "\(limit) sessions of this connection are open already; close some first.")
        }
        let session: Session
        do throws(FleetError) {
            session = try await registry.openSession(on: arguments.camera, for: client)
        } catch {
            state.withLockedValue { $0.opening -= 1 }
            throw error
        }
        let isAbandoned = state.withLockedValue { state in
            state.opening -= 1
            state.sessions[session.id] = session
            return state.isAbandoned
        }
        if isAbandoned { await registry.close(session) }
        return OpenedSession(sessionID: session.id, camera: session.camera)
    }
}
