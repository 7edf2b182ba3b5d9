import FleetTesting
import Foundation
import Testing
import VirtualCamera

@Suite("Objects that are too large for memory", .serialized) struct LargeObjectTests {
    private static let mebibyte = 1024 * 1024

    /// The program with one body, in a process of its own, whose memory is its own as well.
    private func withProgram(
        _ rig: String, _ test: (_ port: Int, Command) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/rig.json"
        try Data(rig.utf8).write(to: URL(fileURLWithPath: path))
        let program = try Command(Programs.path("virtual-camera"), ["--port", "0", "--rig", path])
        try await waitUntil("it says where it is") { program.output.contains("--summary\n") }
        let words = program.output.split(whereSeparator: \.isWhitespace)
        let port = words.first { $0.hasPrefix("ptpip:") }?.split(separator: ":").last.flatMap { Int($0) }
        let result: Result<Void, any Error>
        do {
            result = .success(try await test(try #require(port, "\(program.errors)"), program))
        } catch {
            result = .failure(error)
        }
        program.signal(SIGTERM)
        #expect(await program.wait().code == 0)
        try result.get()
    }

    /// The most memory that a process has had, in bytes (VmHWM).
    private func peakMemory(_ process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return 1024 * (Int(line.filter(\.isNumber)) ?? .max)
    }

    @Test("A gibibyte is read in parts from end to end, and costs no memory")
    func reading() async throws {
        let size = 1024 * Self.mebibyte
        let rig = #"{"bodies":[{"card":{"pictures":0,"objects":[{"name":"A.MOV","size":\#(size)}]}}]}"#
        try await withProgram(rig) { port, program in
            let session = try InitiatorSession(port: port)
            #expect(try session.ask(0x1008, 3).data.number(at: 8, of: UInt32.self) == UInt32(size))
            let before = try peakMemory(program.processID)
            // Eight mebibytes of every sixty-four, and the end.
            for offset in stride(from: 0, to: size, by: 64 * Self.mebibyte) {
                try session.command.send(
                    InitiatorSession.request(0x101B, [3, UInt32(offset), UInt32(8 * Self.mebibyte)], 5))
                #expect(
                    try session.command.receivePacket().number(at: 12, of: UInt64.self) == UInt64(8 * Self.mebibyte))
                // Eight packets of data with heads of twelve bytes.
                try session.command.passOver(8 * (Self.mebibyte + 12))
                #expect(
                    try session.command.receivePacket()
                        == [UInt8](hexadecimal: "12000000 07000000 0120 05000000 00008000"))
            }
            let end = try session.ask(0x101B, 3, UInt32(size - 5), 100)
            #expect(end.data.count == 5)
            #expect(try peakMemory(program.processID) - before < 32 * Self.mebibyte)
        }
    }

