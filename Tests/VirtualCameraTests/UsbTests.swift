import FleetTesting
import Foundation
import Glibc
import Testing

@testable import VirtualCamera

@Suite("A body on USB, as the kernel's USB/IP sees it", .serialized) struct UsbTests {
    private static var generic: VirtualBodyDescription {
        var description = VirtualBodyDescription(dialect: .ptp, index: 7)
        description.pictures = 0
        description.shutterLag = .zero
        return description
    }

    private func plugged(
        _ description: VirtualBodyDescription = generic, _ test: (KernelEnd, PtpIpListener) async throws -> Void
    ) async throws {
        try await withBody(description) { listener in
            let kernel = try await KernelEnd(listener)
            try await test(kernel, listener)
            try await kernel.unplug()
        }
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] { [UInt8](hexadecimal: hexadecimal) }

    /// Opens a session, as every initiator does first.
    private func open(_ kernel: KernelEnd) throws {
        try kernel.write(1, bytes("10000000 0100 0210 00000000 01000000"))
        #expect(try kernel.read(2, 512) == bytes("0c000000 0300 0120 00000000"))
    }

    @Test("Its descriptors are those of a still image device of high speed")
    func descriptors() async throws {
        try await plugged { kernel, _ in
            // Of the configuration the first nine bytes are asked for alone, before the rest.
            let expected: [(kind: String, length: UInt32, bytes: String)] = [
                ("0001", 18, "1201 0002 000000 40 0912 0100 0001 01 02 03 01"),
                ("0002", 9, "0902 2700 01 01 00 c0 02"),
                (
                    "0002", 255,
                    "0902 2700 01 01 00 c0 02 0904 00 00 03 06 01 01 00"
                        + "0705 81 02 0002 00 0705 02 02 0002 00 0705 83 03 4000 06"
                ),
                ("0003", 255, "0403 0904"), ("0303", 255, "1003 3100 3000 3000 3000 3000 3000 3700"),
            ]
            for descriptor in expected {
                let told = try kernel.descriptor(descriptor.kind, descriptor.length)
                #expect(told == bytes(descriptor.bytes))
            }
        }
    }

    @Test(
        "The makers' bodies have the ids by which libgphoto2 knows them",
        arguments: VirtualBodyDescription.Dialect.allCases)
    func ids(dialect: VirtualBodyDescription.Dialect) async throws {
        try await plugged(VirtualBodyDescription(dialect: dialect)) { kernel, _ in
            try kernel.submitIn(9, endpoint: 0, length: 18, setup: "8006 0001 0000 1200")
            let ids: [VirtualBodyDescription.Dialect: String] = [
                .ptp: "0912 0100", .nikon: "b004 4004", .canonEOS: "a904 5032",
            ]
            #expect(try kernel.done(dataComes: true).data[8..<12].elementsEqual(bytes(ids[dialect] ?? "")))
        }
    }

    @Test("What it does not understand stalls, and what every device is asked is answered")
    func requests() async throws {
        try await plugged { kernel, _ in
            for setup in ["8006 0903 0000 ff00", "8006 ee03 0000 1200", "c033 0000 0000 1000", "a165 0000 0000 1000"] {
                try kernel.submitIn(3, endpoint: 0, length: 16, setup: setup)
                #expect(try kernel.done(dataComes: true) == .init(number: 3, status: -32, count: 0, data: []))
            }
            try kernel.submitIn(4, endpoint: 5, length: 16)
            #expect(try kernel.done(dataComes: true).status == -32)
            try kernel.submitOut(5, endpoint: 0, [], setup: "0009 0100 0000 0000")
            #expect(try kernel.done(dataComes: false).status == 0)
            try kernel.submitIn(6, endpoint: 0, length: 4, setup: "a167 0000 0000 0400")
            #expect(try kernel.done(dataComes: true).data == bytes("0400 0120"))
        }
    }

    @Test("An operation without data is answered by a response")
    func operation() async throws {
        try await plugged { kernel, listener in
            try open(kernel)
            #expect(listener.body.isSessionOpen)
            // The same again: the session is open already.
            try kernel.write(3, bytes("10000000 0100 0210 01000000 01000000"))
            #expect(try kernel.read(4, 512) == bytes("0c000000 0300 1e20 01000000"))
        }
    }

