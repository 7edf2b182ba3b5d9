import FleetModel
import FleetTesting
import Foundation
import Testing

/// `images` and `images export`, against the server, with images of bodies that are away.
@Suite("Saved images on this machine", .timeLimit(.minutes(2)))
struct ExportTests {
    private let folder = TemporaryFolder()
    private static let longName = String(repeating: "lang-", count: 30) + "ü.JPG"

    private func withImages(
        _ images: [SavedImages.Image], _ work: (_ address: String, _ saved: [SavedImage]) async throws -> Void
    ) async throws {
        let saved = try await SavedImages.save(images, in: "\(folder.path)/data")
        let (server, address) = try await RunningServer.start([], data: "\(folder.path)/data")
        try await work(address, saved)
        server.signal(SIGTERM)
        #expect(await server.wait().code == 0)
    }

    private func some() -> [SavedImages.Image] {
        let other = BodyID(rawValue: "camera-2")
        return [
            .init("A.JPG", size: 3_000_001, shot: 1, time: 1_700_000_000_000_000_000),
            .init("A.JPG", size: 20, camera: other, shot: 1, time: 1_700_000_001_000_000_000),
            .init(Self.longName, size: 512, shot: 2, time: 1_700_000_002_000_000_000),
            .init("EMPTY.JPG", size: 0, shot: 2, time: 1_700_086_400_000_000_000),
        ]
    }

    /// Every file below the folder of exports, with its content, hidden ones too.
    private func exported(_ name: String = "out") -> [String: Data] {
        let root = "\(folder.path)/\(name)"
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        var files: [String: Data] = [:]
        for path in paths {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
            if !isFolder.boolValue { files[path] = FileManager.default.contents(atPath: "\(root)/\(path)") }
        }
        return files
    }

    private func contents(_ images: some Sequence<SavedImage>) -> [String: Data] {
        Dictionary(
            uniqueKeysWithValues: images.map {
                ($0.savedAs, FileManager.default.contents(atPath: "\(folder.path)/data/\($0.savedAs)") ?? Data())
            })
    }

