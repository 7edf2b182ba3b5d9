import Archive
public import FleetModel

/// Which ports have a body tethered: those of the network, that a person names or that were discovered, and those on USB,
/// that udev tells of.
extension CameraRegistry {
    /// Has the body at a port tethered, once the service runs; `model` is what the driver calls it, where that is known.
    ///
    /// Throws Invalid_Parameter for a port that has a tether already.
    public func add(_ port: BodyPort, model: String? = nil) async throws(FleetError) {
        guard tethers[port] == nil else {
            throw FleetError(.invalidParameter, "\(port) is given twice; each body is tethered once.")
        }
        let notices = TetherNotices()
        tethers[port] = notices
        // Whatever answers there, until it does it is taken for the body that did so last.
        let likely = bodies.first {
            port.isNetwork && $0.info.port == port.path && $0.info.state == .unplugged && $0.info.provisional != true
        }
        await start(Place(port: port, model: model), likely, words: [model ?? "", port.path], notices)
    }

    /// A device that is a body was plugged in. The second time it says nothing.
    func plug(_ place: Place) async {
        guard tethers[place.port] == nil, let usb = place.usb else { return }
        let notices = TetherNotices()
        tethers[place.port] = notices
        dropStrangers()
        let likely = identities.likely(usb).flatMap { id in
            bodies.first { $0.info.id == id && $0.info.provisional != true && $0.info.state == .unplugged }
        }
        let words = [place.shownModel ?? usb.model, SerialNumber.telling(usb.serial) ?? usb.socket]
        await start(place, likely, words: words, notices)
    }

    /// Something about a device has changed: a body that could not be opened is tried again now.
    func retry(_ port: BodyPort) {
        tethers[port]?.nudge()
    }

    /// A device is gone. What its body did ends with Camera_Unplugged, now.
    func unplug(_ port: BodyPort) async {
        guard let notices = tethers.removeValue(forKey: port) else { return }
        let gone = FleetError(.cameraUnplugged, "The body was unplugged, or switched off.")
        notices.remove(gone)
        release(port)
        for body in bodies where body.info.port == port.path {
            await body.detach(.unplugged, gone, from: port)
        }
        dropStrangers()
    }

    private func start(_ place: Place, _ likely: CameraBody?, words: [String], _ notices: TetherNotices) async {
        let body: CameraBody
        if let likely {
            body = likely
        } else {
            let id = BodyID(of: words.filter { !$0.isEmpty })
            if let waiting = provisionalIDs[id.rawValue], waiting.info.provisional == true,
                waiting.info.state == .unplugged
            {
                body = waiting
            } else {
                let number = leastFreeNumber
                let name = "camera-\(number)"
                let info = CameraInfo(
                    id: id, provisional: true, cameraNumber: number,
                    name: bodies.contains { $0.info.name == name } ? id.rawValue : name,
                    model: place.shownModel ?? place.model ?? "", port: place.port.path, state: .connecting)
                body = CameraBody(info: info, events: events, limits: limits)
                bodies.append(body)
                provisionalIDs[id.rawValue] = body
            }
        }
        await body.connect(at: place.port, notices)
        let tether = Tether(at: place, notices, of: self)
        guard !addChore({ await tether.run(for: body) }) else { return }
        tethers[place.port] = nil
        await body.detach(
            .fault, FleetError(.tooMany, "Too many bodies came at once; plug this one in again."), from: place.port)
    }

    /// Bodies that left before they were ever opened are no bodies of the fleet, unless somebody has a session on them.
    private func dropStrangers() {
        let strangers = bodies.filter {
            $0.info.provisional == true && $0.info.state == .unplugged && $0.info.sessions == 0
                && tethers[BodyPort(path: $0.info.port)] == nil
        }
        for stranger in strangers {
            bodies.removeAll { $0 === stranger }
            provisionalIDs = provisionalIDs.filter { $0.value !== stranger }
        }
    }
}

/// Where a body is, and what is known of it before it is opened.
struct Place: Sendable {
    /// The port in libgphoto2's words.
    let port: BodyPort
    /// The model in the driver's words.
    var model: String?
    /// The model in the body's own words, to be shown until it is opened.
    var shownModel: String?
    /// Whether it shows itself as a drive, which no driver can open.
    var isInWrongMode = false
    /// What its device shows, on USB.
    var usb: UsbTrace?
    /// The device's node, on USB, such as `/dev/bus/usb/001/004`.
    var node: String?
}
