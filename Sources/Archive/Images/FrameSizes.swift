public import FleetModel
import GRDB

extension ImageArchive {
    /// How many of a body's newest images are looked at.
    private static let newestImages = 40
    /// And of all bodies.
    private static let mostImages = 10_000

    /// The mean size of the newest saved frames of each of these bodies that has one, in bytes. A frame is all images of one
    /// release: those of one shot, or else those whose names differ in their endings alone.
    public func frameSizes(of cameras: [BodyID]) async throws(FleetError) -> [Int64] {
        guard !cameras.isEmpty else { return [] }
        return try await Roster.read(database) { database in
            // The newest of all are found by one short look, and most often they are of all bodies.
            let newest = try Row.fetchAll(
                database, sql: "SELECT * FROM image WHERE state = 'saved' ORDER BY number DESC LIMIT ?",
                arguments: [min(Self.newestImages * cameras.count, Self.mostImages)]
            ).map(ImageRow.saved)
            let known = Dictionary(grouping: newest, by: \.camera)
            return try cameras.compactMap { camera in
                if let images = known[camera] { return Self.frameSize(of: Array(images.prefix(Self.newestImages))) }
                let older = try Row.fetchAll(
                    database,
                    sql: "SELECT * FROM image WHERE body_id = ? AND state = 'saved' ORDER BY number DESC LIMIT ?",
                    arguments: [camera.rawValue, Self.newestImages])
                return Self.frameSize(of: older.map(ImageRow.saved))
            }
        }
    }

    /// The mean size of the frames that images make, newest first; nil where there is none.
    private static func frameSize(of images: [SavedImage]) -> Int64? {
        var sizes: [String: Double] = [:]
        var oldest: String?
        for image in images {
            let stem = image.name.lastIndex(of: ".").map { String(image.name[..<$0]) } ?? image.name
            let frame = image.shot.map { "\($0)" } ?? "\(image.folder)/\(stem)"
            sizes[frame, default: 0] += Double(image.size)
            oldest = frame
        }
        // The last one may go on beyond what was looked at.
        if images.count == newestImages, sizes.count > 1, let oldest { sizes[oldest] = nil }
        guard !sizes.isEmpty else { return nil }
        return Int64(sizes.values.reduce(0, +) / Double(sizes.count))
    }
}
