import FoundationEssentials

extension TemporaryFolder {
    /// Makes a shell script that can be run, and gives its path.
    ///
    /// A program of its own writes it: a file that this process has open for writing cannot be executed ("text file busy"),
    /// and a child that another test starts at that moment has it open until it begins.
    public func script(_ name: String, _ text: String) async throws -> String {
        let draft = "\(path)/\(name).draft"
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(filePath: draft))
        let copy = try await Command.run(
            "/bin/sh", ["-c", "cp \"$1\" \"$2\" && chmod 755 \"$2\"", "sh", draft, "\(path)/\(name)"])
        guard copy.code == 0 else { throw ScriptNotMade(reason: copy.errors) }
        return "\(path)/\(name)"
    }
}

/// A script that could not be written.
struct ScriptNotMade: Error {
    let reason: String
}
