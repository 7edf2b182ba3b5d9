import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// The body that nobody disturbs, whatever befalls the others: here nothing may fail, and every answer has its time.
final class SoakWitness: Sendable {
    /// Something that was measured, and when: in parts of the run from 0 to 1.
    struct Reading: Sendable {
        let place: Double
        let milliseconds: Double
    }

    private struct Notes {
        var reads: [Reading] = []
        var bareReads: [Reading] = []
        /// From the arrival of a frame from the body to that of the next.
        var frameTimes: [Double] = []
    }

    private let notes = NIOLockedValueBox(Notes())
    private let start: ContinuousClock.Instant
    private let length: Double

    /// One whose run lasts from now on for so many seconds.
    init(seconds: Double) {
        start = .now
        length = seconds
    }

    var reads: [Reading] { notes.withLockedValue { $0.reads } }
    var bareReads: [Reading] { notes.withLockedValue { $0.bareReads } }
    var frameTimes: Samples { Samples(notes.withLockedValue { $0.frameTimes }) }

    private var now: Double { start.duration(to: .now) / .seconds(length) }

    // MARK: Reading

    /// Reads a widget twenty times a second; every ten seconds come a picture, a download and lists.
    func read(_ place: SoakPlace, _ body: SoakBody, until end: SoakEnd) throws {
        let photographer = try Photographer(place, body, name: "witness")
        var works = 0
        while !end.isReached {
            for _ in 0..<200 where !end.isReached {
                let reading = try Self.read(photographer)
                let place = now
                notes.withLockedValue { $0.reads.append(Reading(place: place, milliseconds: reading)) }
                end.pause(0.05)
            }
            works += 1
            do {
                switch works % 5 {
                case 0: try photographer.capture()
                case 1: try photographer.download()
                case 2: try photographer.listWidgets()
                case 3: try photographer.readThumbnail()
                default: try photographer.upload()
                }
            } catch let refusal as Refusal {
                place.ledger.fail("The witness: \(refusal)")
            }
        }
    }

    /// Milliseconds of one read.
    static func read(_ photographer: Photographer) throws -> Double {
        let start = ContinuousClock.now
        do {
            try photographer.readWidget()
        } catch let refusal as Refusal {
            photographer.place.ledger.fail("The witness: \(refusal)")
        }
        return start.duration(to: .now) / .milliseconds(1)
    }

    /// The same reads by the bare program, of another body, now and then.
    func readBare(_ bare: BareCamera, port: String, until end: SoakEnd) throws {
        while !end.isReached {
            let times = try bare.run(port, ["get", Photographer.widget, "40"]).milliseconds
            let place = now
            notes.withLockedValue { $0.bareReads += times.map { Reading(place: place, milliseconds: $0) } }
            end.pause(2)
        }
    }

    // MARK: Live view

    static let frameRate = 10.0

    /// Watches the live view at that many frames a second.
    func watch(_ place: SoakPlace, _ body: SoakBody, until end: SoakEnd) throws {
        let client = try SoakClient(place)
        let session = try client.open(body.camera)
        let viewer = try SoakTransfer(place: place, client: client, session: session).view(
            maximumFramesPerSecond: Self.frameRate)
        var last: SoakViewer.Frame?
        while !end.isReached {
            guard let frame = try viewer.next() else {
                return place.ledger.fail("The live view of the witness was ended.")
            }
            guard frame.isWhole else { return place.ledger.fail("A frame of the witness is no JPEG.") }
            let before = last
            last = frame
            guard let before else { continue }
            guard frame.number > before.number, frame.arrived >= before.arrived else {
                return place.ledger.fail("Frame \(frame.number) of the witness after \(before.number).")
            }
            notes.withLockedValue { $0.frameTimes.append(Double(frame.arrived - before.arrived) / 1e6) }
        }
        _ = try client.ask(.stopLiveView, Nothing(), FramesSent.self, session: session)
    }
}
