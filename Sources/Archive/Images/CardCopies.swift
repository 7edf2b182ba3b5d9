public import FleetModel
import GRDB

/// The copies of saved images on their bodies' cards, which may go once the image is safe.
extension ImageArchive {
    /// An image whose card's copy is to be deleted.
    public struct CardCopy: Sendable, Hashable {
        /// The image.
        public let image: SavedImage
        /// The time that its body gave for it, in seconds since 1970; nil where it gave none.
        public let modified: Int64?
    }

    /// What became of a card's copy.
    public enum CardOutcome: String, Sendable {
        /// It is deleted, or was gone already.
        case deleted
        /// Another image has its name now, which stays.
        case kept
    }

    /// So many images of a body at most whose card's copy is to be deleted and which have all their copies here, oldest
    /// first: those after one, or that one alone.
    public func cardCopiesToDelete(
        of camera: BodyID, after number: Int64 = 0, only: Int64? = nil, limit: Int
    ) async throws(FleetError) -> [CardCopy] {
        try await Roster.read(database) { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM image WHERE body_id = ? AND card = 'to delete' AND state = 'saved'
                        AND second_copy IS NOT 'wanted' AND number > ? AND number BETWEEN ? AND ?
                    ORDER BY number LIMIT ?
                    """,
                arguments: [camera.rawValue, number, only ?? 0, only ?? .max, limit]
            ).map { CardCopy(image: ImageRow.saved($0), modified: $0["modified"]) }
        }
    }

    /// The card's copy of an image is dealt with.
    public func note(_ outcome: CardOutcome, of copy: CardCopy) async throws(FleetError) {
        try await write { database in
            try database.execute(
                sql: "UPDATE image SET card = ? WHERE number = ?", arguments: [outcome.rawValue, copy.image.number])
        }
    }
}
