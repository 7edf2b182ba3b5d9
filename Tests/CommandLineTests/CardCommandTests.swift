import Crypto
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite("The commands for what is on a card", .timeLimit(.minutes(1)))
struct CardCommandTests {
    private func refusal(_ command: ReceivedCommand, _ name: String, _ code: UInt16) -> ByteBuffer {
        command.response(#"{"error":"\#(name)","message":"The camera says \#(name)."}"#, code: code)
    }

    @Test("thumbnail saves the thumbnail under the file's name with an addition, and overwrites nothing")
    func thumbnail() async throws {
        let directory = try TemporaryDirectory()
        var fleet = ScriptedFleet()
        fleet.special = { command in
            guard command.code == 0x0003 else { return nil }
            return [command.data(ByteBuffer(string: "hi")), command.response(#"{"mime":"image/jpeg","size":2}"#)]
        }
        let runs = try await fleet.serve { port in
            [
                try await Program.run(["thumbnail", "1", "/store/A.NEF"], server: port, in: directory.path),
                try await Program.run(
                    ["thumbnail", "1", "store/A.NEF", "--to", "deep/er", "--json"], server: port, in: directory.path),
                try await Program.run(["thumbnail", "1", "/store/A.NEF"], server: port, in: directory.path),
            ]
        }
        #expect(runs.allSatisfy { $0.code == 0 && $0.errors.isEmpty }, "\(runs)")
        #expect(runs[0].lines == ["2 B  A-thumbnail.jpg"] && runs[2].lines == ["2 B  A-thumbnail-1.jpg"])
        #expect(try runs[1].json()["path"] as? String == "deep/er/A-thumbnail.jpg")
        #expect(try String(contentsOfFile: directory.path + "/A-thumbnail.jpg", encoding: .utf8) == "hi")
        for part in [#""folder":"/store""#, #""name":"A.NEF""#] {
            #expect(fleet.commands(0x0003).allSatisfy { $0.json.contains(part) })
        }
    }

    @Test("delete says what it deleted; a file that cannot be deleted stops no other, and the exit code tells")
    func delete() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            guard command.code == 0x000C else { return nil }
            return [
                command.json.contains("B.JPG")
                    ? refusal(command, "Invalid_ObjectHandle", 0x2009) : command.response()
            ]
        }
        let run = try await fleet.serve {
            try await Program.run(["delete", "1", "/s/A.JPG", "/s/B.JPG", "/s/C.JPG"], server: $0)
        }
        #expect(run.code == 1 && run.lines == ["deleted /s/A.JPG", "deleted /s/C.JPG"])
        #expect(run.errors == "/s/B.JPG: The camera says Invalid_ObjectHandle.\n")
        let json = try await fleet.serve {
            try await Program.run(["delete", "1", "/s/A.JPG", "/s/B.JPG", "--json"], server: $0)
        }
        #expect(json.code == 1)
        let deleted = try json.json()["deleted"] as? [[String: Any]]
        #expect(deleted?.map { $0["name"] as? String } == ["A.JPG"])
        let failed = try #require((json.json()["errors"] as? [[String: Any]])?.first)
        #expect(failed["name"] as? String == "B.JPG" && failed["folder"] as? String == "/s")
        #expect((failed["error"] as? [String: Any])?["error"] as? String == "Invalid_ObjectHandle")
    }

    @Test("delete stops at once when the camera is gone")
    func deleteUnplugged() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { $0.code == 0x000C ? [refusal($0, "Camera_Unplugged", 0xA001)] : nil }
        let run = try await fleet.serve { try await Program.run(["delete", "1", "/s/A", "/s/B"], server: $0) }
        #expect(run.code == 1 && run.errors == "Error: The camera says Camera_Unplugged.\n")
        #expect(fleet.commands(0x000C).count == 1)
    }

