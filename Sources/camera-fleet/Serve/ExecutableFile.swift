import FoundationEssentials
import Glibc

/// A program of the user's that the server runs.
enum ExecutableFile {
    /// The absolute path of a file, without symbolic links. `purpose` stands in sentences: "The rescue command …".
    ///
    /// Throws a sentence when the file cannot be run.
    static func resolved(_ path: String, _ purpose: String) throws -> String {
        guard let resolved = realpath(path, nil) else {
            throw Failure("\(purpose) \(printable(path)) is not there: \(String(cString: strerror(errno))).")
        }
        defer { free(resolved) }
        let file = String(cString: resolved)
        guard isRunnable(file) else {
            throw Failure(
                "\(purpose) \(printable(file)) cannot be run: it has to be a program, or a script with #! and chmod +x."
            )
        }
        return file
    }

    /// The absolute path of the file that a word names: in one of the folders of `searchPath` where it has no slash. Its
    /// links stay: some programs look at the name by which they are run.
    static func named(_ word: String, searchPath: String, _ purpose: String) throws -> String {
        if !word.contains("/") {
            for folder in searchPath.split(separator: ":") where isRunnable("\(folder)/\(word)") {
                return absolute("\(folder)/\(word)")
            }
        }
        _ = try resolved(word, purpose)
        return absolute(word)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    private static func isRunnable(_ file: String) -> Bool {
        var status = stat()
        return stat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(file, X_OK) == 0
    }
}
