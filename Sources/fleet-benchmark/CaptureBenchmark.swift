import ArgumentParser
import FleetModel
import Foundation
import PacketProtocol

/// A picture taken and downloaded, against the gphoto2 command.
struct CaptureBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Take a picture and download it, against gphoto2 --capture-image-and-download.")

    @OptionGroup var common: CommonOptions

    func measure(with programs: Programs) async throws -> [Finding] {
        try ["nikon", "canon-eos", "ptp"].map { try measure($0, with: programs) }
    }

    private func measure(_ personality: String, with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.personality = personality
        // What a shutter takes is the same on both sides, and not what is measured.
        body.shutter_lag_ms = 0
        let bodies = try BenchmarkBodies(programs, [body, body])
        let server = try BenchmarkServer(programs, bodies: [bodies.ports[0]])
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        var fleet: [Double] = []
        var peer: [Double] = []
        for round in 0...common.rounds {
            let start = ContinuousClock.now
            let images = try connection.ask(
                .captureImage, CaptureImageArguments(), CapturedImages.self, session: session)
            for image in images.images {
                let object = ObjectArguments(folder: image.folder, name: image.name)
                _ = try Transfer.download(object, connection, session, from: server.downloadPort)
            }
            let own = start.duration(to: .now) / .milliseconds(1)
            let other = try gphoto2(bodies.ports[1])
            if round > 0 {
                fleet.append(own)
                peer.append(other)
            }
        }
        let (own, other) = (Samples(fleet), Samples(peer))
        return Finding(
            "CAPTURE_IMAGE and the download of its image, \(personality) body without shutter lag",
            figures: [.init("fleet", "ms", own), .init("gphoto2", "ms", other)],
            bounds: [.atMost(0.3, "fleet / gphoto2 --capture-image-and-download", own.median / other.median)])
    }

    /// Milliseconds of gphoto2 as a process.
    private func gphoto2(_ port: String) throws -> Double {
        let folder = try TemporaryFolder()
        let start = ContinuousClock.now
        let program = try RunningProgram(
            "/usr/bin/env",
            [
                "gphoto2", "--port", port, "--capture-image-and-download", "--force-overwrite", "--filename",
                "\(folder.path)/image.jpg",
            ], environment: ["HOME": folder.path], isQuiet: true)
        let (output, code) = try program.finish(within: 60)
        let time = start.duration(to: .now) / .milliseconds(1)
        guard code == 0, FileManager.default.fileExists(atPath: "\(folder.path)/image.jpg") else {
            throw BenchmarkFailure("gphoto2 took no picture (it should be installed): \(output)")
        }
        return time
    }
}
