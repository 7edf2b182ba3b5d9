import FleetTesting
import Foundation
import Testing
import VirtualCamera

@Suite("What a photographer does on the body, as gphoto2 hears of it", .serialized)
struct PhotographerTests {
    private typealias Dialect = VirtualBodyDescription.Dialect

    /// Runs gphoto2 until it has heard something that contains some words, while somebody does something at the body.
    private func hear(
        _ words: String, _ gphoto: Gphoto, _ body: VirtualBody, _ act: (VirtualBody) throws -> Void
    ) async throws -> String {
        let run = try await gphoto.run(["--wait-event=\(words)"], at: body, act)
        #expect(run.status == 0, "\(run.output)")
        return run.output
    }

    @Test("A dial that is turned is told of by its words", arguments: Dialect.allCases)
    func dial(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let (code, value) =
                dialect == .canonEOS ? (PropertyCode.canonISOSpeed, PropertyValue(0x50)) : (.exposureIndex, 200)
            let name = dialect == .canonEOS ? "d103" : "500f"
            let heard = try await hear("\"200\"", gphoto, body) { #expect($0.turnDial(code, to: value)) }
            #expect(heard.contains("UNKNOWN PTP Property \(name) changed, \"iso\" to \"200\"\n"))
        }
    }

    @Test("A shutter that is pressed brings a picture", arguments: Dialect.allCases)
    func shutter(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let heard = try await hear("CAPTURECOMPLETE", gphoto, body) { #expect($0.pressShutter()) }
            // gphoto2 wants an EOS to put pictures into the computer's memory.
            let added = dialect == .canonEOS ? "capt0000.jpg /" : "DSC_0003.JPG \(dialect.storage)\(dialect.folder)"
            #expect(heard.contains("\nFILEADDED \(added)\n"), "\(heard)")
        }
    }

    @Test("An image that is deleted on the body is told of", arguments: Dialect.allCases)
    func deletion(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let heard = try await hear("ObjectRemoved", gphoto, body) { #expect($0.deleteOnBody(dialect.picture(2))) }
            #expect(
                heard.contains(dialect == .canonEOS ? "UNKNOWN ObjectRemoved\n" : "UNKNOWN PTP ObjectRemoved, Param1 "))
            #expect(body.filePaths == [dialect.picture(1)])
            #expect(!body.deleteOnBody(dialect.picture(2)))
        }
    }

    @Test("A card that goes and comes is told of", arguments: Dialect.allCases)
    func card(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let (out, back) =
                dialect == .canonEOS
                ? ("UNKNOWN StoreRemoved 0x00010001\n", "UNKNOWN StoreAdded 0x00010001\n")
                : ("UNKNOWN PTP StoreRemoved, Param1 00010001\n", "UNKNOWN PTP StoreAdded, Param1 00010001\n")
            let removal = try await hear("StoreRemoved", gphoto, body) { #expect($0.removeCard()) }
            #expect(removal.contains(out))
            #expect(!body.removeCard())
            #expect(!body.pressShutter())
            let without = try await gphoto("--list-files", "--storage-info").output
            #expect(!without.contains("There are") && !without.contains("basedir"))
            let target = dialect == .ptp ? [] : ["--set-config", "capturetarget=1"]
            let capture = try await gphoto.run(target + ["--trigger-capture"])
            #expect(capture.status != 0 && capture.output.contains("rror"), "\(capture.output)")
            let insertion = try await hear("StoreAdded", gphoto, body) { #expect($0.insertCard()) }
            #expect(insertion.contains(back))
            #expect(body.filePaths == [dialect.picture(1), dialect.picture(2)])
            #expect(try await gphoto("--list-files").output.contains("There are 2 files in folder"))
        }
    }
}