    /// What `--json` printed.
    private func outcome(_ run: Command.Result) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? NSDictionary)
    }

    @Test("All go to a folder under the places that they have on the server, and a second time nothing has to come")
    func wholeFolder() async throws {
        try await withImages(some()) { address, saved in
            let arguments = ["images", "export", "--to", "\(folder.path)/out"]
            let run = try await RunningServer.run(arguments, address)
            #expect(run.code == 0 && run.errors == "4 images exported (3.0 MB), 0 were there already.\n", "\(run)")
            #expect(exported() == contents(saved))
            let again = try await RunningServer.run(arguments + ["--json"], address)
            #expect(again.code == 0)
            #expect(try outcome(again) == ["bytes": 0, "exported": 0, "failed": [], "present": 4], "\(again)")
        }
    }

    @Test("Those of a shot, of a time, or of some numbers")
    func selections() async throws {
        try await withImages(some()) { address, saved in
            for (name, arguments, wanted) in [
                ("shot", ["images", "export", "--shot", "1"], [0, 1]), ("shots", ["shots", "export", "2"], [2, 3]),
                ("numbers", ["images", "export", "4", "1"], [0, 3]),
                ("since", ["images", "export", "--since", "1700000001000000000", "--until", "2023-11-15Z"], [1, 2]),
            ] as [(String, [String], [Int])] {
                let run = try await RunningServer.run(arguments + ["--to", "\(folder.path)/\(name)"], address)
                #expect(run.code == 0, "\(run)")
                #expect(exported(name) == contents(wanted.map { saved[$0] }), "\(name)")
            }
            let none = try await RunningServer.run(["shots", "export", "9", "--to", "\(folder.path)/none"], address)
            #expect(none.code == 1 && exported("none").isEmpty)
            let unknown = try await RunningServer.run(
                ["images", "export", "77", "2", "--to", "\(folder.path)/77"], address)
            #expect(unknown.code == 1 && unknown.errors.contains("No image 77 is saved"), "\(unknown)")
            #expect(exported("77") == contents([saved[1]]))
        }
    }

    @Test("A list can be narrowed by time, and goes over more than one page")
    func listing() async throws {
        let images = (1...30).map {
            SavedImages.Image("\($0).JPG", size: 1, time: 1_700_000_000_000_000_000 + Int64($0) * 1_000_000_000)
        }
        try await withImages(images) { address, _ in
            func count(_ arguments: String...) async throws -> Int {
                let run = try await RunningServer.run(["images", "--json"] + arguments, address)
                #expect(run.code == 0, "\(run)")
                return run.output.components(separatedBy: "\"image\":").count - 1
            }
            #expect(try await count() == 20)
            #expect(try await count("--limit", "100") == 30)
            #expect(try await count("--since", "2023-11-14T22:13:45Z") == 6)
            #expect(try await count("--until", "2023-11-14T22:13:45Z", "--limit", "100") == 24)
            #expect(try await count("--before", "4") == 3)
            let table = try await RunningServer.run(["images", "--limit", "1"], address)
            #expect(table.output.contains("images/camera-1/30.JPG"), "\(table)")
        }
    }

    @Test("What is there and is another file stays as it is; what is missing or changed on the server is told")
    func failures() async throws {
        try await withImages(some()) { address, saved in
            let mine = "\(folder.path)/out/\(saved[1].savedAs)"
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/out/images/camera-2", withIntermediateDirectories: true)
            // The size of the image, and another content.
            try Data(repeating: 7, count: 20).write(to: URL(fileURLWithPath: mine))
            try FileManager.default.removeItem(atPath: "\(folder.path)/data/\(saved[3].savedAs)")
            let path = "\(folder.path)/data/\(saved[0].savedAs)"
            var changed = try #require(FileManager.default.contents(atPath: path))
            changed[2_999_999] ^= 1
            try changed.write(to: URL(fileURLWithPath: path))

            let run = try await RunningServer.run(
                ["images", "export", "--to", "\(folder.path)/out", "--json"], address)
            #expect(run.code == 1)
            #expect(try outcome(run) == ["bytes": 512, "exported": 1, "failed": [4, 2, 1], "present": 0], "\(run)")
            #expect(run.errors.contains("is there already, and is another file"))
            #expect(run.errors.contains("is not there any more") && run.errors.contains("was changed"))
            let left = [saved[1].savedAs: Data(repeating: 7, count: 20)]
            #expect(exported() == contents([saved[2]]).merging(left) { $1 })
        }
    }

    @Test("An export that is cut leaves no half file under a final name, and is taken up again")
    func cut() async throws {
        try await withImages([.init("A.NEF", size: 200 << 20), .init("B.JPG", size: 1000)]) { address, saved in
            let arguments = ["images", "export", "--to", "\(folder.path)/out", "--server", address]
            for signal in [SIGINT, SIGKILL] {
                let export = try Command(Programs.path("camera-fleet"), arguments)
                // The newer one is there by then.
                try await waitUntil("the large image has begun to come") {
                    let names = try? FileManager.default.contentsOfDirectory(
                        atPath: "\(folder.path)/out/images/camera-1")
                    return names?.contains("B.JPG") ?? false && names?.contains { $0.hasSuffix(".part") } ?? false
                }
                export.signal(signal)
                #expect(await export.wait().code == (signal == SIGINT ? 130 : -SIGKILL))
                let names = exported().keys
                #expect(names.contains(saved[1].savedAs) && !names.contains(saved[0].savedAs))
                if signal == SIGINT { #expect(names.count == 1) }
            }
            let run = try await RunningServer.run(Array(arguments.dropLast(2)) + ["--json"], address)
            #expect(run.output.contains("\"exported\":1") && run.output.contains("\"present\":1"), "\(run)")
            let files = exported().filter { !$0.key.contains("/.") }
            #expect(files == contents(saved))
        }
    }

    @Test("A tar archive of them is read by tar and by Python, long names too, from a file or through a pipe")
    func archives() async throws {
        try await withImages(some()) { address, saved in
            let tar = "\(folder.path)/all.tar"
            let run = try await RunningServer.run(["images", "export", "--tar", tar], address)
            #expect(run.code == 0, "\(run)")
            let piped = try await Command.run(
                "/bin/sh",
                [
                    "-c", "mkdir \"$2/tar\" && \"$0\" images export --tar - --server \"$1\" | tar -xf - -C \"$2/tar\"",
                    Programs.path("camera-fleet"), address, folder.path,
                ])
            #expect(piped.code == 0 && piped.errors.contains("4 images exported"), "\(piped)")
            #expect(exported("tar") == contents(saved))
            let listed = try await Command.run(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    "import sys, tarfile, hashlib\nfor f in tarfile.open(sys.argv[1]):\n"
                        + "  print(f.name, f.size, f.mtime, hashlib.sha256(tarfile.open(sys.argv[1]).extractfile(f.name)"
                        + ".read()).hexdigest())", tar,
                ], environment: ["PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"])
            let wanted = saved.reversed().map { "\($0.savedAs) \($0.size) \($0.time / 1_000_000_000) \($0.sha256)\n" }
            #expect(listed.output == wanted.joined(), "\(listed)")
            let again = try await RunningServer.run(["images", "export", "--tar", tar], address)
            #expect(again.code == 1 && again.errors.contains("is there already"))
            let both = try await RunningServer.run(["images", "export", "--tar", "-", "--json"], address)
            #expect(both.code == 64 && both.output.isEmpty)
        }
    }

    @Test("What an archive cannot have is left out or told, the rest is there, and a reader that goes ends it")
    func damagedArchives() async throws {
        try await withImages(some() + [.init("LARGE.NEF", size: 8 << 20)]) { address, saved in
            try FileManager.default.removeItem(atPath: "\(folder.path)/data/\(saved[1].savedAs)")
            let path = "\(folder.path)/data/\(saved[0].savedAs)"
            try Data(count: 3_000_001).write(to: URL(fileURLWithPath: path))
            let tar = "\(folder.path)/some.tar"
            let run = try await RunningServer.run(["images", "export", "--tar", tar], address)
            #expect(run.code == 1 && run.errors.contains("damaged in the archive"), "\(run)")
            #expect(run.errors.contains("3 images exported") && run.errors.contains("2 FAILED"), "\(run)")
            let names = try await Command.run("/usr/bin/env", ["tar", "-tf", tar])
            #expect(names.code == 0 && names.output.split(separator: "\n").count == 4, "\(names)")

            let gone = try await Command.run(
                "/bin/sh",
                [
                    "-c",
                    "(\"$0\" images export --tar - --server \"$1\"; echo \"ended with $?\" >&2) | head -c 100000 >/dev/null",
                    Programs.path("camera-fleet"), address,
                ])
            #expect(gone.errors.contains("before its end") && gone.errors.contains("ended with 1"), "\(gone)")
        }
    }
}
