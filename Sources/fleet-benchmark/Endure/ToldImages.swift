import FleetModel
import NIOConcurrencyHelpers

/// What clients were told of saved images: the server may never take it back.
final class ToldImages: Sendable {
    /// An image on its body.
    struct Name: Hashable, Sendable {
        let camera: String
        let folder: String
        let name: String
    }

    /// Where it was said to be, and what.
    struct Place: Hashable, Sendable, Decodable {
        let savedAs: String
        let size: Int64
        let sha256: String

        enum CodingKeys: String, CodingKey { case savedAs = "saved_as", size, sha256 }
    }

    private let told = NIOLockedValueBox<[Name: Place]>([:])
    private let ledger: SoakLedger

    init(_ ledger: SoakLedger) {
        self.ledger = ledger
    }

    /// Somebody was told of it.
    func note(_ name: Name, _ place: Place) {
        let before = told.withLockedValue { told in
            defer { told[name] = place }
            return told[name]
        }
        guard let before, before != place else { return }
        ledger.fail("\(name) was saved as \(before), and is said to be saved as \(place)")
    }

    var all: [Name: Place] { told.withLockedValue { $0 } }
}
