extension Rule {
    static let length = Rule(
        name: "a file has at most 400 lines",
        examples: [
            .bad("Sources/Fleet/A.swift", String(repeating: "\n", count: 401), at: 401),
            .good("Sources/Fleet/A.swift", String(repeating: "\n", count: 400)),
        ]
    ) { file in
        // A file ends with a line break, after which no line comes.
        let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
        return count > 400 && !file.path.hasSuffix(".md") && file.path != "LICENSE" ? [401] : []
    }

    static let names = Rule(
        name: "a name says what a thing is: no manager, no helper, no utility",
        examples: [
            .bad("Sources/Fleet/A.swift", "public final class BodyManager {\n}\nstruct Helper<Value> {}", at: 1, 3),
            .bad("Tests/FleetTests/A.swift", "enum Util {}\n    func helperForTests() {}", at: 1, 2),
            .bad("Sources/Fleet/SessionUtils.swift", "", at: 0),
            .bad("Deploy/build_helper", "", at: 0),
            .good("Sources/Fleet/A.swift", "let files = FileManager.default // a helper\nfunc manage() {}\n"),
            .good("Sources/Fleet/Utilization.swift", "struct Utilization {}"),
        ]
    ) { file in
        let ofFile = file.path.split(separator: "/").contains { isEmpty(String($0)) } ? [0] : []
        guard file.isSwift else { return ofFile }
        return ofFile
            + file.code.numbers { line in
                let words = line.words
                return zip(words, words.dropFirst()).contains { keyword, name in
                    declarations.contains(keyword) && isEmpty(String(name))
                }
            }
    }

    private static let declarations: Set<Substring> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype", "func", "macro",
    ]

    private static let emptyWords: Set<String> = [
        "manager", "managers", "helper", "helpers", "util", "utils", "utility", "utilities",
    ]

    /// Whether one of the name's words, in camel case or with underscores, says nothing.
    private static func isEmpty(_ name: String) -> Bool {
        var word = ""
        for character in name {
            if !character.isLowercase {
                if emptyWords.contains(word) { return true }
                word = ""
            }
            if character.isLetter { word += character.lowercased() }
        }
        return emptyWords.contains(word)
    }

    private static let marks = ["TO" + "DO", "FIX" + "ME"]

    static let notes = Rule(
        name: "what is to be done is done, not noted",
        examples: [
            .bad("Sources/Fleet/A.swift", "let a = 1  // \(marks[0]): two\n/* a\n\(marks[1]) */", at: 1, 3),
            .bad("Deploy/run", "# \(marks[0])\n", at: 1),
            .good("Sources/Fleet/A.swift", "let mark = \"\(marks[0])\"\n// METHODOLOGY"),
        ]
    ) { file in
        file.comments.numbers { line in marks.contains { line.words.contains(Substring($0)) } }
    }

    /// Folders of one machine: no part of the repository may know them.
    private static let folders = ["root", "work", "opt/swift"].map { "/\($0)" }

    static let machinePaths = Rule(
        name: "no path of one machine",
        examples: [
            .bad("Deploy/run", "cd \(folders[0])/fleet\ncd \"\(folders[1])/main\"\n", at: 1, 2),
            .bad("README.md", "See \(folders[2])-packages.", at: 1),
            .bad("Sources/Fleet/A.swift", "let folder = \"\(folders[0])\"", at: 1),
            .good("Deploy/run", "cd \"$HOME\(folders[1])/main\"\ncd \(folders[1])er/a\necho .\(folders[1])/a"),
        ]
    ) { file in
        file.lines.numbers { line in
            folders.contains { folder in
                guard line.utf8.count >= folder.utf8.count, line.contains(folder) else { return false }
                return line.ranges(of: folder).contains { range in
                    let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
                    let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
                    return !before.isLetter && !before.isNumber && !"._-/$}".contains(before)
                        && !after.isLetter && !after.isNumber
                }
            }
        }
    }
}
