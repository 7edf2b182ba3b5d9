import Archive
import FleetModel
import Logging
import PacketProtocol

/// Finds out which body was opened.
extension CameraRegistry {
    /// How long a body is asked whether it is there, when another one shows its serial number.
    private static let doubtTime: Duration = .seconds(5)

    /// Finds out which body was opened at a place behind a link, and attaches it; gives that body. `found` is the body that
    /// the port had before, or the provisional one.
    func welcome(
        _ description: BodyDescription, at place: Place, behind link: WorkerLink, found: CameraBody
    ) async -> CameraBody {
        let port = place.port
        welcoming[port] = []
        defer { for waiter in welcoming.removeValue(forKey: port) ?? [] { waiter.resume() } }
        let (known, identity) = await identify(description, at: place, found: found)
        // Another body than before answers at this address: that one is away.
        if known !== found, found.info.provisional != true {
            await found.detach(
                .unplugged, FleetError(.cameraUnplugged, "Another body answers at \(port) now."), from: port)
        }
        await known.attach(link, description, as: identity, port: port)
        ingest.resume(known)
        return known
    }

    /// Finds out which body it is, and gives it its place in the roster.
    private func identify(
        _ description: BodyDescription, at place: Place, found: CameraBody
    ) async -> (CameraBody, Identity) {
        let evidence = BodyEvidence(
            (description.model, description.manufacturer, description.serial), usb: place.usb, port: place.port)
        let id = await recognise(evidence)
        // One that was forgotten while it was away has a number that may be another's now.
        let isListed = bodies.contains { $0 === found }
        let isFree = !bodies.contains { $0.info.cameraNumber == found.info.cameraNumber }
        let proposed = isListed || isFree ? found.info.cameraNumber : nil
        recall(id, found)
        let known = bodies.first { $0.info.id == id && $0.info.provisional != true }
        let entry = await admit(id, description, at: place, proposedNumber: proposed)
        guard let known, known !== found else {
            if found.info.provisional == true || found.info.id == id {
                if !bodies.contains(where: { $0 === found }) { bodies.append(found) }
                return (found, Identity(id: id, entry: entry))
            }
            // Another body answers at this address now, one that was never seen.
            let info = CameraInfo(
                id: id, cameraNumber: entry?.cameraNumber ?? leastFreeNumber, name: entry?.displayName ?? id.rawValue,
                model: description.model, port: place.port.path, state: .connecting)
            let body = CameraBody(info: info, events: events, limits: limits)
            bodies.append(body)
            return (body, Identity(id: id, entry: entry))
        }
        if found.info.provisional == true {
            let provisional = found.info.id.rawValue
            bodies.removeAll { $0 === found }
            provisionalIDs[provisional] = known
            moveSessions(from: found, to: known)
            await known.takeOver(found)
        }
        return (known, Identity(id: id, entry: entry))
    }

    /// The id of a body by what it shows. Where another one shows the same serial number, that one is asked whether it is
    /// there still: a body that was on the network may have been plugged in.
    private func recognise(_ evidence: BodyEvidence) async -> BodyID {
        var isDouble = false
        while true {
            switch identities.identify(evidence, isDouble: isDouble) {
            case .body(let id, let shared):
                for serial in shared { await note(serial) }
                return id
            case .taken(let id, let port):
                let holder = bodies.first { $0.info.id == id && $0.info.port == port.path }
                if holder == nil, welcoming[port] != nil {
                    // It was found out a moment ago, and is not attached yet. Who holds an id waits for nobody.
                    await withCheckedContinuation { welcoming[port]?.append($0) }
                    continue
                }
                guard let holder, await !holder.isAnswering(within: Self.doubtTime) else {
                    isDouble = holder != nil
                    if holder == nil { identities.release(port) }
                    continue
                }
                identities.release(port)
                await holder.leaveForAnother()
            }
        }
    }

    private func note(_ serial: SharedSerial) async {
        logger.notice(
            "two bodies show the same serial number",
            metadata: ["model": "\(serial.model)", "serial": "\(serial.serial)", "of": "\(serial.source.rawValue)"])
        do throws(FleetError) {
            try await roster.note(serial)
        } catch {
            logger.error("roster failed", metadata: ["serial": "\(serial.serial)", "error": "\(error)"])
        }
    }

    /// A body that was forgotten comes back: it is listed again, with the sessions that it had.
    private func recall(_ id: BodyID, _ found: CameraBody) {
        guard let body = forgotten.first(where: { $0.info.id == id }) else { return }
        forgotten.removeAll { $0 === body }
        if !bodies.contains(where: { $0 === body || $0.info.id == id && $0.info.provisional != true }) {
            bodies.append(body)
        }
    }

    /// The roster's entry of a body that was opened; nil when the roster fails, which costs the body its name and nothing
    /// else.
    private func admit(
        _ id: BodyID, _ description: BodyDescription, at place: Place, proposedNumber: Int?
    ) async -> RosterEntry? {
        do throws(FleetError) {
            return try await roster.admit(
                id: id, model: description.model, manufacturer: description.manufacturer, serial: description.serial,
                port: place.port.path, usb: place.usb, proposedNumber: proposedNumber,
                reservedNumbers: Set(bodies.map(\.info.cameraNumber)))
        } catch {
            logger.error("roster failed", metadata: ["body": "\(id)", "error": "\(error)"])
            return nil
        }
    }

    /// The body at a port is gone: one with the same id may come at another.
    func release(_ port: BodyPort) {
        identities.release(port)
    }
}
