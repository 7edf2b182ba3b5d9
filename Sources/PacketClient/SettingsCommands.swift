public import FleetModel
public import PacketProtocol

/// The commands for settings of several bodies (protocol.md, section 3). All throw what `request` throws.
extension FleetConnection {
    /// Sets widgets of bodies (0x0933).
    public func setGroupWidgets(_ arguments: SetGroupWidgetsArguments) async throws(FleetClientError) -> GroupSettings {
        try await request(.setGroupWidgets, arguments: arguments, as: GroupSettings.self)
    }

    /// Gives bodies the settings of another (0x0934).
    public func copyWidgets(_ arguments: CopyWidgetsArguments) async throws(FleetClientError) -> GroupSettings {
        try await request(.copyWidgets, arguments: arguments, as: GroupSettings.self)
    }

    /// Keeps a body's settings under a name (0x0950).
    public func savePreset(_ arguments: SavePresetArguments) async throws(FleetClientError) -> SavedPreset {
        try await request(.savePreset, arguments: arguments, as: SavedPreset.self)
    }

    /// Gives bodies the settings of a preset (0x0951).
    public func applyPreset(_ arguments: ApplyPresetArguments) async throws(FleetClientError) -> GroupSettings {
        try await request(.applyPreset, arguments: arguments, as: GroupSettings.self)
    }

    /// All presets (0x0952).
    public func presets() async throws(FleetClientError) -> [Preset] {
        try await request(.listPresets, arguments: Nothing(), as: PresetList.self).presets
    }

    /// Drops a preset (0x0953).
    public func deletePreset(_ name: String) async throws(FleetClientError) {
        _ = try await request(.deletePreset, arguments: PresetArguments(preset: name), as: Nothing.self)
    }

    /// The settings in which bodies differ (0x0954).
    public func compareCameras(_ arguments: CompareCamerasArguments) async throws(FleetClientError) -> [ComparedWidget]
    {
        try await request(.compareCameras, arguments: arguments, as: Comparison.self).widgets
    }

    /// Sets the clocks of bodies to the server's (0x0955).
    public func syncClocks(_ target: GroupTarget) async throws(FleetClientError) -> [SyncedClock] {
        try await request(.syncClocks, arguments: target, as: SyncedClocks.self).cameras
    }
}
