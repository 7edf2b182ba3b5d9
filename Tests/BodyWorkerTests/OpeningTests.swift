import FleetTesting
import Foundation
import Testing

/// How a worker opens a body, and what it says when it cannot. Events: 0xC100 opened, 0xC101 failed, 0xC102 detected.
@Suite(.serialized, .timeLimit(.minutes(1))) struct OpeningTests {
    @Test("A body that opens is described by its own words, and knows the server by the GUID that was given")
    func opened() async throws {
        let body = try PlayedBody()
        let worker = try StartedWorker(body)
        let opened = try await worker.event(0xC100)
        #expect(opened["model"].string == "Played Body")
        #expect(opened["manufacturer"].string == "Hand & Co.")
        #expect(opened["serial"].string == "0042")
        #expect(opened["battery"].integer == 87)
        #expect(Set(opened["can"].array.compactMap(\.string)).isSuperset(of: ["capture", "trigger", "config"]))
        #expect(!opened["can"].array.contains(.string("preview")))
        #expect(!opened["can"].array.contains(.string("bulb")))
        #expect(body.greetings.map { Array($0.prefix(16)) } == [Array(0...14) + [0xFF]])
        let settings = try String(contentsOfFile: worker.folder.path + "/.gphoto/settings", encoding: .utf8)
        #expect(
            Set(settings.split(separator: "\n")) == [
                "ptp2=cachetime=0", "ptp2=capturetarget=card",
                "ptp2_ip=guid=00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:ff",
            ])
    }

    @Test("A body without a card keeps its images in memory") func withoutCard() async throws {
        var device = PlayedDevice()
        device.storages = []
        device.objects = [:]
        let worker = try StartedWorker(try PlayedBody(device))
        _ = try await worker.event(0xC100)
        let settings = try String(contentsOfFile: worker.folder.path + "/.gphoto/settings", encoding: .utf8)
        #expect(settings.contains("ptp2=capturetarget=sdram\n"))
    }

    @Test("An address where nothing listens is unreachable") func unreachable() async throws {
        let body = try PlayedBody()
        body.disappear(isGone: true)
        try await waitUntil("nothing listens") { !isListening(body.port) }
        let failed = try await failure(try StartedWorker(body))
        #expect(failed["reason"].string == "unreachable")
        #expect(failed["error"]["error"].string == "Camera_Unplugged")
    }

    @Test("A body that takes connections and says nothing is silent after the patience that was asked for")
    func silent() async throws {
        let failed = try await failure(try StartedWorker(try PlayedBody(greeting: .silence), patience: 300))
        #expect(failed["reason"].string == "silent")
        #expect(failed["error"]["error"].string == "Camera_Fault")
    }

    @Test("A body that is not paired refuses, and the photographer is told to pair it") func refused() async throws {
        let failed = try await failure(try StartedWorker(try PlayedBody(greeting: .refusal)))
        #expect(failed["reason"].string == "refused")
        #expect(failed["error"]["message"].string?.contains("pair") == true)
        #expect(failed["error"]["gphoto2"]["code"].integer ?? 0 < 0)
    }

    @Test("A body that closes the connection at once is lost, not unreachable") func closes() async throws {
        let failed = try await failure(try StartedWorker(try PlayedBody(greeting: .end)))
        #expect(failed["reason"].string == "lost")
        #expect(failed["error"]["error"].string == "Camera_Fault")
    }

    @Test("A model that no driver knows is unsupported") func unknownModel() async throws {
        let body = try PlayedBody()
        let failed = try await failure(
            try StartedWorker(arguments: ["--port", body.path, "--home", "HOME", "--model", "Box Brownie"]))
        #expect(failed["reason"].string == "unsupported")
        #expect(body.greetings.isEmpty)
    }

    @Test("A server that goes while a silent body is being opened takes the worker with it") func serverGone()
        async throws
    {
        let body = try PlayedBody(greeting: .silence)
        let worker = try StartedWorker(body)
        try await waitUntil("the driver waits for the body") { !body.greetings.isEmpty }
        worker.hangUp()
        #expect(try await worker.exitCode() == 0)
    }

    @Test("Asking for what libgphoto2 knows ends with its version and models") func knownModels() async throws {
        let worker = try StartedWorker(arguments: ["--known-models", "--home", "HOME"])
        let known = try await worker.event(0xC106)
        #expect(known.keys == ["models", "version"])
        #expect(known["version"].string?.hasPrefix("2.5.") == true)
        #expect(known["models"].array.count > 1000)
        #expect(known["models"].array.allSatisfy { $0.array.count == 6 && $0.array[0].string?.isEmpty == false })
        #expect(try await worker.exitCode() == 0)
    }

    @Test(
        "A command line that says too little, or nonsense, is exit code 64",
        arguments: [
            [], ["--port", "ptpip:127.0.0.1:1:1"], ["--home", "HOME"], ["--known-models"], ["--port"],
            ["--port", "usb:1,1", "--home", "relative"], ["--port", "usb:1,1", "--home", "HOME", "--guid", "12"],
            ["--known-models", "--home", "HOME", "--loud", "1"],
            ["--known-models", "--home", "HOME", "--patience-ms", "0"],
        ])
    func usage(arguments: [String]) async throws {
        #expect(try await StartedWorker(arguments: arguments).exitCode() == 64)
    }

    @Test("A home that cannot be written is exit code 73") func homeless() async throws {
        let worker = try StartedWorker(arguments: ["--known-models", "--home", "/proc/nowhere"])
        #expect(try await worker.exitCode() == 73)
    }

    private func failure(_ worker: StartedWorker) async throws -> JSONValue {
        let failed = try await worker.event(0xC101)
        #expect(try await worker.exitCode() == 1)
        return failed
    }
}

/// Whether a port of loopback takes connections.
func isListening(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
