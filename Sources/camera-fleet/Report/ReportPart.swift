import ArgumentParser
import FleetModel
import FoundationEssentials
import Glibc
import PacketClient
import PacketProtocol

/// One file of a report.
struct ReportPart: Sendable {
    /// Where it is in the report.
    var path: String
    var content: [UInt8]
    /// Whether it is there in place of what could not be had.
    var isError = false

    /// A text.
    static func text(_ path: String, _ text: String) -> ReportPart {
        ReportPart(path: path, content: Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }

    /// A value as JSON, laid out for people.
    static func json(_ path: String, _ value: some Encodable) -> ReportPart {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Values of these modules always can be written.
        let document = (try? encoder.encode(value)).map { Array($0) } ?? []
        return ReportPart(path: path, content: document + Array("\n".utf8))
    }

    /// Why a part is not there.
    static func error(_ path: String, _ error: FleetClientError) -> ReportPart {
        let described = error.fleetError
        let driver = described.driver.map { "libgphoto2: \($0.code) \($0.text)\n" } ?? ""
        var part = text("\(path).error.txt", "\(described.kind.name): \(described.message)\n\(driver)")
        part.isError = true
        return part
    }

    /// What is inside, for the one who looks before sending.
    static let readme = text(
        "README.txt",
        """
        A report of camera-fleet, for the one who looks for a fault. There is no picture in it.

        It has the serial numbers of the cameras, and what their settings hold: look for your name (artist, owner,
        copyright) in the widgets.json and summary.txt of each camera. All of it is text: take out what others are not
        to see, and pack the rest.

        versions.json         camera-fleet here, and the server that was asked
        machine.txt           the machine on which `camera-fleet report` ran
        cameras.json          the cameras, as GET_CAMERAS_LIST names them
        bodies/ID/            of each camera:
          summary.txt         what libgphoto2 tells of it, and what it can do
          widgets.json        its settings with their values
          storages.json       its cards: how much room there is, not what is on them
          driver-log.txt      what went between driver and camera last (the first bytes of each transfer), and
                              what the driver complained of
          *.error.txt         why one of these could not be had
        """)

    /// The programs, and what the server said of itself.
    static func versions(of connection: FleetConnection) -> ReportPart {
        json(
            "versions.json",
            Versions(
                client: CameraFleet.configuration.version, address: "\(connection.address)",
                greeting: connection.greeting))
    }

    /// The machine: kernel, distribution, time.
    static var machine: ReportPart {
        var name = utsname()
        uname(&name)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let kernel = [text(name.sysname), text(name.release), text(name.version), text(name.machine)]
        let distribution = (try? InputFile.text(at: "/etc/os-release")) ?? nil
        return .text(
            "machine.txt",
            """
            \(kernel.joined(separator: " "))
            processors: \(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
            seconds since 1970: \(time(nil))

            \(distribution ?? "There is no /etc/os-release that can be read.")
            """)
    }

    private struct Versions: Encodable {
        var client: String
        var address: String
        var greeting: ConnectionGreeting
    }
}

extension FleetClientError {
    /// Whether other parts may still be had.
    var isOfOnePart: Bool {
        switch self {
        case .refused, .file: true
        case .unreachable, .connectionLost, .notUnderstood, .closed, .cancelled: false
        }
    }
}
