import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// The opened body and what was learned of it. On the body's thread only.
final class OpenBody {
    let camera: Camera
    let port: String
    let widgets: WidgetAccess
    let memory: MemoryCaptures
    private(set) lazy var card = CardAccess(
        camera: camera, forgives: { [unowned self] in isCanon }, mayOpen: { [memory] in memory.isEmpty })
    private(set) lazy var manufacturer = word("manufacturer") ?? summary["Manufacturer"] ?? ""
    private lazy var summary = BodySummary(camera.abilities.canConfigure ? nil : try? camera.summary())
    private var hasBatteryWidget = true
    /// Whether a card went whose objects the driver goes on listing.
    var isCardAway = false

    private var knownStorages: Set<String> = []

    /// A driver that took so long waited for a body on the network in vain, whatever it says then.
    static let silence: Int64 = 2_000_000_000

    var isCanon: Bool { manufacturer.lowercased().hasPrefix("canon") }

    var isNetwork: Bool { port.hasPrefix("ptpip:") }

    init(camera: Camera, port: String, memoryFolder: String) {
        self.camera = camera
        self.port = port
        widgets = WidgetAccess(camera: camera)
        memory = MemoryCaptures(folder: memoryFolder)
    }

    /// What the server is told of it.
    func describe() -> BodyDescription {
        let abilities = camera.abilities
        var can: [Capability] = []
        if abilities.canCapture || abilities.canTrigger { can += [.capture, .trigger] }
        if canArm { can.append(.arm) }
        if abilities.canPreview, !isAnyPTP || hasLiveView(maker: manufacturer) { can.append(.preview) }
        if BulbExposure.isPossible(with: camera, maker: manufacturer) { can.append(.bulb) }
        if abilities.canConfigure { can.append(.config) }
        if abilities.canDelete { can.append(.delete) }
        if abilities.canUpload { can.append(.upload) }
        if abilities.hasThumbnails { can.append(.thumbnail) }
        return BodyDescription(
            model: word("cameramodel") ?? summary["Model"] ?? abilities.model, manufacturer: manufacturer,
            serial: word("serialnumber") ?? summary["Serial Number"], battery: battery(), can: can)
    }

    /// Whether it can be released without waiting for the image. Of a catch-all model the driver gives the widget `bulb` to
    /// bodies that know InitiateCapture, whatever they are (libgphoto2 2.5.30, config.c).
    private(set) lazy var canArm: Bool = {
        guard isAnyPTP else { return camera.abilities.canTrigger }
        let maker = manufacturer.lowercased()
        return ["nikon", "canon", "sony", "fuji", "olympus", "om digital", "panasonic"].contains { maker.hasPrefix($0) }
            || (try? camera.widget(named: "bulb")) != nil
    }()

    /// Whether the driver took the body for one of its catch-all models, whose abilities say what some body can do.
    private var isAnyPTP: Bool {
        let model = camera.abilities.model
        return model == "PTP/IP Camera" || model == "USB PTP Class Camera"
    }

    /// Of a catch-all model the driver gives live view to makers that it knows: Nikon, Canon and others have a widget for
    /// it, these have not.
    private func hasLiveView(maker: String) -> Bool {
        if (try? camera.widget(named: "viewfinder")) != nil { return true }
        let maker = maker.lowercased()
        return ["sony", "fuji", "olympus", "om digital", "panasonic"].contains { maker.hasPrefix($0) }
    }

    /// The charge in percent, asked of the body.
    func battery() -> Int? {
        guard hasBatteryWidget else { return nil }
        let start = MonotonicClock.now()
        let text: String
        do throws(GPhotoError) {
            guard case .text(let value)? = try camera.widget(named: "batterylevel").root?.value else { return nil }
            text = value
        } catch {
            // A body that could not say it this time is asked again.
            let isMissing = error.code == .badParameters || error.code == .notSupported
            hasBatteryWidget = !isMissing || MonotonicClock.now() - start > Self.silence
            return nil
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        return Int(digits).flatMap { (0...100).contains($0) ? $0 : nil }
    }

    /// A real exchange with the body, and its charge where it says it.
    func exchange() throws(GPhotoError) -> BodyStatus {
        let before = driver_log_received_count()
        let battery = battery()
        // Some drivers know the charge from an event, or a body has none: then the storages are asked for.
        if driver_log_received_count() == before { try LifeSign.ask(of: camera) }
        return BodyStatus(battery: battery)
    }

    /// Whether a folder is on a card that went, whatever the driver says.
    func isAway(_ folder: String) -> Bool {
        guard isCardAway, folder != "/" else { return false }
        let storages = (try? camera.storages()) ?? []
        return !storages.contains { folder == $0.path || folder.hasPrefix($0.path + "/") }
    }

    /// The storages as the body says now: one that it said before and says no more is a card that went, whether or not the
    /// body has told of that yet.
    func storages() throws(GPhotoError) -> [Storage] {
        let storages = try camera.storages()
        let paths = Set(storages.map(\.path))
        if !knownStorages.isSubset(of: paths) { isCardAway = true }
        knownStorages.formUnion(paths)
        return storages
    }

    /// Images go to the card unless there is none.
    func chooseCaptureTarget() {
        if hasNoCard { Driver.set("ptp2", "capturetarget", "sdram") }
    }

    /// Images go where they are wanted, in any case to the memory of a body that has no card. One that lets nothing be chosen
    /// goes on as it is.
    func chooseCaptureTarget(_ wanted: CaptureTarget) throws {
        let name = "capturetarget"
        guard let widget = try? widgets.get(name, choices: true), let choices = widget.choices,
            let choice = (hasNoCard ? .memory : wanted).choice(among: choices), widget.value != .text(choice)
        else { return }
        _ = try widgets.set(SetWidgetArguments(widgetID: name, value: .text(choice)))
    }

    private var hasNoCard: Bool { (try? storages())?.isEmpty == true }

    private func word(_ name: String) -> String? {
        guard let root = try? camera.widget(named: name).root, case .text(let text) = root.value else { return nil }
        return BodySummary.word(text)
    }
}
