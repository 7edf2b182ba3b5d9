import Archive
public import FleetModel
public import PacketProtocol

/// The commands for projects: OPEN_PROJECT 0x0965, CLOSE_PROJECT 0x0966 and LIST_PROJECTS 0x0967.
extension CameraRegistry {
    private static let projectsOfAPage = 100
    private static let mostProjectsOfAPage = 1000

    /// OPEN_PROJECT: in place of the one that is open; one that was open before goes on.
    ///
    /// Throws Invalid_Parameter for what no name can be.
    public nonisolated func openProject(_ arguments: ProjectArguments) async throws(FleetError) -> ProjectArguments {
        try await projects.open(arguments.project)
        return arguments
    }

    /// CLOSE_PROJECT: the one that is open, if one is.
    public nonisolated func closeProject() async throws(FleetError) {
        try await projects.close()
    }

    /// LIST_PROJECTS: the one opened last first.
    ///
    /// Throws Invalid_Parameter for a limit below 1 and for a project that is none.
    public nonisolated func listProjects(_ arguments: ListProjectsArguments) async throws(FleetError) -> ProjectList {
        let limit = arguments.limit ?? Self.projectsOfAPage
        guard limit >= 1 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        return ProjectList(
            projects: try await projects.archive.projects(
                before: arguments.before, limit: min(limit, Self.mostProjectsOfAPage)))
    }
}
