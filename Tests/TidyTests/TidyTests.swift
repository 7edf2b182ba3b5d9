import Testing

@Suite struct TidyTests {
    /// Read once for all rules.
    private static let files = Result { try Repository().files }

    @Test("The repository keeps the rule", arguments: Rule.all)
    func repository(_ rule: Rule) throws {
        let files = try Self.files.get()
        try #require(files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        try #require(files.contains { $0.isInSources })
        for finding in files.flatMap(rule.findings) { Issue.record("\(finding)") }
    }

    @Test("A rule finds each line that breaks it, and nothing else", arguments: Rule.all)
    func examples(_ rule: Rule) {
        for example in rule.examples {
            let found = rule.findings(in: File(path: example.path, text: example.text))
            #expect(found.map(\.line) == example.lines, "in \(example.path): \(example.text)")
        }
        #expect(rule.examples.contains { !$0.lines.isEmpty })
        #expect(rule.examples.contains { $0.lines.isEmpty })
    }

    @Test("A finding names file, line and rule")
    func finding() throws {
        let file = File(path: "Sources/Fleet/A.swift", text: "\n    let a = try! f()\n")
        let findings = Rule.traps.findings(in: file)
        #expect(
            findings.map(\.description) == [
                "Sources/Fleet/A.swift:2: nothing from outside can end the process: no try!, as! or fatalError: "
                    + "let a = try! f()"
            ])
    }

    @Test("At the top lies only what belongs there")
    func top() throws {
        #expect(Repository.strangers(among: ["Sources", "Scripts", "notes.txt"]) == ["Scripts", "notes.txt"])
        for stranger in Repository.strangers(among: try Repository().trackedAtTop ?? []) {
            Issue.record("\(stranger):0: at the top lies only what belongs there")
        }
    }

    @Test("Comments and strings are told from code, however they nest")
    func sourceText() {
        let text = SourceText(
            ##"""
            a "b \"c\" \(d + "e \(f)") g" h // i "
            j /* k /* l */ m */ n #"o \(p) \#(q) ""# r
            s """
            t "u" \(v)
            """ w
            """##)
        let code = text.code.map { $0.split(separator: " ").joined(separator: " ") }
        let comments = text.comments.map { $0.split(separator: " ").joined(separator: " ") }
        #expect(code == ["a d + f h", "j n q r", "s", "v", "w"])
        #expect(comments == ["// i \"", "/* k /* l */ m */", "", "", ""])
    }
}
