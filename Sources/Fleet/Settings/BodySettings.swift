import FleetModel
import PacketProtocol

/// Reads and changes the settings of one body, for the commands of several. What waits for the body's turn is given up when
/// `isEnded` says that nobody wants it any more.
struct BodySettings: Sendable {
    let body: CameraBody
    let client: ClientID
    let limit: Duration
    /// Whether what runs ends with the client's connection.
    var endsWithClient = false
    let isEnded: @Sendable () -> Bool

    /// One widget, with its value.
    func widget(_ name: String) async throws(FleetError) -> Widget {
        try await ask(.getWidgetCurrentValue, WidgetArguments(widgetID: name))
    }

    /// Every widget, with its value.
    func widgets() async throws(FleetError) -> [Widget] {
        try await ask(.listWidgets, ListWidgetsArguments(values: true), as: WidgetList.self).widgets
    }

    /// Those of these names, or all that say how pictures are taken.
    ///
    /// Throws for a name that the body has no widget of.
    func values(of names: [String]?) async throws(FleetError) -> [Widget] {
        guard let names else { return try await widgets().filter(\.isOfTakingPictures) }
        var found: [Widget] = []
        for name in names { found.append(try await widget(name)) }
        return found
    }

    /// Those by which bodies of a rig are compared, of these names or of all: what says how pictures are taken, and with what.
    /// A clock is shown as it is at a time in nanoseconds since 1970. Nil where the body cannot be asked.
    func compared(_ names: [String]?, at time: Int64) async -> [Widget]? {
        guard body.refusal == nil else { return nil }
        var found: [Widget] = []
        if let names {
            for name in names {
                if let widget = try? await widget(name) { found.append(widget) }
            }
        } else {
            guard let all = try? await widgets() else { return nil }
            found = all.filter { $0.isOfTakingPictures || $0.tellsBodiesApart }
        }
        for index in found.indices where found[index].type == .date {
            let name = found[index].path ?? found[index].name
            guard let lead = try? await BodyClock(settings: self).lead(of: name) else { continue }
            found[index].value = .integer(Int64((Double(time) / 1e9 + lead).rounded(.down)))
        }
        return found
    }

    /// Sets a widget, and gives what the body has then.
    func set(_ name: String, to value: WidgetValue) async throws(FleetError) -> WidgetValue {
        let widget: Widget = try await ask(
            .setWidgetNewValue, SetWidgetArguments(widgetID: name, value: value), touches: true)
        return widget.value ?? .none
    }

    /// Sets widgets, modes first: they decide what else can be set. What fails is tried once more when all the rest is done.
    func set(_ widgets: [String: WidgetValue]) async -> CameraSettings {
        var outcome = CameraSettings(id: body.info.id)
        var waiting = widgets.sorted { Self.rank($0.key) < Self.rank($1.key) }
        for _ in 0..<2 {
            var failed: [(key: String, value: WidgetValue)] = []
            for (name, value) in waiting {
                do throws(FleetError) {
                    outcome.set[name] = try await set(name, to: value)
                    outcome.errors[name] = nil
                } catch {
                    if await has(value, in: name) {
                        outcome.set[name] = value
                        outcome.errors[name] = nil
                    } else {
                        outcome.errors[name] = ErrorDescription(error)
                        failed.append((name, value))
                    }
                }
            }
            // A second time helps nothing where the first has changed nothing.
            guard !failed.isEmpty, failed.count < waiting.count else { break }
            waiting = failed
        }
        return outcome
    }

    /// Whether a setting that could not be set has that value: what it has already, a body may refuse to be given. Of a body
    /// that is another's to touch nothing is set.
    func has(_ value: WidgetValue, in name: String) async -> Bool {
        guard body.face.refusal(for: client) == nil else { return false }
        return (try? await widget(name).value) == value
    }

    private static let modes = ["expprogram", "autoexposuremode", "capturemode", "recordingmedia", "capturetarget"]

    private static func rank(_ name: String) -> (Int, String) {
        let last = name.split(separator: "/").last.map(String.init) ?? name
        return (modes.firstIndex(of: last) ?? modes.count, name)
    }

    private func ask<Result: Decodable>(
        _ code: CommandCode, _ arguments: some Encodable, as: Result.Type = Result.self, touches: Bool = false
    ) async throws(FleetError) -> Result {
        if touches, let refusal = body.face.refusal(for: client) { throw refusal }
        guard body.info.can.contains(.config) || body.info.state != .ready else {
            throw FleetError(.operationNotSupported, "\(body.info.name) has no settings that can be changed from here.")
        }
        var work = BodyWork(code, arguments, limit: limit)
        if touches { work.toucher = client }
        let key = WorkKey(session: 0, settings: endsWithClient ? client : nil)
        let answer = try await body.perform(work, for: key, unless: isEnded)
        do {
            return try PacketJSON.decode(Result.self, from: answer.json)
        } catch {
            throw FleetError(.generalError, "\(body.info.name) gave a setting that is not understood.")
        }
    }
}

extension Widget {
    /// Whether it says how pictures are taken: what can be set of the sections of images and of capturing. Actions, the clock,
    /// the owner's name and raw properties are not.
    var isOfTakingPictures: Bool {
        guard !readonly, value != nil, value != WidgetValue.none, type != .button, type != .date, let path else {
            return false
        }
        // A value of none of its choices is one that the driver has no word for.
        if let choices, case .text(let text)? = value, !choices.contains(text) { return false }
        return path.hasPrefix("/main/imgsettings/") || path.hasPrefix("/main/capturesettings/")
    }

    /// Whether it says with what pictures are taken, and where they go: model and lens, what a dial on the body decides, the
    /// clock.
    fileprivate var tellsBodiesApart: Bool { type == .date || Self.ofBodies.contains(name) }

    private static let ofBodies: Set<String> = [
        "cameramodel", "deviceversion", "lensname", "capturetarget", "expprogram", "autoexposuremode",
        "autoexposuremodedial", "shootingmode",
    ]
}
