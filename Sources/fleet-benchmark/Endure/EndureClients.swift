import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// Who takes pictures, and who listens, while the server is killed under them.
struct EndureClients: Sendable {
    let server: EndureServer
    let told: ToldImages
    let ledger: SoakLedger
    let seed: UInt64

    /// How long an answer may take when the server lives.
    private static let patience = 120

    /// Whether the server is another one than it was, or is not there.
    private func isGone(_ place: EndureServer.Place) -> Bool { server.current != place }

    // MARK: Pictures

    /// Releases all ready bodies again and again, each time with or without `download`.
    func takePictures(until end: EndureEnd) {
        var numbers = SoakNumbers(seed: seed, of: "photographer")
        while !end.isReached {
            guard let place = server.current else {
                end.pause(0.01)
                continue
            }
            do {
                try takePictures(at: place, &numbers, until: end)
            } catch {
                // Before the killer has said so, the kernel may have.
                end.pause(0.05)
                if !isGone(place) { ledger.count("connections that broke") }
            }
        }
    }

    private func takePictures(
        at place: EndureServer.Place, _ numbers: inout SoakNumbers, until end: EndureEnd
    ) throws {
        let connection = try PlainConnection(port: place.commandPort, patience: Self.patience)
        _ = try connection.receive()
        while !end.isReached, !isGone(place) {
            let isSaved = numbers.isOnce(in: 2)
            let transaction = try connection.send(.captureGroup, CaptureGroupArguments(download: isSaved))
            let answer = try connection.receive()
            guard answer.type == .response, answer.transactionID == transaction else {
                return ledger.fail("A shot is answered with \(answer).")
            }
            guard answer.code == ResponseCode.ok.rawValue else {
                // No body is ready, or the disk is full.
                ledger.count("shots refused: \((try? Refusal(answer))?.kind.name ?? "\(answer.code)")")
                end.pause(0.2)
                continue
            }
            note(try PacketJSON.decode(Shot.self, from: answer.content), isSaved)
            end.pause(Double.random(in: 0...0.4, using: &numbers))
        }
    }

    private func note(_ shot: Shot, _ isSaved: Bool) {
        ledger.count("shots, \(shot.state)")
        for camera in shot.cameras {
            for image in camera.images {
                ledger.count("images of shots")
                guard let savedAs = image.savedAs, let sha256 = image.sha256 else {
                    if isSaved { ledger.count("images of shots with download that were not saved at once") }
                    continue
                }
                told.note(
                    ToldImages.Name(camera: camera.id.rawValue, folder: image.folder, name: image.name),
                    ToldImages.Place(savedAs: savedAs, size: image.size, sha256: sha256))
            }
        }
    }

    // MARK: Events

    private struct Saved: Decodable {
        let camera: String
        let folder: String
        let name: String
    }

    /// Listens to image_saved.
    func listen(until end: EndureEnd) {
        while !end.isReached {
            guard let place = server.current else {
                end.pause(0.01)
                continue
            }
            do { try listen(at: place, until: end) } catch { end.pause(0.02) }
        }
    }

    private func listen(at place: EndureServer.Place, until end: EndureEnd) throws {
        let connection = try PlainConnection(commandPort: place.commandPort)
        _ = try connection.ask(
            .subscribeEvents, SubscribeEventsArguments(events: ["image_saved"]), Nothing.self)
        while !end.isReached {
            guard connection.isReadable(within: 0.2) else { continue }
            let packet = try connection.receive()
            guard packet.type == .event, packet.code == EventCode.imageSaved.rawValue else { continue }
            ledger.count("image_saved")
            let saved = try PacketJSON.decode(Saved.self, from: packet.content)
            told.note(
                ToldImages.Name(camera: saved.camera, folder: saved.folder, name: saved.name),
                try PacketJSON.decode(ToldImages.Place.self, from: packet.content))
        }
    }
}
