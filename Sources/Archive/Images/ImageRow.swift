import FleetModel
import GRDB

/// A row of the journal of images. Its state says what is certain:
///
/// - `wanted`: the body told of it; nothing of it is certain here.
/// - `fetched`: its content is on the disk under the name in `spool`, and `saved_as` is reserved for it.
/// - `saved`: it is on the disk under the name in `saved_as`.
enum ImageRow {
    enum State: String {
        case wanted, fetched, saved
    }

    static func wanted(_ row: Row) -> WantedImage {
        WantedImage(
            number: row["number"], camera: BodyID(rawValue: row["body_id"]),
            path: ObjectPath(folder: row["folder"], name: row["name"]), time: row["time"], shot: row["shot"],
            project: row["project"])
    }

    static func saved(_ row: Row) -> SavedImage {
        SavedImage(
            number: row["number"], camera: BodyID(rawValue: row["body_id"]), folder: row["folder"], name: row["name"],
            savedAs: row["saved_as"], size: row["size"], sha256: row["sha256"], time: row["time"], shot: row["shot"],
            project: row["project"], hasSecondCopy: (row["second_copy"] as String?).map { $0 == "made" })
    }
}
