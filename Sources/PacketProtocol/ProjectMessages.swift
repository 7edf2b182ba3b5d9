public import FleetModel

/// Arguments and result of OPEN_PROJECT.
public struct ProjectArguments: Codable, Sendable {
    /// Its name: 1 to 100 characters.
    public var project: String

    /// A project.
    public init(project: String) { self.project = project }
}

/// Arguments of LIST_PROJECTS.
public struct ListProjectsArguments: Codable, Sendable {
    /// The most projects of one answer; 100 when nil, 1,000 at most.
    public var limit: Int?
    /// The last project of the answer before.
    public var before: String?

    /// A page of projects.
    public init(limit: Int? = nil, before: String? = nil) {
        self.limit = limit
        self.before = before
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        limit = try container.optional(.limit)
        before = try container.optional(.before)
    }
}

/// Result of LIST_PROJECTS.
public struct ProjectList: Codable, Sendable {
    /// The one opened last first.
    public var projects: [Project]

    /// Projects in order.
    public init(projects: [Project]) { self.projects = projects }
}