    @Test("A body whose initiator stops reading stops making data, and goes on when it reads again")
    func backPressure() async throws {
        let size = 1024 * Self.mebibyte
        let rig = #"{"bodies":[{"card":{"pictures":0,"objects":[{"name":"A.MOV","size":\#(size)}]}}, {"name":"B"}]}"#
        try await withProgram(rig) { port, program in
            let session = try InitiatorSession(port: port)
            let before = try peakMemory(program.processID)
            try session.command.send(InitiatorSession.request(0x1009, [3], 5))
            #expect(try session.command.receivePacket().number(at: 12, of: UInt64.self) == UInt64(size))
            try session.command.passOver(3 * (Self.mebibyte + 12))
            // The other body has its turn meanwhile.
            let other = program.output.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("ptpip:") }.last
            let otherPort = try #require(other?.split(separator: ":").last.flatMap { Int($0) })
            #expect(try InitiatorSession(port: otherPort).response(0x1004) == 0x2001)
            #expect(try peakMemory(program.processID) - before < 32 * Self.mebibyte)
            try session.command.passOver(20 * (Self.mebibyte + 12))
            #expect(try peakMemory(program.processID) - before < 32 * Self.mebibyte)
        }
    }

    @Test("What is sent comes back as it was sent, and lies on the disk, not in memory")
    func upload() async throws {
        let rig = #"{"bodies":[{"card":{"size":1000000000,"pictures":0}}]}"#
        try await withProgram(rig) { port, program in
            let session = try InitiatorSession(port: port)
            let before = try peakMemory(program.processID)
            let size = 160 * Self.mebibyte
            #expect(try session.announce("UP.BIN", size: UInt32(size)) == 0x2001)
            try session.command.send("16000000 06000000 02000000 0d10 09000000 00000000")
            try session.command.send("14000000 09000000 09000000 0000000a00000000")
            var piece = [UInt8](repeating: 0, count: Self.mebibyte)
            for number in 0..<160 {
                let head = number == 159 ? "0c001000 0c000000 09000000" : "0c001000 0a000000 09000000"
                piece[7] = UInt8(number)
                try session.command.send(bytes: [UInt8](hexadecimal: head) + piece)
            }
            #expect(try session.command.receivePacket() == [UInt8](hexadecimal: "0e000000 07000000 0120 09000000"))
            for number in [0, 77, 159] {
                piece[7] = UInt8(number)
                let part = try session.ask(0x101B, 3, UInt32(number * Self.mebibyte), UInt32(Self.mebibyte))
                // Compared here: a difference of a mebibyte would be long to tell.
                let isSame = part.data == piece
                #expect(isSame, "piece \(number)")
            }
            #expect(try peakMemory(program.processID) - before < 64 * Self.mebibyte)
        }
    }

    private func withCard(
        _ edit: (inout VirtualBodyDescription) -> Void, _ test: (InitiatorSession, VirtualBody) async throws -> Void
    ) async throws {
        var description = VirtualBodyDescription(dialect: .ptp)
        description.pictures = 0
        edit(&description)
        try await withBody(description) { listener in
            try await test(try InitiatorSession(port: listener.port), listener.body)
        }
    }

    @Test("Four gigabytes and more are refused plainly, on the card and when they are sent")
    func tooLarge() async throws {
        try await withCard({ $0.cardSize = 10_000_000_000 }) { session, body in
            let announced = try session.announce("HUGE.BIN", size: .max)
            #expect(announced == 0xA809)
            #expect(try session.send([1], with: 0x100D, [], transaction: 9) == 0x2015)
            #expect(body.filePaths.isEmpty)
        }
        var description = VirtualBodyDescription()
        description.objects = [DescribedObject(name: "A.MOV", size: 4_294_967_295)]
        #expect(throws: DescriptionError.self) { try VirtualBody(description) }
    }

    @Test("More or less than was announced is no object, and the next one is taken", arguments: [299_999, 300_001])
    func wrongSize(sent: Int) async throws {
        try await withCard({ _ in }) { session, body in
            let announced = try session.announce("A.BIN", size: 300_000)
            #expect(announced == 0x2001)
            #expect(try session.send([UInt8](repeating: 1, count: sent), with: 0x100D, [], transaction: 9) == 0x2007)
            #expect(body.filePaths.isEmpty)
            #expect(try session.announce("B.BIN", size: 300_000) == 0x2001)
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            #expect(try session.send(bytes, with: 0x100D, [], transaction: 9) == 0x2001)
            let isSame = body.fileBytes("/B.BIN") == bytes
            #expect(isSame)
        }
    }

    @Test("What is sent is only counted where the description says so, and reads back as something else")
    func counted() async throws {
        try await withCard({ $0.keepsUploads = false }) { session, body in
            let announced = try session.announce("A.BIN", size: 300_000)
            #expect(announced == 0x2001)
            let bytes = [UInt8](repeating: 1, count: 300_000)
            #expect(try session.send(bytes, with: 0x100D, [], transaction: 9) == 0x2001)
            #expect(body.fileSize("/A.BIN") == 300_000)
            let isSame = body.fileBytes("/A.BIN") == bytes
            #expect(!isSame)
        }
    }

    @Test("Small objects go to the disk once there are many, and are the same there")
    func manyObjects() async throws {
        try await withCard({ $0.cardSize = 1_000_000_000 }) { session, body in
            func bytes(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 200_000) }
            // 40 MB, of which 32 MiB are held.
            for number in 0..<200 {
                let announced = try session.announce("\(number).BIN", size: 200_000)
                let sent = try session.send(bytes(number), with: 0x100D, [], transaction: 9)
                guard announced == 0x2001, sent == 0x2001 else {
                    Issue.record("object \(number) is refused")
                    return
                }
            }
            for number in [0, 100, 167, 168, 199] {
                let isSame = body.fileBytes("/\(number).BIN") == bytes(number)
                #expect(isSame, "object \(number)")
            }
            let isSame = try session.ask(0x1009, 202).data == bytes(199)
            #expect(isSame)
        }
    }
}
