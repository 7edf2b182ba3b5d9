import FleetTesting
import Foundation

/// A worker program that is a script before it is the real one, so that it can be broken for one body alone.
final class BreakableWorker: Sendable {
    /// The program.
    let path: String
    private let folder = TemporaryFolder()
    private let script: String

    init() throws {
        path = "\(folder.path)/body-worker"
        // Its second word is the port of its body; what is to happen to the worker of that port lies in a file.
        script = """
            #!/bin/sh
            [ -e "\(folder.path)/$2" ] && . "\(folder.path)/$2"
            exec "\(Programs.path("body-worker"))" "$@"

            """
        try restore()
    }

    /// Every worker of a port starts with these commands of the shell from now on.
    func breaks(_ port: String, _ commands: String) throws {
        try Data("date +%s%N >> \"\(folder.path)/starts\"\n\(commands)\n".utf8)
            .write(to: URL(fileURLWithPath: "\(folder.path)/\(port)"), options: .atomic)
    }

    /// Workers of a port are themselves again.
    func repairs(_ port: String) throws {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(port)")
    }

    /// When workers were started since one was broken first, in nanoseconds since 1970.
    var starts: [Int] {
        let text = FileManager.default.contents(atPath: "\(folder.path)/starts") ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
    }

    /// The program is gone.
    func remove() throws {
        try FileManager.default.removeItem(atPath: path)
    }

    /// The program may not be run.
    func forbid() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    /// The program is there, and may be run.
    func restore() throws {
        // Not written to where it is: a script that is being written cannot be run.
        try Data(script.utf8).write(to: URL(fileURLWithPath: path + ".new"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + ".new")
        guard rename(path + ".new", path) == 0 else { throw POSIXError(.EIO) }
    }
}