    @Test("Data comes in a container of its own, however it is asked for, and its end shows")
    func dataIn() async throws {
        var description = Self.generic
        // With the header 1,024 bytes, which is two whole packets, and one byte more.
        description.objects = [.init(name: "A.DAT", size: 1012), .init(name: "B.DAT", size: 1013)]
        try await plugged(description) { kernel, listener in
            try open(kernel)
            let paths = listener.body.filePaths
            try kernel.write(3, bytes("18000000 0100 0710 01000000 ffffffff 00000000 00000000"))
            let handles = try kernel.read(4, 512)
            #expect(try kernel.read(5, 512) == bytes("0c000000 0300 0120 01000000"))
            for (index, path) in paths.enumerated() {
                let name = path.split(separator: "/").last ?? ""
                let transaction = UInt8(2 + index)
                // The last handles are those of the files, in their order.
                let handle = handles.suffix(4 * paths.count).dropFirst(4 * index).prefix(4)
                try kernel.write(6, bytes("10000000 0100 0910") + [transaction, 0, 0, 0] + handle)
                var data = try kernel.read(7, 512)
                #expect(data.count == 512)
                data += try kernel.read(8, 512)
                #expect(try kernel.read(9, 512).count == (name == "A.DAT" ? 0 : 1))
                #expect(data[12..<1024].elementsEqual(listener.body.fileBytes(path, in: 0..<1012) ?? []))
                #expect(try kernel.read(10, 512) == bytes("0c000000 0300 0120") + [transaction, 0, 0, 0])
                // In one piece.
                try kernel.write(11, bytes("10000000 0100 0910") + [transaction + 8, 0, 0, 0] + handle)
                #expect(try kernel.read(12, 4096).count == (name == "A.DAT" ? 1024 : 1025))
                #expect(try kernel.read(13, 4096).count == 12)
            }
        }
    }

    @Test("Data of the host's is taken with its header, after it, and in pieces", arguments: [14, 12, 1])
    func dataOut(piece: Int) async throws {
        try await plugged { kernel, listener in
            try open(kernel)
            try kernel.write(3, bytes("10000000 0100 1610 01000000 0f500000"))
            let container = bytes("0e000000 0200 1610 01000000 9001")
            if piece == 1 {
                // A piece that is no whole packet ends a transfer: these are no container.
                try kernel.write(4, [container[0]])
            }
            try kernel.write(5, Array(container.prefix(max(piece, 12))))
            if piece < 14 { try kernel.write(6, Array(container.dropFirst(12))) }
            #expect(try kernel.read(7, 512) == bytes("0c000000 0300 0120 01000000"))
            #expect(listener.body.value(of: .exposureIndex) == .number(400))
        }
    }

    @Test("Events come through the endpoint of interrupts, before and after they are asked for")
    func events() async throws {
        try await plugged { kernel, listener in
            try open(kernel)
            try kernel.submitIn(3, endpoint: 3, length: 64)
            #expect(listener.body.turnDial(.exposureIndex, to: .number(800)))
            #expect(try kernel.done(dataComes: true).data == bytes("10000000 0400 0640 ffffffff 0f500000"))
            #expect(listener.body.turnDial(.exposureIndex, to: .number(200)))
            try kernel.submitIn(4, endpoint: 3, length: 64)
            #expect(try kernel.done(dataComes: true).data == bytes("10000000 0400 0640 ffffffff 0f500000"))
        }
    }

