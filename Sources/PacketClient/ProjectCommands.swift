public import FleetModel
import PacketProtocol

/// The commands for projects. All throw what `request` throws.
extension FleetConnection {
    /// Has the shots and images to come belong to a project (0x0965), in place of the one that is open.
    public func openProject(_ name: String) async throws(FleetClientError) {
        _ = try await request(.openProject, arguments: ProjectArguments(project: name), as: ProjectArguments.self)
    }

    /// Has them belong to none (0x0966).
    public func closeProject() async throws(FleetClientError) {
        _ = try await request(.closeProject, arguments: Nothing(), as: Nothing.self)
    }

    /// Projects, the one opened last first (0x0967): so many at most, those opened before one.
    public func projects(limit: Int? = nil, before: String? = nil) async throws(FleetClientError) -> [Project] {
        try await request(
            .listProjects, arguments: ListProjectsArguments(limit: limit, before: before), as: ProjectList.self
        ).projects
    }
}
