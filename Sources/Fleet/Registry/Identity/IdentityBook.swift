import Archive
import FleetModel

/// Which body is which: what was seen of every body that was opened, which ids are taken now, and which serial numbers tell
/// nothing. A value, without devices.
///
/// An id is made of maker, model and the body's own serial number, else that of its USB descriptor, else its socket. A body
/// keeps the id that it was given first: where its serial number turns out to be another body's too, it is recognised by what
/// comes next in line, and so is the other.
struct IdentityBook: Sendable {
    private var known: [BodyID: BodyEvidence] = [:]
    private var shared: Set<SharedSerial>
    private var holders: [BodyID: BodyPort] = [:]

    init(known: [BodyID: BodyEvidence] = [:], shared: Set<SharedSerial> = []) {
        self.known = known
        self.shared = shared
    }

    /// Which body it is.
    enum Finding: Equatable {
        /// The body of this id, which is taken by its port now; `shared` are serial numbers that have turned out to tell
        /// nothing.
        case body(BodyID, shared: [SharedSerial])
        /// The body of that id and serial number is tethered at another port: unless it is gone from there, there are two.
        case taken(BodyID, at: BodyPort)
    }

    /// Finds the id of a body that was opened, and takes it. `isDouble`: the body that shows the same serial number was
    /// asked, and is there.
    mutating func identify(_ evidence: BodyEvidence, isDouble: Bool = false) -> Finding {
        release(evidence.port)
        let model = BodyID(of: evidence.words).rawValue
        var noted: [SharedSerial] = []
        if let serial = evidence.tellingSerial {
            let own = SharedSerial(model: model, serial: serial, source: .body)
            if !shared.contains(own) {
                let id = BodyID(of: evidence.words + [serial])
                guard let holder = holders[id] else { return .body(take(id, evidence), shared: []) }
                guard isDouble else { return .taken(id, at: holder) }
                shared.insert(own)
                noted.append(own)
            }
        }
        if let serial = evidence.tellingUsbSerial {
            let descriptor = SharedSerial(model: model, serial: serial, source: .usb)
            let former = former(of: evidence) { $0.tellingUsbSerial == serial }
            let id = former ?? BodyID(of: evidence.words + [serial])
            if !shared.contains(descriptor) {
                if holders[id] == nil, former != nil || known[id] == nil {
                    return .body(take(id, evidence), shared: noted)
                }
                shared.insert(descriptor)
                noted.append(descriptor)
            }
        }
        if let former = former(of: evidence, where: { $0.place == evidence.place }), holders[former] == nil {
            return .body(take(former, evidence), shared: noted)
        }
        let place = BodyID(of: evidence.words + [evidence.place])
        let id = holders[place] == nil ? place : BodyID(of: evidence.words + [evidence.place, evidence.port.path])
        return .body(take(id, evidence), shared: noted)
    }

    /// The body that a device most likely is, by what it shows before it is opened; nil when none or several could be it.
    func likely(_ usb: UsbTrace) -> BodyID? {
        let same = known.filter { $0.value.usb?.model == usb.model && holders[$0.key] == nil }
        if let serial = SerialNumber.telling(usb.serial) {
            let found = same.filter { $0.value.tellingUsbSerial == serial }
            if found.count == 1 { return found.keys.first }
            guard !found.isEmpty else { return nil }
        }
        let found = same.filter { $0.value.usb?.socket == usb.socket && $0.value.usb?.serial == usb.serial }
        return found.count == 1 ? found.keys.first : nil
    }

    /// Serial numbers that several bodies have shown at once.
    var sharedSerials: Set<SharedSerial> { shared }

    /// The body at a port is gone: it may come at another, with the same id.
    mutating func release(_ port: BodyPort) {
        holders = holders.filter { $0.value != port }
    }

    /// A body is dropped from the list.
    mutating func forget(_ id: BodyID) {
        known[id] = nil
    }

    /// A body that was met before, of the same model and own serial number, and alike in one more thing.
    private func former(of evidence: BodyEvidence, where isAlike: (BodyEvidence) -> Bool) -> BodyID? {
        known.filter {
            $0.value.words == evidence.words && $0.value.tellingSerial == evidence.tellingSerial && isAlike($0.value)
        }.keys.min { $0.rawValue < $1.rawValue }
    }

    private mutating func take(_ id: BodyID, _ evidence: BodyEvidence) -> BodyID {
        holders[id] = evidence.port
        // Over the network a body shows nothing of its USB side, which stays known.
        known[id] = BodyEvidence(
            words: evidence.words, serial: evidence.serial, usb: evidence.usb ?? known[id]?.usb, port: evidence.port)
        return id
    }
}
