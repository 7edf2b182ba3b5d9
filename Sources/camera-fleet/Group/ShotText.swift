import FleetModel
import PacketProtocol

extension Shot {
    /// What a person wants to know of it, on a line.
    var summary: String {
        let released = cameras.count { $0.releasedAt != nil }
        let images = cameras.reduce(0) { $0 + $1.images.count }
        let whole = cameras.count { $0.state == .complete }
        let within = spread.map { ", spread \(readableTime($0)) over \(released)" } ?? ""
        return "shot \(number)  \(state.rawValue): \(whole) of \(cameras.count) cameras\(within), \(images) images"
    }

    /// A row for each body: when it was released, what it did, what it brought.
    func table(_ names: CameraNames) -> Table {
        var table = Table([
            .init(heading: "#", widest: 5, alignsRight: true), .init(heading: "NAME", widest: 20),
            .init(heading: "STATE", widest: 9), .init(heading: "RELEASED", widest: 12, alignsRight: true),
            .init(heading: "LATE BY", widest: 10, alignsRight: true), .init(heading: "IMAGES", widest: 60),
        ])
        for camera in cameras {
            let lateness = camera.lateness(after: firedAt)
            table.add([
                "\(camera.cameraNumber)", names[camera.id], camera.state.rawValue,
                lateness.map { signedTime($0 + (camera.offset ?? 0)) } ?? "-",
                lateness.map { readableTime($0) + (camera.isLate == true ? " !" : "") } ?? "-",
                camera.images.isEmpty ? "-" : camera.images.map(\.words).joined(separator: ", "),
            ])
        }
        return table
    }

    /// Why bodies were not released or brought nothing, and how far the times can be trusted: a sentence a line.
    func remarks(_ names: CameraNames) -> [String] {
        var remarks = cameras.compactMap { camera in
            camera.error.map { "\(names[camera.id]): \($0.message)" }
        }
        let late = cameras.filter { $0.isLate == true }
        if !late.isEmpty {
            remarks.append("late: " + late.map { names[$0.id] }.joined(separator: ", "))
        }
        if cameras.contains(where: { $0.isRealtime == false && $0.releasedAt != nil }) {
            remarks.append(
                "The bodies' drivers may not run before other programs here, which costs time: see camera-fleet doctor."
            )
        }
        return remarks
    }

    /// Whether there is something that the one who released should look at.
    var isLacking: Bool { state == .incomplete }
}

extension ShotImage {
    fileprivate var words: String { name + (isExtra == true ? " (extra)" : "") }
}

/// A time as a person reads it: `0.21 ms`, `5 ms`, `1.2 s`.
func readableTime(_ nanoseconds: Int64) -> String {
    let milliseconds = Double(nanoseconds) / 1e6
    if abs(milliseconds) >= 1_000 { return "\((milliseconds / 10).rounded() / 100) s" }
    let rounded = (milliseconds * 100).rounded() / 100
    return (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") + " ms"
}

/// The same of a time that is before or after another: `+0.21 ms`, `-12 ms`.
private func signedTime(_ nanoseconds: Int64) -> String {
    (nanoseconds < 0 ? "" : "+") + readableTime(nanoseconds)
}

extension Output {
    /// A shot, for a person or as JSON.
    static func shot(_ shot: Shot, _ names: CameraNames, json: Bool) async throws {
        if json { return try await Output.json(shot) }
        try await line(printable(shot.summary))
        for line in shot.table(names).lines { try await Output.line(line) }
        for remark in shot.remarks(names) { complain(printable(remark)) }
    }
}
