import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// Where bodies put what they take (`serve --capture-to`).
@Suite struct CaptureTargetTests {
    @Test("What bodies keep in their memory alone is saved as it comes, and their cards stay as they were")
    func memory() async throws {
        let dialects = Dialect.withMemory
        try await GroupRig.run(dialects, saving: SavingPolicy(captureTarget: .memory)) { rig in
            let watcher = try await rig.watcher("image_saved")
            let cards = rig.bodies.map(\.filePaths)
            let shot = try await rig.ask(0x0932).json
            #expect(shot["state"].string == "complete", "\(shot)")
            for camera in 1...dialects.count {
                let session = try await rig.client.open(camera)
                let images = try await rig.client.ask(0x0002, session: session, "{\"download\":true}").json["images"]
                #expect(images[0]["folder"].string == "/" && images[0]["saved_as"].string != nil, "\(images)")
            }
            for _ in 0..<dialects.count * 2 {
                let saved = try await watcher.packet().json
                let path = "\(rig.folder.path)/\(saved["saved_as"].string ?? "")"
                let content = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(content.count == saved["size"].integer && content.starts(with: [0xFF, 0xD8]))
            }
            #expect(rig.bodies.map(\.filePaths) == cards)
        }
    }

    @Test(
        "What a body kept in its memory alone is saved also when its worker dies before", arguments: Dialect.withMemory)
    func deadWorker(dialect: Dialect) async throws {
        let saving = SavingPolicy(captureTarget: .memory)
        try await GroupRig.run([dialect], saving: saving) { rig in
            let watcher = try await rig.watcher("object_added", "image_saved")
            let session = try await rig.client.open(1)
            var names: Set<String> = []
            for _ in 0..<4 {
                let images = try await rig.client.ask(0x0002, session: session).json["images"]
                #expect(images[0]["folder"].string == "/")
                names.insert(images[0]["name"].string ?? "")
            }
            try rig.fleet.killWorker(of: 0)
            var saved: Set<String> = []
            for _ in 0..<4 {
                saved.insert(try await watcher.packet { $0.code == 0xC002 }.json["name"].string ?? "")
            }
            #expect(names.count == 4 && saved == names)
            // The driver begins to count anew: an image of a name that was there is another image.
            try await waitUntil("the body takes pictures again") {
                try await rig.client.ask(0x0002, session: session, "{\"download\":true}").code == 0x2001
            }
            let images = try await rig.ask(0x0961).json["images"].array
            #expect(images.count == 5 && Set(images.compactMap { $0["saved_as"].string }).count == 5)
        }
    }

    @Test(
        "A body that comes to a group, or leaves it, puts its images where that group's go, also once it is opened anew"
    )
    func groups() async throws {
        let dialects: [Dialect] = [.nikon, .canonEOS]
        let saving = SavingPolicy(captureTargetOfGroup: ["ring": .memory])
        try await GroupRig.run(dialects, saving: saving) { rig in
            for camera in 1...dialects.count {
                let session = try await rig.client.open(camera)
                func folder() async throws -> String? {
                    try await rig.client.ask(0x0002, session: session).json["images"][0]["folder"].string
                }
                #expect(try await folder()?.hasPrefix("/store") == true)
                _ = try await rig.ask(0x0920, "{\"camera\":\(camera),\"groups\":[\"ring\"]}")
                try await waitUntil("camera \(camera) takes to its memory") { try await folder() == "/" }
                #expect(try await rig.client.ask(0x000A, session: session).code == 0x2001)
                #expect(try await folder() == "/")
                _ = try await rig.ask(0x0920, "{\"camera\":\(camera),\"groups\":[]}")
                try await waitUntil("camera \(camera) takes to its card") {
                    try await folder()?.hasPrefix("/store") == true
                }
            }
        }
    }

    @Test(
        "A body without a card keeps its images in its memory, wherever they are to go, and one that cannot choose goes on"
    )
    func without() async throws {
        try await GroupRig.run(
            [.nikon, .ptp], saving: SavingPolicy(captureTarget: .both), { $0[0].hasCard = false }
        ) { rig in
            let shot = try await rig.ask(0x0932, "{\"download\":true}").json
            #expect(shot["state"].string == "complete", "\(shot)")
            let folders = shot["cameras"].array.map { $0["images"][0]["folder"].string }
            #expect(folders[0] == "/" && folders[1]?.hasPrefix("/store") == true, "\(folders)")
        }
    }

    @Test("The choice is made among what libgphoto2 calls it, of any maker")
    func choices() {
        let common = ["Internal RAM", "Memory card"]
        let sony = ["sdram", "card", "card+sdram"]
        #expect(
            CaptureTarget.allCases.map { $0.choice(among: common) } == ["Memory card", "Internal RAM", "Memory card"])
        #expect(CaptureTarget.allCases.map { $0.choice(among: sony) } == ["card", "sdram", "card+sdram"])
        #expect(CaptureTarget.allCases.map { $0.choice(among: ["Somewhere"]) } == [nil, nil, nil])
    }
}
