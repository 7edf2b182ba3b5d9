import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows before a shot whether every body is ready for it.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show before a shot who is ready, with battery and free frames, and who differs in what.")

    /// The settings in which the bodies of a rig should not differ, in the words of the makers' drivers.
    private static let settings = [
        "cameramodel", "lensname", "expprogram", "autoexposuremode", "exposuremode", "shutterspeed", "f-number",
        "aperture", "iso", "whitebalance", "imagequality", "imageformat", "imagesize", "focusmode", "capturetarget",
        "datetime",
    ]

    @OptionGroup var selection: GroupSelection
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let cameras = try await selected(in: connection)
            guard !cameras.isEmpty else { throw Failure("There is no camera for it.") }
            let checks = try await sideBySide(cameras) { await CameraCheck($0, in: connection) }
            let differences = try await connection.compareCameras(
                CompareCamerasArguments(
                    target: .cameras(cameras.map { .named($0.id.rawValue) }), widgets: Self.settings)
            )
            // A server of an older version has no such command.
            let disk = try? await connection.disk()
            if output.json {
                try await Output.json(CameraChecks(cameras: checks, differences: differences, disk: disk))
            } else {
                try await tell(checks)
                if let disk { try await Output.line(disk.sentence) }
                for widget in differences { try await tell(widget, checks) }
            }
            if checks.contains(where: { !$0.isReady }) { throw ExitCode.failure }
        }
    }

    private func selected(in connection: FleetConnection) async throws -> [CameraInfo] {
        let all = try await connection.cameras()
        switch try await selection.target(in: connection) {
        case .ready: return all
        case .group(let group): return all.filter { $0.groups.contains(group) }
        case .cameras(let references):
            return try references.map { reference in
                guard let camera = all.first(where: { $0.answers(to: reference) }) else {
                    throw Failure("No camera is called \(reference).")
                }
                return camera
            }
        }
    }

    private func tell(_ checks: [CameraCheck]) async throws {
        var table = Table([
            .init(heading: "#", widest: 5, alignsRight: true), .init(heading: "NAME", widest: 20),
            .init(heading: "MODEL", widest: 24), .init(heading: "STATE", widest: 10),
            .init(heading: "BATTERY", widest: 7, alignsRight: true),
            .init(heading: "FRAMES", widest: 9, alignsRight: true),
            .init(heading: "FREE", widest: 9, alignsRight: true),
        ])
        for check in checks {
            table.add([
                "\(check.cameraNumber)", check.name, check.model, check.state.rawValue,
                check.battery.map { "\($0)%" } ?? "-", check.freeImages.map { "\($0)" } ?? "-",
                check.freeBytes.map(readableSize) ?? "-",
            ])
        }
        for line in table.lines { try await Output.line(line) }
        for check in checks {
            if let error = check.error { Output.complain(printable("\(check.name): \(error.message)")) }
        }
        try await Output.line("ready: \(checks.count(where: \.isReady)) of \(checks.count)")
    }
}

extension Check {
    /// Who has which value of a setting in which they differ.
    private func tell(_ widget: ComparedWidget, _ checks: [CameraCheck]) async throws {
        var owners: [String: [String]] = [:]
        for check in checks {
            let value = widget.values[check.id.rawValue].map { widget.text(of: $0) } ?? "none"
            owners[value, default: []].append(check.name)
        }
        let groups = owners.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
        let words = groups.map { value, names in
            names.count > 4 ? "\(value) (\(names.count) cameras)" : "\(value) (\(names.joined(separator: ", ")))"
        }
        try await Output.line(printable("they differ in \(widget.label): \(words.joined(separator: "; "))"))
    }
}

/// The JSON of `check`.
private struct CameraChecks: Encodable {
    var cameras: [CameraCheck]
    var differences: [ComparedWidget]
    var disk: DiskRoom?
}

/// What a body says before a shot.
struct CameraCheck: Sendable, Encodable {
    var id: BodyID
    var cameraNumber: Int
    var name: String
    var model: String
    var state: BodyState
    /// Whether it can be armed, as far as is known.
    var isReady: Bool
    var battery: Int?
    /// How many images fit on its cards together, and how many bytes.
    var freeImages: Int64?
    var freeBytes: Int64?
    var error: ErrorDescription?

    enum CodingKeys: String, CodingKey {
        case id, cameraNumber = "camera_number", name, model, state, isReady = "ready", battery
        case freeImages = "free_images", freeBytes = "free", error
    }

    init(_ camera: CameraInfo, in connection: FleetConnection) async {
        id = camera.id
        cameraNumber = camera.cameraNumber
        name = camera.name
        model = camera.model
        state = camera.state
        battery = camera.battery
        error = camera.error
        isReady = camera.state == .ready && camera.can.contains(.arm)
        guard isReady else {
            if camera.state == .ready {
                error = ErrorDescription(
                    FleetError(.operationNotSupported, "It cannot be released without waiting for its image."))
            }
            return
        }
        do throws(FleetClientError) {
            let session = try await connection.openSession(on: .named(camera.id.rawValue))
            let storages = try await session.storages()
            freeImages = Self.sum(storages.map(\.freeImages))
            freeBytes = Self.sum(storages.map(\.free))
            try await session.close()
        } catch {
            isReady = false
            self.error = ErrorDescription(error.fleetError)
        }
    }

    private static func sum(_ numbers: [Int64?]) -> Int64? {
        let known = numbers.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
    }
}

extension CameraInfo {
    /// Whether it is what a command line means.
    fileprivate func answers(to reference: CameraReference) -> Bool {
        switch reference {
        case .number(let number): cameraNumber == number
        case .named(let name): id.rawValue == name || self.name == name
        }
    }
}
