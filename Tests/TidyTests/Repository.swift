import Foundation

/// The repository that this test was built from.
struct Repository {
    /// Its top folder.
    let root: String

    init() {
        root =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    /// What may lie at the top.
    static let allowedAtTop: Set<String> = [
        ".ci", ".gitignore", ".swift-format", "Deploy", "LICENSE", "Package.swift", "README.md", "Sources", "Tests",
    ]

    /// The folders whose every file is checked.
    static let folders = [".ci", "Deploy", "Sources", "Tests"]

    /// Every text file of the folders, and those at the top.
    var files: [File] {
        get throws {
            let atTop = Self.allowedAtTop.subtracting(Self.folders).filter {
                FileManager.default.fileExists(atPath: "\(root)/\($0)")
            }
            let below = Self.folders.flatMap { folder in
                (FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.allObjects ?? [])
                    .compactMap { $0 as? String }.map { "\(folder)/\($0)" }
            }
            return try (atTop + below).sorted().compactMap { path in
                var isFolder: ObjCBool = false
                guard !path.contains("__pycache__"),
                    FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder),
                    !isFolder.boolValue
                else { return nil }
                let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)"))
                // Images and other samples are no text.
                return String(data: bytes, encoding: .utf8).map { File(path: path, text: $0) }
            }
        }
    }

    /// What lies at the top and is under version control; nil where git does not say.
    var trackedAtTop: [String]? {
        get throws {
            let git = Process()
            let output = Pipe()
            git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            git.arguments = ["git", "-C", root, "ls-files"]
            git.standardInput = FileHandle.nullDevice
            git.standardOutput = output
            git.standardError = FileHandle.nullDevice
            try git.run()
            let listing = try output.fileHandleForReading.readToEnd() ?? Data()
            git.waitUntilExit()
            guard git.terminationStatus == 0 else { return nil }
            let paths = String(decoding: listing, as: UTF8.self).split(separator: "\n")
            return Set(paths.map { String($0.prefix { $0 != "/" }) }).sorted()
        }
    }

    /// Those of the names that may not lie at the top.
    static func strangers(among names: [String]) -> [String] {
        names.filter { !allowedAtTop.contains($0) }
    }
}
