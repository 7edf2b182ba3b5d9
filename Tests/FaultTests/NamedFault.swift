import Fleet
import FleetTesting
import PacketServer
import Testing
import VirtualCamera

/// Something that goes wrong at a rig, by the name that a photographer would give it, and who is told what.
///
/// Each is played on a stage of its own with two bodies: the first has the fault, the second a witness who works with it
/// all the while and must not notice anything.
struct NamedFault: Sendable, CustomTestStringConvertible {
    /// What goes wrong, in words.
    let name: String
    /// The body that it befalls.
    let body: VirtualBodyDescription
    let limits: FleetLimits
    let portLimits: PortLimits
    /// Whether the workers are programs that the scene breaks (see `BreakableWorker`).
    let breaksWorker: Bool
    /// Breaks things, and looks at what everybody is told.
    let scene: @Sendable (Stage) async throws -> Void

    init(
        _ name: String, on dialect: VirtualBodyDescription.Dialect, limits: FleetLimits = FleetLimits(),
        portLimits: PortLimits = PortLimits(), breaksWorker: Bool = false,
        adjust: (inout VirtualBodyDescription) -> Void = { _ in },
        scene: @escaping @Sendable (Stage) async throws -> Void
    ) {
        self.name = name
        var body = VirtualBodyDescription(dialect: dialect, index: 1)
        body.shutterLag = .milliseconds(5)
        body.pictures = 1
        adjust(&body)
        self.body = body
        self.limits = limits
        self.portLimits = portLimits
        self.breaksWorker = breaksWorker
        self.scene = scene
    }

    var testDescription: String { name }

    /// Every one.
    static let all =
        ofTheCable + ofTheBody + ofTheCard + ofItsAnswers + ofItsPackets + ofTheWorker + ofTheDisk + ofTheClient
}

extension FleetLimits {
    /// Limits that are other than the page's.
    static func but(_ change: (inout FleetLimits) -> Void) -> FleetLimits {
        var limits = FleetLimits()
        change(&limits)
        return limits
    }
}

extension PortLimits {
    /// Limits that are other than the page's.
    static func but(_ change: (inout PortLimits) -> Void) -> PortLimits {
        var limits = PortLimits()
        change(&limits)
        return limits
    }
}
