import FleetModel
import Foundation
import NIOCore
import PacketClient

@testable import VirtualCamera

#if canImport(RosterText)
    @testable import RosterText
#else
    @testable import camera_fleet
#endif

extension FuzzTarget {
    /// A file that describes a rig.
    ///
    /// It is refused with a sentence, or describes bodies as can be, each with a port of its own.
    static let rig = FuzzTarget(name: "rig") { bytes in
        let bodies: [VirtualBodyDescription]
        do throws(DescriptionError) {
            bodies = try RigFile.descriptions(String(decoding: bytes, as: UTF8.self))
        } catch {
            return try Broken.unless(!error.description.isEmpty, "refused without a word")
        }
        try Broken.unless((1...4096).contains(bodies.count), "\(bodies.count) bodies")
        for body in bodies { try body.check() }
        let ports = bodies.compactMap(\.port).filter { $0 != 0 }
        try Broken.unless(Set(ports).count == ports.count, "two bodies have one port")
    }

    /// A file of numbers, names and groups.
    ///
    /// It is refused with sentences that say the line, or is the same when it is written and read again.
    static let roster = FuzzTarget(name: "roster") { bytes in
        let file: RosterFile
        do throws(RosterFile.Invalid) {
            file = try RosterFile(String(decoding: bytes, as: UTF8.self))
        } catch {
            return try Broken.unless(!error.reasons.isEmpty, "refused without a word")
        }
        let cameras = file.entries.map { entry in
            CameraInfo(
                id: entry.id, cameraNumber: entry.cameraNumber ?? 1_000_000 - entry.line,
                name: entry.name ?? "camera \(entry.line)", model: "A \"model\", new", port: "", state: .unplugged,
                groups: entry.groups ?? [])
        }
        let text = RosterFile.text(of: cameras)
        let again: RosterFile
        do throws(RosterFile.Invalid) {
            again = try RosterFile(text)
        } catch {
            // A number or a name that was made up here may be another line's.
            return try Broken.unless(
                file.entries.contains { $0.cameraNumber == nil || $0.name == nil }, "\(error.reasons) of \(text)")
        }
        for (entry, other) in zip(file.entries, again.entries) {
            try Broken.unless(
                entry.id == other.id && entry.cameraNumber ?? other.cameraNumber == other.cameraNumber
                    && entry.name ?? other.name == other.name && entry.groups ?? [] == other.groups,
                "\(entry) became \(other)")
        }
    }

    /// A line at the control port of a rig that has no body yet.
    ///
    /// It is answered with an object that says whether it was done.
    static let control = FuzzTarget(name: "control") { bytes in
        let line = Data(bytes)
        let answer = waiting { await ControlCommands(rig: VirtualRig(listeners: [])).answer(line) }
        guard case .object(let fields) = answer else { throw Broken("answered \(answer)") }
        try Broken.unless(fields["ok"] != nil, "answered \(answer)")
    }

    /// Words that a person writes, or that a body says of itself.
    static let words = FuzzTarget(name: "words") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let id = BodyID(of: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        try Broken.unless(
            (1...BodyID.longest).contains(id.rawValue.count)
                && id.rawValue.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || [0x2D, 0x2E].contains($0)
                }, "an id is \(id)")
        if let address = NetworkBodyAddress(text) {
            let port = BodyPort(
                host: address.host, commandPort: address.commandPort, eventPort: address.eventPort)
            try Broken.unless(NetworkBodyAddress(port.path) == address, "\(address) became \(port)")
        }
        if let address = ServerAddress(text) {
            try Broken.unless(ServerAddress(address.description) == address, "\(text) became \(address)")
        }
        if bytes.count >= 4 {
            let number = Float(bitPattern: bytes.loadUnaligned(as: UInt32.self))
            try Broken.unless(!WidgetValue.number(number).description.isEmpty, "a number without digits")
        }
    }
}
