import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// The bodies of a run and the server: six bodies of three makes, the first of which is never disturbed, and a seventh that the
/// server does not know, for the bare program.
struct SoakRig {
    let bodies: BenchmarkBodies
    let server: BenchmarkServer
    let place: SoakPlace
    let witness: SoakBody
    let disturbed: [SoakBody]
    /// The port of the body that the bare program has for itself.
    let barePort: String

    private static let personalities = ["nikon", "nikon", "canon-eos", "canon-eos", "ptp", "ptp", "nikon"]
    private static let served = 6
    private static let object = "OBJECT1.DAT"
    private static let size = 12_000_000

    init(_ programs: Programs, seed: UInt64) throws {
        bodies = try BenchmarkBodies(
            programs,
            Self.personalities.enumerated().map { index, personality in
                var body = BenchmarkBodies.Description()
                body.personality = personality
                body.card.pictures = 3
                body.card.objects = [.init(name: Self.object, size: Self.size)]
                body.shutter_lag_ms = 30
                // A body that waits for its sensor's next frame answers nothing else meanwhile. The witness does not wait.
                body.live_view = .init(width: 320, height: 216, rate: index == 0 ? 0 : 15, frame_bytes: 60_000)
                return body
            })
        let served = Array(bodies.ports.prefix(Self.served))
        server = try BenchmarkServer(programs, bodies: served)
        barePort = bodies.ports[Self.served]
        let place = SoakPlace(
            commandPort: server.commandPort, liveViewPort: server.liveViewPort, downloadPort: server.downloadPort,
            serverProcess: server.processID, control: bodies.control, seed: seed, ledger: SoakLedger())
        self.place = place
        let all = try served.enumerated().map { try Self.describe($0.element, number: $0.offset + 1, place) }
        witness = all[0]
        disturbed = Array(all.dropFirst())
    }

    /// Gets to know a body while it is whole.
    private static func describe(_ port: String, number: Int, _ place: SoakPlace) throws -> SoakBody {
        let client = try SoakClient(place)
        let list = try client.ask(.getCamerasList, Nothing(), CameraList.self)
        guard let camera = list.cameras.first(where: { $0.port == port }) else {
            throw BenchmarkFailure("There is no body at \(port).")
        }
        let reference = CameraReference.named(camera.id.rawValue)
        let session = try client.open(reference)
        let files = try client.ask(
            .listFiles, ListFilesArguments(recurse: true), FileList.self, session: session
        ).files.map { ObjectPath(folder: $0.folder, name: $0.name) }
        guard let object = files.first(where: { $0.name == Self.object }) else {
            throw BenchmarkFailure("\(Self.object) is not on the card of \(camera.name).")
        }
        let transfer = SoakTransfer(place: place, client: client, session: session)
        var progress = try transfer.begin(object)
        try transfer.read(&progress)
        guard progress.received == Int64(size), progress.result?.sha256 == progress.digest else {
            throw BenchmarkFailure("\(Self.object) of \(camera.name) comes with other bytes than the server says.")
        }
        return SoakBody(
            number: number, port: port, camera: reference, name: camera.name, can: Set(camera.can), object: object,
            size: Int64(size), digest: progress.digest, kept: Set(files), condition: BodyCondition())
    }

    // MARK: Rest

    /// Repairs everything, waits until every body is ready and has nothing to do, and for things to settle.
    func rest() throws {
        let control = try BodyControl(port: place.control)
        let client = try SoakClient(place)
        for body in disturbed {
            try control.ask(["do": "repair", "body": body.number])
            try control.ask(["do": "replug", "body": body.number])
            try control.ask(["do": "insert_card", "body": body.number])
        }
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let cameras = try client.ask(.getCamerasList, Nothing(), CameraList.self).cameras
            // One body too many is a body that was taken for another.
            if cameras.count == Self.served,
                cameras.allSatisfy({ $0.state == .ready && $0.sessions == 0 && !$0.liveView && $0.lockedBy == nil })
            {
                break
            }
            guard ContinuousClock.now < deadline else {
                let states = cameras.map { camera in
                    "\(camera.name) \(camera.state), \(camera.sessions) sessions, live view \(camera.liveView)"
                }
                place.ledger.fail("Not at rest 120 s after everything was repaired: \(states)")
                break
            }
            usleep(100_000)
        }
        try tidy()
        // The server gives memory back every 30 s (`MemoryTrim`), a worker when it has been idle for 2 s.
        sleep(35)
    }

    /// Deletes what the clients left on the cards, as one who looks at them all.
    private func tidy() throws {
        for body in [witness] + disturbed {
            let photographer = try Photographer(place, body, name: "tidying")
            photographer.leftovers = 1
            do {
                try photographer.tidy()
                try photographer.download()
            } catch let refusal as Refusal {
                place.ledger.fail("\(body.name), repaired and at rest: \(refusal)")
            }
        }
    }

    /// The files of the server's data folder but for the images that it saved.
    var files: Set<String> {
        Set(names.filter { !$0.hasPrefix(Self.images) })
    }

    /// What is on the disk as an image or is listed as one, and is not both.
    func strayImages() throws -> Set<String> {
        let saved = Set(
            names.filter { name in
                var isFolder: ObjCBool = false
                return name.hasPrefix(Self.images)
                    && FileManager.default.fileExists(
                        atPath: server.dataFolder + "/" + name, isDirectory: &isFolder)
                    && !isFolder.boolValue
            })
        return saved.symmetricDifference(try ListedImages.all(at: place.commandPort).map(\.savedAs))
    }

    private static let images = "images"

    private var names: [String] {
        let names = FileManager.default.enumerator(atPath: server.dataFolder)?.allObjects ?? []
        return names.compactMap { $0 as? String }
    }
}
