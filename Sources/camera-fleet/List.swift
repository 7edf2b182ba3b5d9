import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows the bodies of the fleet.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the cameras of the fleet.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let cameras = try await connection.cameras()
            if output.json { return try await Output.json(CameraList(cameras: cameras)) }
            guard !cameras.isEmpty else { return Output.complain("The fleet has no camera yet.") }
            var table = Table([
                .init(heading: "#", widest: 5, alignsRight: true), .init(heading: "NAME", widest: 20),
                .init(heading: "MODEL", widest: 24), .init(heading: "SERIAL", widest: 16),
                .init(heading: "BATTERY", widest: 7, alignsRight: true), .init(heading: "STATE", widest: 10),
            ])
            for camera in cameras {
                table.add([
                    "\(camera.cameraNumber)", camera.name, camera.model.isEmpty ? "-" : camera.model,
                    camera.serial ?? "-",
                    camera.battery.map { "\($0)%" } ?? "-", camera.state.rawValue,
                ])
            }
            for line in table.lines { try await Output.line(line) }
            for camera in cameras {
                guard let error = camera.error else { continue }
                try await Output.line(printable("\(camera.name): \(error.message)"))
            }
        }
    }
}