    @Test("delete --all-in deletes page after page, and a file that stays is tried once")
    func deleteAllIn() async throws {
        let files = NIOLockedValueBox(["1", "stays", "2", "3"])
        var fleet = ScriptedFleet()
        fleet.special = { command in
            switch command.code {
            case 0x000B:
                let names = files.withLockedValue { $0 }
                let page = names.prefix(2).map { #"{"folder":"/s","name":"\#($0)","size":1,"mtime":0,"mime":""}"# }
                let list = page.joined(separator: ",")
                return [command.response(#"{"files":[\#(list)],"folders":["/s/deep"],"more":\#(names.count > 2)}"#)]
            case 0x000C:
                if command.json.contains("stays") { return [refusal(command, "General_Error", 0x2002)] }
                files.withLockedValue { $0.removeAll { command.json.contains("\"\($0)\"") } }
                return [command.response()]
            default: return nil
            }
        }
        let run = try await fleet.serve { try await Program.run(["delete", "1", "--all-in", "s"], server: $0) }
        #expect(run.code == 1 && run.lines == ["deleted /s/1", "deleted /s/2", "deleted /s/3"])
        #expect(fleet.commands(0x000C).count == 4)
        #expect(
            fleet.commands(0x000B).allSatisfy { !$0.json.contains("recurse") && $0.json.contains(#""folder":"/s""#) })
    }

    @Test("upload puts each file on the card; one that cannot be read or sent stops no other")
    func upload() async throws {
        let directory = try TemporaryDirectory()
        for name in ["a.jpg", "refused.jpg", "c.jpg"] {
            try Data(name.utf8).write(to: URL(fileURLWithPath: directory.path + "/" + name))
        }
        let uploaded = NIOLockedValueBox<[String]>([])
        let sum = SHA256.hash(data: Data("a.jpg".utf8)).map { String(format: "%02x", $0) }.joined()
        let runs = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#))
            guard let bytes = try await peer.command()?.uploaded?.bytes else { return }
            uploaded.withLockedValue { $0.append(String(buffer: bytes)) }
            try await peer.send(command.response(#"{"size":5}"#))
            _ = try await peer.command()
        } _: { uploadPort in
            var fleet = ScriptedFleet()
            fleet.special = { command in
                guard command.code == 0x000D else { return nil }
                guard !command.json.contains("refused") else { return [refusal(command, "Invalid_Parameter", 0x201D)] }
                return [command.response(#"{"ticket":"t","port":\#(uploadPort)}"#)]
            }
            return try await fleet.serve { port in
                let files = ["a.jpg", "refused.jpg", "missing.jpg", "./c.jpg"]
                let plain = try await Program.run(
                    ["upload", "1"] + files + ["--to", "/store/DCIM"], server: port, in: directory.path)
                let asked = try #require(fleet.commands(0x000D).first?.json)
                for part in [#""folder":"/store/DCIM""#, #""name":"a.jpg""#, #""size":5"#] {
                    #expect(asked.contains(part), "\(asked)")
                }
                let json = try await Program.run(
                    ["upload", "1", "a.jpg", "--to", "/store/DCIM", "--json"], server: port, in: directory.path)
                return [plain, json]
            }
        }
        #expect(runs[0].code == 1 && runs[0].lines == ["5 B  /store/DCIM/a.jpg", "5 B  /store/DCIM/c.jpg"])
        let complaints = runs[0].errors.split(separator: "\n")
        #expect(complaints.count == 2 && complaints[0] == "refused.jpg: The camera says Invalid_Parameter.")
        #expect(complaints.last?.contains("missing.jpg cannot be read") == true)
        #expect(uploaded.withLockedValue { $0 } == ["a.jpg", "c.jpg", "a.jpg"])
        let image = try #require((runs[1].json()["uploaded"] as? [[String: Any]])?.first)
        #expect(runs[1].code == 0 && image["sha256"] as? String == sum && image["size"] as? Int == 5)
    }

    @Test("storage shows the cards in columns; what the camera does not say is a dash")
    func storage() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            guard command.code == 0x000E else { return nil }
            return [
                command.response(
                    #"""
                    {"storages":[{"path":"/store_00010001","label":"","capacity":64000000000,"free":1500,
                    "free_images":null,"access":"read_write"},{"path":"/store_00020001","label":"SD 2","capacity":null,
                    "free":null,"free_images":12,"access":"read_only_with_delete"}]}
                    """#)
            ]
        }
        let run = try await fleet.serve { try await Program.run(["storage", "1"], server: $0) }
        #expect(
            run.lines == [
                "FOLDER           LABEL     SIZE    FREE  IMAGES  ACCESS",
                "/store_00010001  -      64.0 GB  1.5 kB       -  read and write",
                "/store_00020001  SD 2         -       -      12  read and delete",
            ])
        let json = try await fleet.serve { try await Program.run(["storage", "1", "--json"], server: $0) }.json()
        #expect((json["storages"] as? [[String: Any]])?.first?["free_images"] is NSNull)
    }

    @Test(
        "download takes what belongs to a file under a name of its own",
        arguments: [
            ("preview", "image/jpeg", "A-preview.jpg"), ("exif", "application/x-exif", "A-exif.exif"),
            ("audio", "audio/wav", "A-audio.wav"), ("raw", "image/x-raw", "A-raw.raw"),
            ("metadata", "application/x-unknown", "A-metadata.bin"), ("normal", "image/jpeg", "A.JPG"),
        ])
    func downloadType(type: String, mime: String, name: String) async throws {
        let directory = try TemporaryDirectory()
        let run = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":2}"#))
            try await peer.send(command.piece(at: 0, ByteBuffer(string: "hi")), command.response(#"{"size":2}"#))
            _ = try await peer.command()
        } _: { downloadPort in
            var fleet = ScriptedFleet()
            fleet.special = { command in
                guard command.code == 0x0004, command.json.contains("\"type\":\"\(type)\"") else { return nil }
                return [command.response(#"{"ticket":"t","size":2,"mime":"\#(mime)","port":\#(downloadPort)}"#)]
            }
            return try await fleet.serve {
                try await Program.run(
                    ["download", "1", "/s/A.JPG", "--type", type], server: $0, in: directory.path)
            }
        }
        #expect(run.code == 0 && run.lines == ["2 B  \(name)"], "\(run.errors)")
    }
}