    @Test("A transfer is given up once, and nothing is lost with it")
    func unlink() async throws {
        try await plugged { kernel, listener in
            try kernel.submitIn(3, endpoint: 3, length: 64)
            try kernel.submitIn(4, endpoint: 1, length: 512)
            for (number, status) in [(3, 0xFFFF_FF98), (4, 0xFFFF_FF98), (3, 0), (77, 0)] as [(UInt32, UInt32)] {
                try kernel.unlink(100 + number, transfer: number)
                #expect(
                    try kernel.socket.receive(48)
                        == KernelEnd.words([4, 100 + number, 0, 0, 0, status, 0, 0, 0, 0, 0, 0]))
            }
            try open(kernel)
        }
    }

    @Test("A command in the middle of an answer gives that up, and the host's cancelling does so, too")
    func givingUp() async throws {
        var description = Self.generic
        description.objects = [.init(name: "A.DAT", size: 30_000_000)]
        try await plugged(description) { kernel, listener in
            try open(kernel)
            try kernel.write(3, bytes("18000000 0100 0710 01000000 ffffffff 00000000 00000000"))
            let handle = try kernel.read(4, 512).suffix(4)
            _ = try kernel.read(5, 512)
            for transaction in [2, 4] as [UInt8] {
                try kernel.write(6, bytes("10000000 0100 0910") + [transaction, 0, 0, 0] + handle)
                #expect(try kernel.read(7, 512).count == 512)
                if transaction == 4 {
                    try kernel.submitOut(8, endpoint: 0, bytes("0140 04000000"), setup: "2164 0000 0000 0600")
                    #expect(try kernel.done(dataComes: false).status == 0)
                }
                try kernel.write(9, bytes("0c000000 0100 0410") + [transaction + 1, 0, 0, 0])
                let storages = try kernel.read(10, 512)
                #expect(storages.prefix(12).elementsEqual(bytes("14000000 0200 0410") + [transaction + 1, 0, 0, 0]))
                #expect(try kernel.read(11, 512) == bytes("0c000000 0300 0120") + [transaction + 1, 0, 0, 0])
            }
        }
    }

    @Test("A silent body leaves the host waiting, and one that drops its connections is gone from the bus")
    func faults() async throws {
        try await withBody(Self.generic) { listener in
            let kernel = try await KernelEnd(listener)
            try open(kernel)
            listener.body.inject(.silent)
            try kernel.write(3, bytes("0c000000 0100 0410 01000000"))
            try kernel.submitIn(4, endpoint: 1, length: 512)
            #expect(await until { listener.body.transactionCount(.getStorageIDs) == 1 })
            #expect(!kernel.socket.hasInput)
            listener.body.repair()
            listener.body.dropConnections()
            #expect(kernel.socket.isClosedByBody())
            // It can be plugged in again.
            try await KernelEnd(listener).unplug()
        }
    }

    @Test(
        "Bytes that are no USB/IP pull the plug",
        arguments: [
            KernelEnd.words([7, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            KernelEnd.words([1, 1, 1, 0, 99, 0, 0, 0, 0, 0, 0, 0]),
            KernelEnd.words([1, 1, 1, 1, 1, 0, 0x7FFF_FFFF, 0, 0, 0, 0, 0]),
            KernelEnd.words([1, 1, 1, 0, 2, 0, 0xFFFF_FFFF, 0, 0, 0, 0, 0]),
        ])
    func garbage(bytes: [UInt8]) async throws {
        try await withBody(Self.generic) { listener in
            let kernel = try await KernelEnd(listener)
            try kernel.socket.send(bytes: bytes)
            #expect(kernel.socket.isClosedByBody())
        }
    }

    @Test("A free port of high speed is asked for, and where there is none it says what to do")
    func bus() async throws {
        let folder = TemporaryFolder()
        try await withBody(Self.generic) { listener in
            let cable = UsbCable(listener, bus: VirtualUsbBus(folder: folder.path))
            await #expect(throws: VirtualUsbBus.Unavailable.self) { try await cable.plug() }
            let lines =
                "hub port sta spd dev      sockfd local_busid\nhs  0000 006 000 0 0 0-0\nhs  0003 004 000 0 0 0-0\n"
            try Data("\(lines)ss  0008 004 000 0 0 0-0\n".utf8).write(to: URL(filePath: "\(folder.path)/status"))
            try Data().write(to: URL(filePath: "\(folder.path)/attach"))
            try await cable.plug()
            try await cable.plug()
            let attached = try String(contentsOfFile: "\(folder.path)/attach", encoding: .utf8).split(separator: " ")
            #expect(attached.count == 4 && attached[0] == "3" && attached[2] == "4" && attached[3] == "3")
            await cable.unplug()
        }
    }
}
