import Fleet
import FleetModel
import NIOCore
import PacketProtocol

/// What the commands of the connection and of the fleet do (protocol.md, section 3).
extension CommandResponder {
    func result(of code: CommandCode, _ packet: PtpPacket) async throws(FleetError) -> ByteBuffer {
        let content = packet.content
        switch code {
        case .checkConnection:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(FleetCheck(time: WallClock.now(), cameras: await registry.list().count))
        case .authenticate:
            _ = try PacketJSON.arguments(AuthenticateArguments.self, of: content)
            return PacketEncoder.json(RoleResult(role: .admin))
        case .getCamerasList:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(CameraList(cameras: await registry.list()))
        case .initCameraModel: return PacketEncoder.json(try await openSession(try PacketJSON.arguments(of: content)))
        case .subscribeEvents:
            listener.want(try wanted(try PacketJSON.arguments(of: content)))
            return PacketEncoder.json(Nothing())
        case .unsubscribeEvents:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            listener.want([])
            return PacketEncoder.json(Nothing())
        case .setCameraName:
            return PacketEncoder.json(try await registry.setName(try PacketJSON.arguments(of: content)))
        case .replaceCamera:
            return PacketEncoder.json(try await registry.replace(try PacketJSON.arguments(of: content)))
        case .forgetCamera:
            try await registry.forget(try PacketJSON.arguments(of: content))
            return PacketEncoder.json(Nothing())
        case .setCameraNumbers:
            return PacketEncoder.json(try await registry.setNumbers(try PacketJSON.arguments(of: content)))
        case .getDriverLog:
            return PacketEncoder.json(try await registry.driverLog(of: try PacketJSON.arguments(of: content)))
        case .closeConnection, .closeSession: return PacketEncoder.json(Nothing())
        default: return try await groupResult(of: code, content)
        }
    }

    /// The commands of several bodies, and of shots.
    private func groupResult(of code: CommandCode, _ content: ByteBuffer) async throws(FleetError) -> ByteBuffer {
        let isEnded: @Sendable () -> Bool = { [self] in isAbandoned }
        switch code {
        case .armGroup:
            return PacketEncoder.json(
                try await registry.armGroup(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .fireGroup:
            return PacketEncoder.json(
                try await registry.fireGroup(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .captureGroup:
            return PacketEncoder.json(
                try await registry.captureGroup(
                    try PacketJSON.arguments(of: content), for: client, unless: isEnded, until: ending))
        case .collectGroup:
            return PacketEncoder.json(
                try await registry.collectGroup(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .disarmGroup:
            return PacketEncoder.json(try await registry.disarmGroup(try PacketJSON.arguments(of: content)))
        case .listShots:
            let arguments: ListShotsArguments = try PacketJSON.arguments(of: content)
            // As much as this is, it would keep the loop from every other command.
            return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                () async throws(FleetError) in
                PacketEncoder.json(try await registry.listShots(arguments))
            }
        case .getShot: return PacketEncoder.json(try await registry.shot(try PacketJSON.arguments(of: content)))
        case .startGroupSequence:
            return PacketEncoder.json(
                try await registry.startGroupSequence(
                    try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .stopGroupSequence:
            return PacketEncoder.json(try await registry.stopGroupSequence(try PacketJSON.arguments(of: content)))
        case .listTriggers:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(await registry.listTriggers())
        case .listImages:
            let arguments: ImagesArguments = try PacketJSON.arguments(of: content)
            return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                () async throws(FleetError) in
                PacketEncoder.json(try await registry.listImages(arguments))
            }
        case .verifyImages:
            return PacketEncoder.json(
                try await registry.verifyImages(try PacketJSON.arguments(of: content), unless: isEnded))
        case .fetchImages:
            return PacketEncoder.json(
                try await registry.fetchImages(try PacketJSON.arguments(of: content), until: ending))
        case .downloadSaved: return PacketEncoder.json(try await savedTicket(try PacketJSON.arguments(of: content)))
        case .openProject:
            return PacketEncoder.json(try await registry.openProject(try PacketJSON.arguments(of: content)))
        case .closeProject:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            try await registry.closeProject()
            return PacketEncoder.json(Nothing())
        case .listProjects:
            return PacketEncoder.json(try await registry.listProjects(try PacketJSON.arguments(of: content)))
        case .getDisk:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(try await registry.disk())
        default: return try await settingsResult(of: code, content)
        }
    }

    /// The commands for settings of several bodies.
    private func settingsResult(of code: CommandCode, _ content: ByteBuffer) async throws(FleetError) -> ByteBuffer {
        let isEnded: @Sendable () -> Bool = { [self] in isAbandoned }
        switch code {
        case .setGroupWidgets:
            return PacketEncoder.json(
                try await registry.setGroupWidgets(
                    try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .copyWidgets:
            return PacketEncoder.json(
                try await registry.copyWidgets(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .savePreset:
            return PacketEncoder.json(
                try await registry.savePreset(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .applyPreset:
            return PacketEncoder.json(
                try await registry.applyPreset(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .listPresets:
            _ = try PacketJSON.arguments(Nothing.self, of: content)
            return PacketEncoder.json(try await registry.listPresets())
        case .deletePreset:
            try await registry.deletePreset(try PacketJSON.arguments(of: content))
            return PacketEncoder.json(Nothing())
        case .compareCameras:
            return PacketEncoder.json(
                try await registry.compareCameras(
                    try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        case .syncClocks:
            return PacketEncoder.json(
                try await registry.syncClocks(try PacketJSON.arguments(of: content), for: client, unless: isEnded))
        default: throw Self.closed
        }
    }

    private func savedTicket(_ arguments: SavedImageArguments) async throws(FleetError) -> SavedImageTicket {
        let ticket = try await registry.savedTicket(arguments, for: client, port: greeting.downloadPort)
        // It may have been made while the connection ended, whose tickets were forgotten by then.
        guard !isAbandoned else {
            await registry.end(of: client)
            throw Self.closed
        }
        return ticket
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
