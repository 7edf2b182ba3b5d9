import FleetTesting
import Foundation
import Testing
import VirtualCamera

@Suite("A Canon EOS, as Debian's gphoto2 drives it", .serialized)
struct CanonGphotoTests {
    private static let complete = "--wait-event=CAPTURECOMPLETE"

    @Test("Every value that its dials offer can be set by its word")
    func everyValue() async throws {
        try await withGphoto(.canonEOS) { gphoto, body in
            let names = [
                "aperture", "shutterspeed", "exposurecompensation", "imageformat", "whitebalance", "drivemode",
            ]
            for name in names {
                let shown = try await gphoto("--get-config", name).output.split(separator: "\n")
                let words = shown.filter { $0.hasPrefix("Choice: ") }.map { $0.split(separator: " ").dropFirst(2) }
                    .map { $0.joined(separator: " ") }
                #expect(words.count > 5)
                let run = try await gphoto.run(
                    words.flatMap { ["--set-config-value", "\(name)=\($0)", "--get-config", name] })
                #expect(run.status == 0, "\(run.output)")
                let got = run.output.split(separator: "\n").filter { $0.hasPrefix("Current: ") }.map { $0.dropFirst(9) }
                #expect(got.map(String.init) == words)
            }
        }
    }

    @Test("A bulb exposure lasts from one word to the other, and its picture says how long")
    func bulb() async throws {
        try await withGphoto(.canonEOS) { gphoto, body in
            let early = try await gphoto("--set-config", "bulb=1")
            #expect(early.status != 0 && early.output.contains("set 'shutterspeed' to 'bulb'"))
            // The body tells of every second.
            let run = try await gphoto(
                "--set-config", "capturetarget=1", "--set-config", "shutterspeed=bulb", "--set-config", "bulb=1",
                "--wait-event=BulbExposureTime", "--set-config", "bulb=0", Self.complete)
            #expect(run.status == 0, "\(run.output)")
            let exif = ExifReader(try #require(body.fileBytes(VirtualBodyDescription.Dialect.canonEOS.picture(3))))
            let time = try #require(exif.fraction(0x829A))
            #expect(time[1] == 1000 && time[0] >= 1000)
        }
    }

    @Test("The buttons of its remote release take a picture, and an exposure as long as they are pressed")
    func remoteRelease() async throws {
        try await withGphoto(.canonEOS) { gphoto, body in
            let run = try await gphoto(
                "--set-config", "capturetarget=1", "--set-config", "focusmode=Manual", "--set-config",
                "eosremoterelease=Press Half", "--set-config", "eosremoterelease=Press Full", "--set-config",
                "eosremoterelease=Release Full", Self.complete, "--set-config", "shutterspeed=bulb", "--set-config",
                "eosremoterelease=Press Full", "--wait-event=BulbExposureTime", "--set-config",
                "eosremoterelease=Release Full", Self.complete)
            #expect(run.status == 0, "\(run.output)")
            #expect(body.filePaths.count == 4)
            #expect(body.releaseTimes.count == 2)
            let exif = ExifReader(try #require(body.fileBytes(VirtualBodyDescription.Dialect.canonEOS.picture(4))))
            #expect(try #require(exif.fraction(0x829A))[0] >= 1000)
        }
    }

    @Test("Its lens moves while live view is on, and not without")
    func focus() async throws {
        try await withGphoto(.canonEOS) { gphoto, body in
            let run = try await gphoto(
                "--set-config", "viewfinder=1", "--set-config", "manualfocusdrive=Near 2", "--set-config",
                "manualfocusdrive=Far 3", "--set-config", "autofocusdrive=1", "--set-config", "eoszoom=5",
                "--set-config", "eoszoomposition=100,100", "--set-config", "cancelautofocus=1", "--get-config",
                "output", "--set-config", "viewfinder=0")
            #expect(run.status == 0, "\(run.output)")
            #expect(run.output.contains("Current: PC\n"))
            #expect(body.transactionCount(.canonDriveLens) == 2)
            #expect(try await gphoto("--set-config", "manualfocusdrive=Near 1").status != 0)
        }
    }

    @Test("Its clock can be set, and its names are in its pictures")
    func clockAndNames() async throws {
        var description = VirtualBodyDescription(dialect: .canonEOS)
        description.clockOffset = 100_000
        try await withGphoto(description) { gphoto, body in
            func clock() async throws -> Int {
                let output = try await gphoto("--get-config", "datetimeutc").output
                let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("Current: ") })
                return try #require(Int(line.dropFirst(9))) - Int(Date().timeIntervalSince1970)
            }
            #expect(try await clock() > 90_000)
            let run = try await gphoto(
                "--set-config", "syncdatetimeutc=1", "--set-config", "artist=Ann Example", "--set-config",
                "copyright=2026 Ann", "--set-config", "ownername=The house", "--set-config", "capturetarget=1",
                "--capture-image", "--get-config", "ownername")
            #expect(run.status == 0, "\(run.output)")
            #expect(run.output.contains("Current: The house\n"))
            #expect(try await clock() < 10_000)
            let exif = ExifReader(try #require(body.fileBytes(VirtualBodyDescription.Dialect.canonEOS.picture(4))))
            #expect(exif.text(0x013B) == "Ann Example")
            #expect(exif.text(0x8298) == "2026 Ann")
        }
    }
}
