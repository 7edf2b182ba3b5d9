import ArgumentParser
import Fleet
import FleetModel
import FoundationEssentials
import Hotplug
import NIOConcurrencyHelpers
import PacketClient

/// Looks at the machine, without the server, and says what keeps bodies from working.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine, and say what keeps cameras from working and what to type.",
        discussion: """
            It changes nothing, and needs no server; of one that runs (--server) it tells the cameras in fault. Run it as the \
            user who runs the server. The exit code is 0 where there is no problem, and 1 where there is one.
            """)

    @Option(help: "The server's data folder, where it is not the usual one.")
    var data: String?

    @Flag(help: "Leave out what is as it should be.")
    var quiet = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let machine = Machine()
        var findings: [Finding] = []
        var devices: [UsbDevice] = []
        do throws(HotplugError) {
            devices = try UsbDevice.all()
        } catch {
            findings.append(.problem("bodies", "\(error)", remedy: nil))
        }
        let knowledge = await knowledge()
        let bodies = UsbScan(machine: machine, devices: devices, models: knowledge?.models ?? .none).bodies
        findings += checks(bodies, knowledge?.version).flatMap { $0.findings(on: machine) }
        findings += ServerCheck(answer: await askServer()).findings(on: machine)
        let problems = findings.count { $0.level == .problem }
        if quiet { findings.removeAll { $0.level == .ok } }
        if output.json {
            try await Output.json(Examination(problems: problems, findings: findings))
        } else {
            for finding in findings {
                for line in finding.lines { try await Output.line(printable(line)) }
            }
            let count = problems == 1 ? "1 problem" : "\(problems) problems"
            try await Output.line(problems == 0 ? "No problem was found." : "\(count) to put right.")
        }
        guard problems == 0 else { throw ExitCode.failure }
    }

    private func checks(_ bodies: [SeenBody], _ driverVersion: String?) -> [any MachineCheck] {
        let user = MachineUser.current
        let cameras = bodies.count { $0.kind == .camera }
        var checks: [any MachineCheck] = [
            BodiesCheck(bodies: bodies, user: user), SerialCheck(bodies: bodies), AccessRulesCheck(user: user),
            DesktopCheck(home: ProcessInfo.processInfo.environment["HOME"]), UsbMemoryCheck(bodies: cameras),
            ControllerCheck(bodies: bodies), KernelLogCheck(), AutosuspendCheck(bodies: bodies),
            DriverVersionCheck(version: driverVersion),
            RealtimeCheck.tried(), PreemptionCheck(), DescriptorCheck.current(bodies: cameras),
        ]
        if let folder = try? DataFolder(data, commandPort: 5555, isVirtual: false) {
            checks.append(DataFolderCheck(folder: folder.path))
        }
        return checks
    }

    /// What the workers' libgphoto2 knows; nil where none can be asked.
    private func knowledge() async -> DriverKnowledge? {
        guard let worker = try? Sibling.program("body-worker") else { return nil }
        let home = FileManager.default.temporaryDirectory.path
        let homes = "\(home)/camera-fleet-doctor-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: homes) }
        let launcher = WorkerLauncher(executable: worker, homes: homes, guid: String(repeating: "0", count: 32))
        return try? await launcher.knownModels()
    }

    private func askServer() async -> ServerCheck.Answer {
        let cameras = NIOLockedValueBox<[CameraInfo]>([])
        do {
            try await server.withConnection { connection in
                let list = try await connection.cameras()
                cameras.withLockedValue { $0 = list }
            }
            return .cameras(cameras.withLockedValue { $0 })
        } catch FleetClientError.unreachable where !server.isNamed {
            return .notRunning
        } catch {
            return .failure("\(error)")
        }
    }
}

/// The JSON of `doctor`.
private struct Examination: Encodable {
    var problems: Int
    var findings: [Finding]
}

extension Finding {
    /// The lines that a person reads.
    fileprivate var lines: [String] {
        let label = level.rawValue + String(repeating: " ", count: 9 - level.rawValue.count)
        return ["\(label)\(message)"] + (remedy.map { ["         -> \($0)"] } ?? [])
    }
}
