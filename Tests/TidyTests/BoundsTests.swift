import Testing

/// The page on queues and buffers says of each where it is: there it must be.
@Suite struct BoundsTests {
    private static let page = "Sources/Fleet/Fleet.docc/Bounds.md"
    /// Where queues and buffers are that a server has; clients' libraries say their own bounds.
    private static let targets = ["BodyWorker", "Fleet", "PacketServer"].map { "Sources/\($0)/" }

    @Test("Each type in the page's second column is declared in the server's or the worker's sources")
    func typesExist() throws {
        let files = try Repository().files
        let named = try Self.named(in: files)
        #expect(named.count >= 30)
        let declared = Set(files.filter(\.isSwift).filter(\.isInSources).flatMap { Self.declared(in: $0.code) })
        for name in named.sorted() where !declared.contains(name) {
            Issue.record("\(Self.page): no type is called \(name)")
        }
    }

    @Test("Each stream with a buffer is in a file that declares a type of the page")
    func streamsAreNamed() throws {
        let files = try Repository().files
        let named = try Self.named(in: files)
        var streams = 0
        for file in files where file.isSwift && Self.targets.contains(where: file.path.hasPrefix) {
            guard file.code.contains(where: { $0.contains("bufferingPolicy") }) else { continue }
            streams += 1
            guard named.isDisjoint(with: Self.declared(in: file.code)) else { continue }
            Issue.record("\(file.path): the page on bounds says nothing of its stream")
        }
        #expect(streams >= 6)
    }

    @Test("Each row of the page has its five columns, and no table is missing")
    func rows() throws {
        let rows = try Self.rows(in: try Repository().files)
        #expect(rows.count >= 35)
        for row in rows { #expect(row.count == 5 && !row[0].isEmpty && !row[2].isEmpty, "\(row)") }
    }

    /// The cells of the tables, without the heads.
    private static func rows(in files: [File]) throws -> [[String]] {
        let tables = try #require(files.first { $0.path == page })
        return tables.lines.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| What") && !$0.hasPrefix("| ---") }
            .map { line in
                line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                    .map { $0.split(separator: " ").joined(separator: " ") }
            }
    }

    private static func named(in files: [File]) throws -> Set<String> {
        Set(try rows(in: files).map { $0[1].filter { $0 != "`" } })
    }

    /// The names of the types that a file declares.
    private static func declared(in code: [String]) -> [String] {
        code.flatMap { line -> [String] in
            let words = line.words
            return zip(words, words.dropFirst())
                .filter { ["struct", "class", "actor", "enum"].contains($0.0) }.map { String($0.1) }
        }
    }
}
