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

    private let registry: CameraRegistry
    private let writer: PacketWriter
    private let greeting: ServerGreeting
    private let limits: PortLimits
    private let listener: EventListener
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
        for await event in listener.events where listener.wants(event) {
            number &+= 1
            await writer.write(event.packet(number: number))
            let lost = listener.takeLost()
            guard lost > 0 else { continue }
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
        for session in sessions { await registry.close(session) }
    }

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
        case .captureImage, .downloadImage, .startLiveView, .getWidgetCurrentValue, .getWidgetPossibleValues,
            .setWidgetNewValue, .listWidgets, .listFiles:
            return .inTurn
        case .checkConnection: return packet.sessionID == 0 ? .aside : .inTurn
        case .stopLiveView: return .atOnce
        case .closeSession: return ifWellFormed(packet, .lastOfSession)
        case .authenticate, .getCamerasList, .initCameraModel, .subscribeEvents, .unsubscribeEvents, .setCameraName:
            return .aside
        case .closeConnection: return ifWellFormed(packet, .lastOfConnection)
        default:
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

    func respond(to packet: PtpPacket) async {
        do throws(FleetError) {
            await writer.answer(packet, try await result(of: packet))
        } catch {
            await writer.refuse(packet, error)
        }
    }

    private func result(of packet: PtpPacket) async throws(FleetError) -> ByteBuffer {
        guard let code = CommandCode(rawValue: packet.code) else {
            throw FleetError(.operationNotSupported, "This server has no such command.")
        }
        let session = state.withLockedValue { $0.sessions[packet.sessionID] }
        if packet.sessionID != 0, session == nil, code == .checkConnection { throw Self.closed }
        if let session {
            if code == .checkConnection {
                _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
                return PacketEncoder.json(try await session.check(transaction: packet.transactionID))
            }
            if code.needsSession { return try await result(of: code, packet, on: session) }
        }
        switch code {
        case .checkConnection:
            _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
            return PacketEncoder.json(FleetCheck(time: WallClock.now(), cameras: await registry.list().count))
        case .authenticate:
            _ = try PacketJSON.arguments(AuthenticateArguments.self, of: packet.content)
            return PacketEncoder.json(RoleResult(role: .admin))
        case .getCamerasList:
            _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
            return PacketEncoder.json(CameraList(cameras: await registry.list()))
        case .initCameraModel:
            return PacketEncoder.json(try await openSession(try PacketJSON.arguments(of: packet.content)))
        case .subscribeEvents:
            listener.want(try wanted(try PacketJSON.arguments(of: packet.content)))
            return PacketEncoder.json(Nothing())
        case .unsubscribeEvents:
            _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
            listener.want([])
            return PacketEncoder.json(Nothing())
        case .setCameraName:
            return PacketEncoder.json(try await registry.setName(try PacketJSON.arguments(of: packet.content)))
        case .closeConnection, .closeSession:
            return PacketEncoder.json(Nothing())
        default:
            throw Self.closed
        }
    }

    /// What a command gets that waited in its session's lane when that was closed.
    private static let closed = FleetError(.transactionCancelled, "The session was closed.")

    private func result(
        of code: CommandCode, _ packet: PtpPacket, on session: Session
    ) async throws(FleetError) -> ByteBuffer {
        let content = packet.content
        let transaction = packet.transactionID
        switch code {
        case .captureImage:
            return try await session.captureImage(try PacketJSON.arguments(of: content), transaction: transaction)
        case .downloadImage:
            let ticket = try await session.downloadTicket(
                try PacketJSON.arguments(of: content), transaction: transaction, port: greeting.downloadPort)
            return PacketEncoder.json(ticket)
        case .startLiveView:
            let ticket = try await session.liveViewTicket(
                try PacketJSON.arguments(of: content), transaction: transaction, port: greeting.liveViewPort)
            return PacketEncoder.json(ticket)
        case .stopLiveView:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(session.stopLiveView())
        case .getWidgetCurrentValue:
            return try await session.widgetValue(try PacketJSON.arguments(of: content), transaction: transaction)
        case .getWidgetPossibleValues:
            return try await session.widgetChoices(try PacketJSON.arguments(of: content), transaction: transaction)
        case .setWidgetNewValue:
            return try await session.setWidget(try PacketJSON.arguments(of: content), transaction: transaction)
        case .listWidgets:
            return try await session.widgets(try PacketJSON.arguments(of: content), transaction: transaction)
        case .listFiles:
            return try await session.files(try PacketJSON.arguments(of: content), transaction: transaction)
        default:
            throw FleetError(.operationNotSupported, "This server has no such command.")
        }
    }

    private func openSession(_ arguments: CameraArguments) async throws(FleetError) -> OpenedSession {
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
            session = try await registry.openSession(on: arguments.camera)
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

    private func wanted(_ arguments: SubscribeEventsArguments) throws(FleetError) -> Set<EventCode> {
        guard let names = arguments.events else { return Set(EventCode.allCases) }
        var codes: Set<EventCode> = []
        for name in names {
            guard let code = EventCode(name: name) else {
                throw FleetError(.invalidParameter, "No event is called \(name).")
            }
            codes.insert(code)
        }
        return codes
    }
}

extension FleetEvent {
    /// The event as a packet of a connection.
    func packet(number: UInt32) -> ByteBuffer {
        let json: ByteBuffer
        switch self {
        case .objectAdded(let camera, let image):
            json = PacketEncoder.json(
                ObjectAdded(camera: camera, folder: image.folder, name: image.name, size: image.size))
        case .objectRemoved(let camera, let object):
            json = PacketEncoder.json(ObjectRemoved(camera: camera, folder: object.folder, name: object.name))
        case .sequenceProgress(let camera, let sequence, let taken, let count, let error, let ended):
            json = PacketEncoder.json(
                SequenceProgress(
                    camera: camera, sequence: sequence, taken: taken, count: count, error: error,
                    ended: ended ? true : nil))
        case .captureComplete(let camera): json = PacketEncoder.json(CaptureComplete(camera: camera))
        case .widgetChanged(let camera, let widget, let value):
            json = PacketEncoder.json(WidgetChanged(camera: camera, widgetID: widget, value: value))
        case .cameraState(let info), .cameraAttached(let info), .cameraDetached(let info):
            json = PacketEncoder.json(info)
        }
        return PacketEncoder.encode(
            PtpPacket(type: .event, code: code.rawValue, transactionID: number, content: json))
    }
}
