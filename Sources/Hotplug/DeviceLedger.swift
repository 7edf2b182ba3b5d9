/// A device that was seen, and whether udev has done with it.
package struct Sighting: Hashable, Sendable {
    package var device: UsbDevice
    /// udev's rules have been applied, or nobody applies any.
    package var isReady: Bool

    package init(_ device: UsbDevice, isReady: Bool) {
        self.device = device
        self.isReady = isReady
    }
}

/// Keeps what is plugged in and what was told of it, and says what is to be told next: the difference of the two.
///
/// So nothing is lost when nobody takes it for a while, and nothing grows: it holds each device that is plugged in and
/// each that was told, of which Linux has 127 a bus at most. A device that comes and goes meanwhile is not told at all;
/// one that is replugged is told to have left and arrived; many changes are told as one. Devices are told in the order
/// in which something first happened to them.
package struct DeviceLedger: Sendable {
    private struct Entry {
        var sighting: Sighting
        var role: UsbRole
        /// Which of all arrivals this was.
        var arrival: UInt64
        var isChanged = false
    }

    private struct Told {
        var device: UsbDevice
        var arrival: UInt64
    }

    private let models: UsbModels
    private let tellsOthers: Bool
    private var known: [String: Entry] = [:]
    private var told: [String: Told] = [:]
    /// Paths of which there may be something to tell, each once.
    private var waiting: [String] = []
    private var arrivals: UInt64 = 0

    /// An empty ledger. Unless it `tellsOthers`, devices that are no cameras are not told.
    package init(models: UsbModels, tellsOthers: Bool) {
        self.models = models
        self.tellsOthers = tellsOthers
    }

    // MARK: What happened

    /// A device was added, or found where nobody knew it. The same device again is no news, unless udev has done with
    /// it since.
    package mutating func add(_ sighting: Sighting) {
        let path = sighting.device.systemPath
        guard let entry = known[path], entry.sighting.device.deviceNumber == sighting.device.deviceNumber else {
            arrivals += 1
            known[path] = Entry(sighting: sighting, role: role(of: sighting), arrival: arrivals)
            note(path)
            return
        }
        update(path, entry, with: sighting, isChanged: sighting.isReady && !entry.sighting.isReady)
    }

    /// Something about a device changed; one that nobody knew is added.
    package mutating func change(_ sighting: Sighting) {
        let path = sighting.device.systemPath
        guard let entry = known[path], entry.sighting.device.deviceNumber == sighting.device.deviceNumber else {
            add(sighting)
            return
        }
        update(path, entry, with: sighting, isChanged: true)
    }

    /// A device is gone. Where its number is known and is another than that of the device which is there, it was one
    /// before that.
    package mutating func remove(_ systemPath: String, deviceNumber: Int?) {
        guard let entry = known[systemPath] else { return }
        if let deviceNumber, deviceNumber != entry.sighting.device.deviceNumber { return }
        known[systemPath] = nil
        note(systemPath)
    }

    /// All devices that are there, after what happened in between was missed: of those that stayed something may have
    /// changed.
    package mutating func find(_ sightings: [Sighting]) {
        let found = Set(sightings.map(\.device.systemPath))
        for path in known.keys.sorted() where !found.contains(path) { remove(path, deviceNumber: nil) }
        for sighting in sightings { change(sighting) }
    }

    private mutating func update(_ path: String, _ entry: Entry, with sighting: Sighting, isChanged: Bool) {
        var entry = entry
        if isChanged || sighting.device != entry.sighting.device { entry.isChanged = true }
        entry.sighting.device = sighting.device
        entry.sighting.isReady = entry.sighting.isReady || sighting.isReady
        // What drivers and udev take from a device does not make it less of a camera.
        if case .other = role(of: sighting) {} else { entry.role = role(of: sighting) }
        // What is no news keeps no place before the news of others.
        if entry.isChanged || entry.role != known[path]?.role { note(path) }
        known[path] = entry
    }

    private func role(of sighting: Sighting) -> UsbRole { sighting.device.role(under: models) }

    private mutating func note(_ path: String) {
        if !waiting.contains(path) { waiting.append(path) }
    }

    // MARK: What is to be told

    /// The next thing to tell, which counts as told then; nil when all is told.
    package mutating func next() -> HotplugEvent? {
        while let path = waiting.first {
            let event = next(at: path)
            // Of one that left another may have arrived; after everything else, all is told of this path.
            if told[path]?.arrival == known[path]?.arrival || event == nil { waiting.removeFirst() }
            if let event { return event }
        }
        return nil
    }

    private mutating func next(at path: String) -> HotplugEvent? {
        let entry = known[path]
        if let told = told[path], told.arrival != entry?.arrival {
            self.told[path] = nil
            return .left(told.device)
        }
        guard let entry else { return nil }
        known[path]?.isChanged = false
        let device = entry.sighting.device
        guard told[path] != nil else {
            if case .other = entry.role, !tellsOthers { return nil }
            told[path] = Told(device: device, arrival: entry.arrival)
            return .arrived(device, entry.role)
        }
        told[path]?.device = device
        return entry.isChanged ? .changed(device) : nil
    }
}
