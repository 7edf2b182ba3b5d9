import FleetTesting
import FoundationEssentials
import Testing
import VirtualCamera

/// Debian's gphoto2 command and our server, asked the same of bodies of the same description, of every dialect.
@Suite struct SecondOpinionBodyTests {
    /// What the command said of a body.
    private struct Opinion {
        let widgets: [[String: String]]
        let choices: [[String]]
        let files: [String]
        let storage: String
        let summary: String
        let about: String
        let thumbnail: [UInt8]
    }

    /// Has the command look at a body of a description, which is its own.
    private func ask(_ description: VirtualBodyDescription) async throws -> Opinion {
        let folder = TemporaryFolder()
        // Where images go is a setting of the program's, which is the card with us.
        try FileManager.default.createDirectory(atPath: "\(folder.path)/.gphoto", withIntermediateDirectories: false)
        try Data("ptp2=capturetarget=card\n".utf8).write(to: URL(filePath: "\(folder.path)/.gphoto/settings"))
        let rig = try await VirtualRig.start([description])
        let port = ["--camera", "PTP/IP Camera", "--port", rig.listeners[0].portPath]
        // Its driver waits two seconds and a half for an answer, whatever else the machine does: it may try again.
        func run(_ arguments: String...) async throws -> String {
            let command = ["HOME=\(folder.path)", "LC_ALL=C", "gphoto2"] + port + arguments
            var result = try await Command.run("/usr/bin/env", command)
            for _ in 0..<3 where result.code != 0 { result = try await Command.run("/usr/bin/env", command) }
            return result.output
        }
        let blocks = try await run("--list-all-config").components(of: "\nEND\n")
        let files = try await run("--list-files").split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
        let storage = try await run("--storage-info")
        let summary = try await run("--summary")
        let about = try await run("--about")
        _ = try await run("--get-thumbnail", "1", "--filename", "\(folder.path)/thumbnail.jpg")
        // The command puts a word of its own before the name.
        let thumbnail = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/thumb_thumbnail.jpg")))
        await rig.stop()
        return Opinion(
            widgets: blocks.map { Self.fields($0) }, choices: blocks.map { Gphoto2.choices(in: $0) }, files: files,
            storage: storage, summary: summary, about: about, thumbnail: thumbnail)
    }

    /// The lines of a widget, by the word before the colon; its path under none.
    private static func fields(_ block: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in block.split(separator: "\n") {
            guard !line.hasPrefix("/") else {
                fields[""] = String(line)
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...].dropFirst())
        }
        return fields
    }

    private static let types: [String: Int] = [
        "DATE": 0x0101, "TOGGLE": 0x0102, "BUTTON": 0x0103, "RANGE": 0x0104, "MENU": 0x0105, "RADIO": 0x0106,
        "TEXT": 0x0107,
    ]

    /// Whether a value is what the command printed.
    private static func isSame(_ value: JSONValue, _ printed: String, _ type: String) -> Bool {
        switch type {
        case "TOGGLE": printed == "2" ? value == .null : value == .bool(printed == "1")
        case "RANGE": value.double.map { Float($0) } == Float(printed)
        default: value.string == printed
        }
    }

    @Test(
        "The command and the server say the same of every widget, file and card, and of the body",
        arguments: Dialect.allCases)
    func agreement(dialect: Dialect) async throws {
        let opinion = try await ask(VirtualBodyDescription(dialect: dialect))
        try await BodyRig.run(dialect) { rig in
            let widgets = try await rig.ask(0x000A, #"{"values":true}"#).json["widgets"].array
            let theirs = opinion.widgets
            #expect(theirs.count > 40)
            #expect(widgets.compactMap { $0["path"].string } == theirs.compactMap { $0[""] })
            for (index, (ours, theirs)) in zip(widgets, theirs).enumerated() {
                let type = theirs["Type"] ?? ""
                #expect(ours["widget_type"].integer == Self.types[type], "\(ours)")
                #expect(ours["label"].string == theirs["Label"])
                #expect(ours["readonly"].bool == (theirs["Readonly"] == "1"), "\(ours)")
                #expect(ours["choices"].array.compactMap(\.string) == opinion.choices[index], "\(ours)")
                if type == "RANGE" {
                    for (key, word) in [("min", "Bottom"), ("max", "Top"), ("step", "Step")] {
                        #expect(ours["range"][key].double.map { Float($0) } == theirs[word].flatMap { Float($0) })
                    }
                }
                // The clock goes on between the two.
                guard type != "DATE", theirs[""] != "/main/other/5011" else { continue }
                #expect(Self.isSame(ours["widget_value"], theirs["Current"] ?? "", type), "\(ours) \(theirs)")
            }
            try await agree(rig, opinion)
        }
    }

    private func agree(_ rig: BodyRig, _ opinion: Opinion) async throws {
        let files = try await rig.files()
        #expect(files.count == opinion.files.count && files.count == 3)
        for (ours, theirs) in zip(files, opinion.files) {
            // #1     DSC_0001.JPG               rd    60 KB  960x640  image/jpeg 1767265200
            let words = theirs.split(separator: " ").map(String.init)
            #expect(words[1] == ours["name"].string)
            #expect(Int(words[3]) == ((ours["size"].integer ?? 0) + 1023) / 1024)
            #expect(words[words.count - 2] == ours["mime"].string)
            #expect(words.last.flatMap { Int($0) } == ours["mtime"].integer)
        }
        try await rig.send(0x0003, "{\(rig.place(files[0]))}", transaction: 1)
        #expect(try await rig.client.packet().content == opinion.thumbnail)
        #expect(try await rig.client.packet().code == 0x2001)

        let storage = try await rig.ask(0x000E).json["storages"][0]
        func said(_ key: String) -> String? {
            opinion.storage.split(separator: "\n").first { $0.hasPrefix(key + "=") }
                .map { String($0.dropFirst(key.count + 1)) }
        }
        func kibibytes(_ key: String) -> Int? { said(key)?.split(separator: " ").first.flatMap { Int($0) } }
        #expect(storage["path"].string == said("basedir"))
        #expect(storage["label"].string == said("label"))
        #expect(storage["capacity"].integer == kibibytes("totalcapacity").map { $0 * 1024 })
        #expect(storage["free"].integer == kibibytes("free").map { $0 * 1024 })
        #expect(storage["free_images"].integer == said("freeimages").flatMap { Int($0) })
        #expect(said("access") == "0 Read-Write" && storage["access"].string == "read_write")

        let summary = try await rig.ask(0x0010).json
        // Before what changes with time: the values of properties.
        let beginning = try #require(summary["summary"].string?.components(of: "Device Property Summary").first)
        #expect(beginning.count > 300 && opinion.summary.contains(beginning))
        #expect(summary["about"].string.map { $0.count > 100 && opinion.about.contains($0) } == true)
        #expect(summary["abilities"]["model"].string == "PTP/IP Camera")
    }
}

extension String {
    /// The parts between separators, without empty ones.
    fileprivate func components(of separator: String) -> [String] {
        var (rest, parts) = (self[...], [String]())
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return (parts + [String(rest)]).filter { !$0.allSatisfy(\.isWhitespace) }
    }
}
