import Archive
import FleetModel
import NIOConcurrencyHelpers

/// Which project is open, for those who cannot wait for the archive.
final class Projects: Sendable {
    let archive: ProjectArchive
    private let state: NIOLockedValueBox<String?>

    /// The projects of an archive, one of which may have been left open.
    init(_ archive: ProjectArchive) async throws(FleetError) {
        self.archive = archive
        state = NIOLockedValueBox(try await archive.openOne())
    }

    /// The project that is open.
    var current: String? { state.withLockedValue { $0 } }

    /// Opens a project in place of the one that is open.
    ///
    /// Throws Invalid_Parameter for what no name can be.
    func open(_ name: String) async throws(FleetError) {
        try await archive.open(name, at: WallClock.now()) { [state] in state.withLockedValue { $0 = name } }
    }

    /// Closes the one that is open.
    func close() async throws(FleetError) {
        try await archive.close { [state] in state.withLockedValue { $0 = nil } }
    }
}
