import Crypto
import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// What has to be so: what was told is there, what is there is whole and known, nothing is left over, nothing is missing.
final class EndureChecks {
    private let folder: String
    private let told: ToldImages
    private let ledger: SoakLedger
    /// The files whose bytes were compared already.
    private var compared: Set<String> = []

    private static let patience = 300

    init(folder: String, told: ToldImages, ledger: SoakLedger) {
        self.folder = folder
        self.told = told
        self.ledger = ledger
    }

    /// The files under final names, relative to the data folder; hidden ones are not finished. Manifests of shots are none of
    /// them, and have to be whole.
    func files() -> Set<String> {
        var files: Set<String> = []
        for path in paths() where !isHidden(path) {
            guard isManifest(path) else {
                files.insert("images/\(path)")
                continue
            }
            let content = FileManager.default.contents(atPath: "\(top)/\(path)") ?? Data()
            if (try? JSONSerialization.jsonObject(with: content)) == nil {
                ledger.fail("\(path) is no whole manifest.")
            }
        }
        return files
    }

    private var top: String { "\(folder)/images" }

    /// Every file below the folder of images.
    private func paths() -> [String] {
        var paths: [String] = []
        guard let all = FileManager.default.enumerator(atPath: top) else { return paths }
        while let path = all.nextObject() as? String {
            if all.fileAttributes?[.type] as? FileAttributeType == .typeRegular { paths.append(path) }
        }
        return paths
    }

    private func isHidden(_ path: String) -> Bool { path.split(separator: "/").last?.hasPrefix(".") ?? false }

    private func isManifest(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return name.hasPrefix("shot-") && name.hasSuffix(".json")
    }

    /// What a server says that was started after these files were seen, when no server was there: each of them is in its
    /// journal and whole, and so is whatever was told.
    @discardableResult
    func compare(_ files: Set<String>, with server: BenchmarkServer) throws -> [SavedImage] {
        let before = told.all
        let images = try ListedImages.all(at: server.commandPort, patience: Self.patience)
        let byPlace = Dictionary(images.map { ($0.savedAs, $0) }) { first, second in
            ledger.fail("Two images are said to be \(first.savedAs): \(first.number) and \(second.number)")
            return first
        }
        for file in files.sorted() {
            guard let image = byPlace[file] else {
                ledger.fail("\(file) has a final name, and the journal does not know it.")
                continue
            }
            compare(image)
        }
        for (name, place) in before {
            guard let image = byPlace[place.savedAs] else {
                ledger.fail("\(name) was told as saved as \(place.savedAs), and is not in the journal.")
                continue
            }
            if image.sha256 != place.sha256 || image.size != place.size || image.camera.rawValue != name.camera
                || image.name != name.name
            {
                ledger.fail("\(name) was told as \(place), and is in the journal as \(image)")
            }
            compare(image)
        }
        return images
    }

    /// Reads a file, once in a run, and compares it with what the journal says.
    private func compare(_ image: SavedImage) {
        guard compared.insert(image.savedAs).inserted else { return }
        guard let content = FileManager.default.contents(atPath: "\(folder)/\(image.savedAs)") else {
            return ledger.fail("\(image.savedAs) is in the journal, and not on the disk.")
        }
        let digest = SHA256.hash(data: content).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        guard content.count == image.size, digest == image.sha256 else {
            return ledger.fail("\(image.savedAs) has \(content.count) bytes of \(image.size), or other ones.")
        }
    }

    // MARK: The end

    /// When nothing is broken any more: fetches what is missing, and compares everything with the cards. Gives how many images
    /// there are on them.
    func finish(_ server: BenchmarkServer, bodies: Int) throws -> Int {
        try waitUntilReady(server, bodies)
        let connection = try PlainConnection(port: server.commandPort, patience: Self.patience)
        _ = try connection.receive()
        for _ in 0..<5 {
            let fetched = try connection.ask(.fetchImages, GroupTarget.ready, FetchedImages.self).cameras
            ledger.tell(
                "Fetched \(fetched.reduce(0) { $0 + $1.fetched }), known \(fetched.reduce(0) { $0 + $1.known })")
            for camera in fetched where camera.failed > 0 || camera.error != nil {
                ledger.tell("\(camera.id): \(camera.failed) failed, \(camera.error?.message ?? "")")
            }
            if fetched.allSatisfy({ $0.fetched == 0 && $0.failed == 0 && $0.error == nil }) { break }
        }
        // What the journal says goes first: a file gets its name before.
        let images = try ListedImages.all(at: server.commandPort, patience: Self.patience)
        let left = files().subtracting(images.map(\.savedAs))
        for file in left.sorted() { ledger.fail("\(file) has a final name, and the journal does not know it.") }
        try compare(Set(images.map(\.savedAs)), with: server)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/spool")) ?? []
        for name in names { ledger.fail("\(name) is left in the spool.") }
        // Manifests are written behind the images.
        let deadline = ContinuousClock.now + .seconds(60)
        while paths().contains(where: isHidden), ContinuousClock.now < deadline { usleep(50_000) }
        for path in paths() where isHidden(path) { ledger.fail("\(path) is left unfinished.") }
        return try compareWithCards(images, connection, server)
    }

    private func waitUntilReady(_ server: BenchmarkServer, _ bodies: Int) throws {
        let connection = try server.connect()
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let cameras = try connection.ask(.getCamerasList, Nothing(), CameraList.self).cameras
            if cameras.count == bodies, cameras.allSatisfy({ $0.state == .ready }) { return }
            guard ContinuousClock.now < deadline else {
                throw BenchmarkFailure(
                    "Not every body is ready at the end: \(cameras.map { "\($0.name) \($0.state)" })")
            }
            usleep(50_000)
        }
    }

    private func compareWithCards(
        _ images: [SavedImage], _ connection: PlainConnection, _ server: BenchmarkServer
    ) throws -> Int {
        var saved = Dictionary(grouping: images) {
            ToldImages.Name(camera: $0.camera.rawValue, folder: $0.folder, name: $0.name)
        }
        var count = 0
        for camera in try connection.ask(.getCamerasList, Nothing(), CameraList.self).cameras {
            let session = try connection.open(.named(camera.id.rawValue))
            var after: ObjectPath?
            repeat {
                let page = try connection.ask(
                    .listFiles, ListFilesArguments(recurse: true, after: after), FileList.self, session: session)
                for file in page.files {
                    count += 1
                    let name = ToldImages.Name(camera: camera.id.rawValue, folder: file.folder, name: file.name)
                    let copies = saved.removeValue(forKey: name) ?? []
                    guard copies.count == 1 else {
                        ledger.fail("\(name) is saved \(copies.count) times: \(copies.map(\.savedAs))")
                        continue
                    }
                    let digest = try Transfer.digest(
                        of: ObjectArguments(folder: file.folder, name: file.name), connection, session,
                        from: server.downloadPort)
                    if digest != copies[0].sha256 { ledger.fail("\(name) is another image on its card.") }
                }
                after = page.more ? page.files.last.map { ObjectPath(folder: $0.folder, name: $0.name) } : nil
            } while after != nil
            _ = try connection.ask(.closeSession, Nothing(), Nothing.self, session: session)
        }
        for name in saved.keys { ledger.fail("\(name) is saved, and on no card.") }
        return count
    }
}
