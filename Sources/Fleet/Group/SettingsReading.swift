import FleetModel
import NIOCore
import NIOPosix
import PacketProtocol

/// How the bodies of a shot are set for the exposure, read once they have brought their images and before the shot is told as
/// over: nothing is asked of a body between its arming and its release, and nobody who waits for the shot changes a setting
/// before it is read.
extension GroupReleases {
    /// The widgets, by the names that the drivers of different makers give them.
    private static let widgetsOfExposure = [
        "iso", "shutterspeed", "f-number", "aperture", "exposurecompensation", "whitebalance", "imageformat",
        "imagequality", "focusmode", "capturetarget",
    ]
    /// Tells these commands from others of a shot.
    private static let readingTransaction: UInt32 = 2

    /// What the bodies of a shot are, with the settings of those that brought their images. A body that another shot arms
    /// meanwhile is not asked any more.
    func describe(_ shot: GroupShot) async -> [ShotBody] {
        let isWanted = companions.writesManifests && ingest.saves(shot)
        let readings = shot.parts.map { part -> Outcome<ShotBody>? in
            isWanted && part.camera.state == .complete ? begin(part) : nil
        }
        var bodies: [ShotBody] = []
        for (part, reading) in zip(shot.parts, readings) {
            bodies.append((try? await reading?.value()) ?? ShotBody(part.body.info))
        }
        return bodies
    }

    /// No settings are read any more of a body that is about to be armed.
    func stopReading(_ body: CameraBody) async {
        await body.cancel(onlyWaiting: true) { $0.session == 0 && $0.transaction == Self.readingTransaction }
    }

    private func begin(_ part: ShotPart) -> Outcome<ShotBody> {
        let outcome = Outcome<ShotBody>()
        let late = FleetError(.timedOut, "The body's settings were not read in time.")
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(limits.settingsTime)) {
            outcome.become(.failure(late))
        }
        let isBegun = chores.add { [self] in
            let body = await read(part, unless: { outcome.result != nil })
            timer.cancel()
            outcome.become(.success(body))
        }
        if !isBegun { outcome.become(.failure(late)) }
        return outcome
    }

    /// Reads them one by one; what a body does not have is left out.
    private func read(_ part: ShotPart, unless isOver: @Sendable () -> Bool) async -> ShotBody {
        let body = part.body
        var described = ShotBody(body.info)
        let key = WorkKey(session: 0, transaction: Self.readingTransaction, shot: part.shot)
        var widgets: [String: WidgetValue] = [:]
        for name in Self.widgetsOfExposure {
            do throws(FleetError) {
                let work = BodyWork(.getWidgetCurrentValue, WidgetArguments(widgetID: name), limit: limits.commandTime)
                let answer = try await body.perform(work, for: key) { isOver() || body.seat.isHeld }
                let widget = try PacketJSON.decode(Widget.self, from: answer.json)
                if let value = widget.value, value != WidgetValue.none { widgets[name] = value }
            } catch {
                switch error.kind {
                case .parameterNotSupported, .operationNotSupported: continue
                default: return described
                }
            }
        }
        guard !widgets.isEmpty else { return described }
        described.widgets = widgets
        described.widgetsReadAt = WallClock.now()
        return described
    }
}

extension ShotBody {
    /// A body as everybody sees it now.
    fileprivate init(_ info: CameraInfo) {
        self.init(id: info.id, name: info.name, model: info.model, serial: info.serial)
    }
}
