import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// Commands of the user's after images and shots.
@Suite(.timeLimit(.minutes(1)))
struct HookTests {
    private let log = KeptLog()
    private static let environment = ["PATH": "/usr/bin:/bin"]

    /// Runs hooks for as long as a test takes, on a rig of bodies whose images are saved. `script` is the text of both.
    private func run(
        _ dialects: [Dialect] = [.nikon], limits: HookService.Limits = HookService.Limits(), script: String,
        _ test: (GroupRig) async throws -> Void
    ) async throws {
        try await GroupRig.run(dialects, saving: SavingPolicy()) { rig in
            let hook = Hook(file: try await rig.folder.script("hook", script), arguments: ["of mine"])
            let hooks = HookService(
                registry: rig.fleet.server.registry, folder: rig.folder.path, onImage: hook, onShot: hook,
                limits: limits, environment: Self.environment, logger: log.logger)
            let running = Task { try await hooks.run() }
            do {
                try await test(rig)
            } catch {
                running.cancel()
                throw error
            }
            running.cancel()
            try await running.value
        }
    }

    private func text(_ name: String, _ rig: GroupRig) -> String {
        (try? String(contentsOfFile: "\(rig.folder.path)/\(name)", encoding: .utf8)) ?? ""
    }

    private func json(_ name: String, _ rig: GroupRig) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text(name, rig).utf8))
    }

    private func image(_ number: Int64, shot: Int64? = nil) -> FleetEvent {
        .imageSaved(
            SavedImage(
                number: number, camera: BodyID(rawValue: "a"), folder: "/", name: "A.JPG", savedAs: "images/\(number)",
                size: 1, sha256: "0", time: 0, shot: shot))
    }

    @Test("Hooks are told what image_saved and shot_complete say, and where the images are, in the data folder")
    func told() async throws {
        let script = """
            name=shot; [ $# -gt 2 ] && name="image$4"
            for word in "$@"; do echo "$word"; done > "$name.arguments"
            cat /dev/stdin > "$name.input"; pwd > "$name.folder.new"; mv "$name.folder.new" "$name.folder"
            """
        try await run([.nikon, .canonEOS], script: script) { rig in
            let watcher = try await rig.watcher("image_saved", "shot_complete")
            let number = try #require(try await rig.ask(0x0932, "{\"cameras\":[2]}").json["shot"].integer)
            let saved = try await watcher.packet { $0.code == 0xC002 }.json
            let complete = try await watcher.packet { $0.code == 0xC004 }.json
            let place = try #require(saved["saved_as"].string)
            let path = "\(rig.folder.path)/\(place)"
            #expect(FileManager.default.fileExists(atPath: path))
            try await waitUntil("both ran") {
                !text("image\(number).folder", rig).isEmpty && !text("shot.folder", rig).isEmpty
            }
            #expect(
                text("image\(number).arguments", rig)
                    == "of mine\n\(path)\n\(saved["camera"].string ?? "")\n\(number)\n")
            #expect(text("shot.arguments", rig) == "of mine\n\(number)\n")
            let folder = URL(fileURLWithPath: rig.folder.path).resolvingSymlinksInPath().path
            #expect(text("shot.folder", rig) == folder + "\n")

            let ofImage = try json("image\(number).input", rig)
            #expect(ofImage["path"].string == path && ofImage.keys == saved.keys.union(["path"]))
            for key in saved.keys { #expect(ofImage[key] == saved[key]) }
            let ofShot = try json("shot.input", rig)
            for key in complete.keys where key != "cameras" { #expect(ofShot[key] == complete[key]) }
            let (told, known) = (ofShot["cameras"][0], complete["cameras"][0])
            for key in known.keys where key != "images" { #expect(told[key] == known[key]) }
            #expect(told["images"][0]["path"].string == path)
            for key in known["images"][0].keys { #expect(told["images"][0][key] == known["images"][0][key]) }

            let session = try await rig.client.open(1)
            _ = try await rig.client.ask(0x0002, session: session)
            let plain = try await watcher.packet { $0.code == 0xC002 }.json
            try await waitUntil("an image without a shot was told") { !text("image.folder", rig).isEmpty }
            #expect(try json("image.input", rig)["name"] == plain["name"])
        }
    }

    @Test("A hook that fails is logged with its last words and harms nobody; a shot that was given up has none")
    func failing() async throws {
        let script =
            "i=0; while [ $i -lt 2000 ]; do echo word$i; i=$((i+1)); done; printf 'no\\033 room\\n' >&2; exit 3"
        try await run(script: script) { rig in
            let shot = try await rig.arm()
            #expect(try await rig.ask(0x0935, "{\"shot\":\(shot)}").code == 0x2001)
            let answer = try await rig.ask(0x0932, "{\"download\":true}")
            #expect(answer.json["state"].string == "complete", "\(answer.told)")
            try await waitUntil("both failed") { log.lines.count >= 2 }
            for line in log.lines {
                #expect(line.hasPrefix("warning hook failed code=3 ") && line.hasSuffix(" no room"), "\(line)")
                #expect(line.contains("word1999") && !line.contains("word1000") && line.utf8.count < 4600)
            }
            #expect(!log.lines.contains { $0.contains(" of=shot \(shot) ") })
            #expect(log.lines.contains { $0.contains(" of=shot ") } && log.lines.contains { $0.contains("of=images/") })
        }
    }

    @Test("A hook that takes too long is asked to end; one that does not is killed with all that it started")
    func tooLong() async throws {
        let script = """
            [ "$3" = a ] || exit 0
            if [ "$4" = 1 ]; then
                trap 'echo asked > asked; exit 0' TERM; tail -f /dev/null & wait
            fi
            trap '' TERM; echo $$ > parent; tail -f /dev/null & echo $! > child; wait
            """
        let limits = HookService.Limits(time: .seconds(2))
        try await run(limits: limits, script: script) { rig in
            rig.fleet.server.registry.events.publish(image(1, shot: 1))
            rig.fleet.server.registry.events.publish(image(2, shot: 2))
            try await waitUntil("both are over") { log.lines.count >= 2 }
            #expect(log.lines.allSatisfy { $0.hasPrefix("warning hook was ended hook=") }, "\(log.lines)")
            #expect(text("asked", rig) == "asked\n")
            for name in ["parent", "child"] {
                let process = try #require(Int32(text(name, rig).dropLast()))
                try await waitUntil("\(name) is gone") { TestFleet.isGone(process) }
            }
        }
    }

    @Test("One hook more than may wait is not run and counted, and no more run at one time than may")
    func bounds() async throws {
        // The first waits until the gate is open.
        let script = """
            echo "$4" >> ran
            if ! [ -e open ]; then cat gate > read; fi
            mkdir running || echo together >> together
            rmdir running
            """
        try await run(limits: HookService.Limits(atOnce: 1, waiting: 3), script: script) { rig in
            let events = rig.fleet.server.registry.events
            #expect(try await Command.run("/usr/bin/mkfifo", ["\(rig.folder.path)/gate"]).code == 0)
            events.publish(image(1, shot: 1))
            try await waitUntil("the first runs") { text("ran", rig) == "1\n" }
            for number in 2...40 { events.publish(image(Int64(number), shot: Int64(number))) }
            let open = try await Command.run(
                "/bin/sh", ["-c", "cd \"$0\" && touch open && echo go > gate", rig.folder.path])
            #expect(open.code == 0)
            func ran() -> [Int] { text("ran", rig).split(separator: "\n").compactMap { Int($0) } }
            try await waitUntil("those that waited ran") { ran().count >= 4 && !log.lines.isEmpty }
            events.publish(image(41, shot: 41))
            try await waitUntil("the last ran") { ran().last == 41 }
            // One may have been on its way from the queue to its place.
            #expect(ran().prefix(4) == [1, 2, 3, 4] && (5...6).contains(ran().count), "\(ran())")
            #expect(text("together", rig).isEmpty)
            let told = log.lines.filter { $0.contains("hooks not run") }
            #expect(told == ["warning \(Self.notRun) count=\(41 - ran().count)"], "\(log.lines)")
        }
    }

    private static let notRun = "hooks not run: too many waited; have them do less, or let more run at one time"

    @Test("A hook that reads nothing of much that it is told does the server no harm")
    func unread() async throws {
        try await run(script: "exec 0<&-; echo \"$2\" >> ran") { rig in
            var camera = ShotCamera(id: BodyID(rawValue: "a"), cameraNumber: 1, state: .complete)
            let name = String(repeating: "n", count: 200)
            let image = CapturedImage(folder: "/\(name)", name: name, size: 1)
            camera.images = Array(repeating: ShotImage(image), count: 2_000)
            var shot = Shot(number: 7, state: .complete, cameras: [camera])
            shot.firedAt = 1
            for _ in 0..<3 { rig.fleet.server.registry.events.publish(.shotComplete(shot)) }
            try await waitUntil("all ran") { text("ran", rig) == "7\n7\n7\n" }
            #expect(try await rig.ask(0x0932, "{\"download\":true}").json["state"].string == "complete")
        }
    }
}
