import Archive
public import FleetModel
public import PacketProtocol

/// The commands for settings of several bodies (protocol.md, 0x0933, 0x0934 and 0x0950 to 0x0955). Bodies are asked side by
/// side, and each goes through its settings one after the other. Where `isEnded` says so the client's connection is over, and
/// nothing more is begun, and what runs is ended.
extension CameraRegistry {
    /// The most widgets of one command.
    private static let mostWidgets = 1000

    /// SET_GROUP_WIDGETS.
    ///
    /// Throws Invalid_Parameter for a body or group that is none, and for no widget at all.
    public func setGroupWidgets(
        _ arguments: SetGroupWidgetsArguments, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> GroupSettings {
        let bodies = try bodies(of: arguments.target)
        return try await set(arguments.widgets, on: bodies, for: client, unless: isEnded)
    }

    /// COPY_WIDGETS. The body itself is left out of its target.
    ///
    /// Throws as SET_GROUP_WIDGETS does, and what the body answers that they are of.
    public func copyWidgets(
        _ arguments: CopyWidgetsArguments, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> GroupSettings {
        let source = try body(arguments.from)
        let bodies = try bodies(of: arguments.target).filter { $0 !== source }
        guard !bodies.isEmpty else {
            throw FleetError(.invalidParameter, "Name a camera other than the one whose settings are copied.")
        }
        let widgets = try await settings(of: source, for: client, unless: isEnded).values(of: arguments.widgets)
        return try await set(Self.table(widgets), on: bodies, for: client, unless: isEnded)
    }

    /// SAVE_PRESET: replaces one of that name.
    ///
    /// Throws Invalid_Parameter for a name that cannot be, and what the body answers.
    public func savePreset(
        _ arguments: SavePresetArguments, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> SavedPreset {
        let source = try body(arguments.from)
        let widgets = Self.table(
            try await settings(of: source, for: client, unless: isEnded).values(of: arguments.widgets))
        try Self.check(widgets)
        let preset = Preset(name: arguments.preset, model: source.info.model, widgets: widgets)
        try await roster.presets.keep(preset)
        return SavedPreset(preset: preset.name, widgets: preset.widgets)
    }

    /// APPLY_PRESET.
    ///
    /// Throws Invalid_Parameter for a preset, body or group that is none.
    public func applyPreset(
        _ arguments: ApplyPresetArguments, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> GroupSettings {
        let bodies = try bodies(of: arguments.target)
        let preset = try await roster.presets.preset(arguments.preset)
        return try await set(preset.widgets, on: bodies, for: client, unless: isEnded)
    }

    /// LIST_PRESETS.
    public nonisolated func listPresets() async throws(FleetError) -> PresetList {
        PresetList(presets: try await roster.presets.presets())
    }

    /// DELETE_PRESET.
    ///
    /// Throws Invalid_Parameter when there is none of that name.
    public nonisolated func deletePreset(_ arguments: PresetArguments) async throws(FleetError) {
        try await roster.presets.delete(arguments.preset)
    }

    /// COMPARE_CAMERAS: the settings in which bodies differ. Bodies that cannot be asked are left out. Clocks are compared, and
    /// shown, as they are at one time.
    ///
    /// Throws Invalid_Parameter for a body or group that is none.
    public func compareCameras(
        _ arguments: CompareCamerasArguments, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> Comparison {
        let bodies = try bodies(of: arguments.target)
        let now = WallClock.now()
        let asked = await each(bodies, for: client, unless: isEnded) { settings in
            await settings.compared(arguments.widgets, at: now)
        }
        let answers = zip(bodies, asked).compactMap { body, widgets in widgets.map { (body.info.id.rawValue, $0) } }
        return Comparison(widgets: Self.differences(answers))
    }

    /// SYNC_CLOCKS.
    ///
    /// Throws Invalid_Parameter for a body or group that is none.
    public func syncClocks(
        _ target: GroupTarget, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> SyncedClocks {
        let bodies = try bodies(of: target)
        return SyncedClocks(
            cameras: await each(bodies, for: client, unless: isEnded) { settings in
                await BodyClock(settings: settings).synchronize()
            })
    }

    // MARK: What they share

    private static func check(_ widgets: [String: WidgetValue]) throws(FleetError) {
        guard !widgets.isEmpty, widgets.count <= mostWidgets else {
            throw FleetError(.invalidParameter, "Name at least one setting, and at most \(mostWidgets).")
        }
    }

    private func set(
        _ widgets: [String: WidgetValue], on bodies: [CameraBody], for client: ClientID,
        unless isEnded: @escaping @Sendable () -> Bool
    ) async throws(FleetError) -> GroupSettings {
        try Self.check(widgets)
        return GroupSettings(
            cameras: await each(bodies, for: client, unless: isEnded) { settings in await settings.set(widgets) })
    }

    /// Does the same on each body, all at once; gives the outcomes in the bodies' order.
    private func each<Outcome: Sendable>(
        _ bodies: [CameraBody], for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool,
        _ work: @escaping @Sendable (BodySettings) async -> Outcome
    ) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for (index, body) in bodies.enumerated() {
                let settings = settings(of: body, for: client, unless: isEnded)
                group.addTask { (index, await work(settings)) }
            }
            var outcomes: [Int: Outcome] = [:]
            for await (index, outcome) in group { outcomes[index] = outcome }
            return bodies.indices.compactMap { outcomes[$0] }
        }
    }

    private func settings(
        of body: CameraBody, for client: ClientID, unless isEnded: @escaping @Sendable () -> Bool
    ) -> BodySettings {
        BodySettings(
            body: body, client: client, limit: limits.commandTime, endsWithClient: true, isEnded: isEnded)
    }

    /// Values by the widget's name, or its path where two have one name.
    private static func table(_ widgets: [Widget]) -> [String: WidgetValue] {
        var table: [String: WidgetValue] = [:]
        for widget in widgets {
            let name = table[widget.name] == nil ? widget.name : widget.path ?? widget.name
            table[name] = widget.value
        }
        return table
    }

    private static func differences(_ answers: [(id: String, widgets: [Widget])]) -> [ComparedWidget] {
        var order: [String] = []
        var dates: Set<String> = []
        var compared: [String: ComparedWidget] = [:]
        for (id, widgets) in answers {
            for widget in widgets {
                if compared[widget.name] == nil {
                    order.append(widget.name)
                    compared[widget.name] = ComparedWidget(name: widget.name, label: widget.label, values: [:])
                }
                compared[widget.name]?.values[id] = widget.value ?? WidgetValue.none
                if widget.type == .date { dates.insert(widget.name) }
            }
        }
        return order.compactMap { compared[$0] }.filter { widget in
            guard widget.values.count == answers.count else { return true }
            let values = Set(widget.values.values)
            return dates.contains(widget.name) ? areApart(values) : values.count > 1
        }
    }

    /// Whether clocks show different times, and not only other seconds of the same.
    private static func areApart(_ clocks: Set<WidgetValue>) -> Bool {
        let seconds = clocks.compactMap { clock -> Int64? in
            if case .integer(let seconds) = clock { seconds } else { nil }
        }
        guard seconds.count == clocks.count, let first = seconds.min(), let last = seconds.max() else {
            return clocks.count > 1
        }
        return last - first > clockTolerance
    }

    private static let clockTolerance = 2
}
