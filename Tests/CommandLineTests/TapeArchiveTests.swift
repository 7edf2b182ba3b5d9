import FleetTesting
import Foundation
import Testing

@testable import camera_fleet

@Suite("A tar archive")
struct TapeArchiveTests {
    @Test("A file of 9 GiB and names of any length are what tar and Python make of them")
    func large() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/large.tar"
        let archive = TapeArchive(time: 1_700_000_000)
        let size: Int64 = 9 << 30
        // Without a slash that would divide it.
        let long = "images/" + String(repeating: "n", count: 180) + ".NEF"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.write(contentsOf: archive.head(of: "images/large.NEF", size: size))
        // A hole, whose end is the end of a block.
        try file.seek(toOffset: try file.offset() + UInt64(size))
        try file.write(contentsOf: archive.file(long, Array("content".utf8)))
        try file.write(contentsOf: archive.file("images/größe.JPG", []))
        try file.write(contentsOf: TapeArchive.end)
        try file.close()

        let tar = try await Command.run(
            "/usr/bin/env", ["tar", "--utc", "-tvf", path], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"])
        let lines = tar.output.split(separator: "\n")
        #expect(tar.code == 0 && tar.errors.isEmpty && lines.count == 3, "\(tar)")
        #expect(lines.first?.contains(" \(size) 2023-11-14 22:13 images/large.NEF") == true, "\(tar)")
        #expect(lines.dropFirst().first?.hasSuffix(" \(long)") == true)
        #expect(lines.last?.hasSuffix(" images/größe.JPG") == true)
        let python = try await Command.run(
            "/usr/bin/env",
            ["python3", "-c", "import sys, tarfile\nfor f in tarfile.open(sys.argv[1]): print(f.size, f.name)", path],
            environment: ["PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"])
        #expect(python.output == "\(size) images/large.NEF\n7 \(long)\n0 images/größe.JPG\n", "\(python)")
    }

    @Test("A moment is a day or a time of this machine's clock, of UTC, or nanoseconds; and nothing else")
    func moments() {
        #expect(MomentArgument(argument: "2023-11-14T22:13:20Z")?.nanoseconds == 1_700_000_000_000_000_000)
        #expect(MomentArgument(argument: "2023-11-14 22:13Z")?.nanoseconds == 1_699_999_980_000_000_000)
        #expect(MomentArgument(argument: "2024-02-29Z")?.nanoseconds == 1_709_164_800_000_000_000)
        #expect(MomentArgument(argument: "1700000000000000001")?.nanoseconds == 1_700_000_000_000_000_001)
        #expect(MomentArgument(argument: "2023-11-14") != nil)
        for text in [
            "", "Z", "2023", "2023-11", "2023-02-29", "2023-13-01", "2023-11-14T24:00", "2023-11-14T1:00",
            "2023-11-14T22:60", "yesterday", "2023-11-14T", "-023-11-14", "2023-11-14T22:13:20+01:00", "20231114",
        ] {
            #expect(MomentArgument(argument: text) == nil, "\(text)")
        }
    }
}
