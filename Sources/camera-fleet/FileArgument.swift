import ArgumentParser
import FleetModel

/// A file of a body as it is named on a command line: a folder and a name, as `files` shows it.
struct FileArgument: Sendable {
    let path: ObjectPath

    /// Reads `FOLDER/NAME`, with or without the slash at the beginning.
    static func parse(_ text: String) throws -> FileArgument {
        guard !text.isEmpty, !text.hasSuffix("/") else { throw ValidationError("Name a file, not a folder.") }
        let slash = text.lastIndex(of: "/")
        let folder = slash.map { String(text[..<$0]) } ?? ""
        let name = slash.map { String(text[text.index(after: $0)...]) } ?? text
        return FileArgument(path: ObjectPath(folder: folder.hasPrefix("/") ? folder : "/" + folder, name: name))
    }

    /// As `files` shows it.
    var text: String { joinedPath(path.folder, path.name) }
}
