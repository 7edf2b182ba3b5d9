import FleetTesting
import Foundation
import VirtualCamera

/// Debian's gphoto2 command with a home of its own, at a body. Every run ends within half a minute.
struct Gphoto {
    let directory: URL
    let portPath: String

    struct Run {
        let status: Int32
        let output: String
    }

    func callAsFunction(_ arguments: String...) async throws -> Run { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Run {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "--kill-after=1", "30", "gphoto2", "--port", portPath] + arguments
        process.currentDirectoryURL = directory
        process.environment = [
            "HOME": directory.path, "LC_ALL": "C", "TZ": "UTC",
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        let log = directory.appendingPathComponent(UUID().uuidString)
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let handle = try FileHandle(forWritingTo: log)
        defer { try? handle.close() }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        await withCheckedContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume()
            }
        }
        // It has ended, or never started: Foundation lets go of a process only here.
        if process.processIdentifier > 0 { process.waitUntilExit() }
        let output = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        return Run(status: process.terminationStatus, output: output)
    }

    /// Runs while somebody does something at the body, once the initiator is there.
    func run(
        _ arguments: [String], at body: VirtualBody, _ act: (VirtualBody) throws -> Void
    ) async throws -> Run {
        let before = body.preparationCount
        async let run = run(arguments)
        try await waitUntil("gphoto2 waits for events") { body.isWatched(since: before) }
        try act(body)
        return try await run
    }

    func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appendingPathComponent(name)))
    }
}

extension VirtualBody {
    /// How often an initiator has done what it does to hear of events; on an EOS the last of its preparations, after
    /// which nothing is set any more.
    var preparationCount: Int {
        switch description.dialect {
        case .ptp: 0
        case .nikon: transactionCount(.nikonGetEvent)
        case .canonEOS: transactionCount(.canonGetStorageIDs)
        }
    }

    /// Whether an initiator is there and would be told what happens, given the count before it came.
    func isWatched(since preparations: Int) -> Bool {
        isSessionOpen && (description.dialect == .ptp || preparationCount > preparations)
    }
}

extension VirtualBodyDescription.Dialect {
    /// The folder of pictures.
    var folder: String {
        switch self {
        case .ptp: "/DCIM/100VIRTU"
        case .nikon: "/DCIM/100D7500"
        case .canonEOS: "/DCIM/100CANON"
        }
    }

    /// The path of a picture by its number.
    func picture(_ number: Int, _ ending: String = "JPG") -> String {
        "\(folder)/\(self == .canonEOS ? "IMG" : "DSC")_000\(number).\(ending)"
    }

    /// How libgphoto2 names a storage in paths.
    var storage: String { "/store_00010001" }
}

/// A body on a free port, and gphoto2 for it with a directory of its own.
func withGphoto(
    _ dialect: VirtualBodyDescription.Dialect, extraObjects: [Int] = [],
    _ test: (Gphoto, VirtualBody) async throws -> Void
) async throws {
    var description = VirtualBodyDescription(dialect: dialect, index: 3)
    description.pictures = 2
    description.extraObjects = extraObjects
    description.shutterLag = .zero
    try await withGphoto(description, test)
}

/// A body of a description on a free port, and gphoto2 for it with a directory of its own.
func withGphoto(
    _ description: VirtualBodyDescription, _ test: (Gphoto, VirtualBody) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("virtual-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: directory.appendingPathComponent(".gphoto"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await withBody(description) { listener in
        try await test(Gphoto(directory: directory, portPath: listener.portPath), listener.body)
    }
}
