extension Rule {
    /// Imports go one way: each target imports what stands here, and Foundation or the C library.
    static let imports = Rule(
        name: "a target imports only what lies below it",
        examples: [
            .bad("Sources/FleetModel/A.swift", "/// import Fleet\nimport Fleet\n", at: 2),
            .bad("Sources/PacketProtocol/A.swift", "public import NIOCore\nimport NIOPosix", at: 2),
            .bad("Sources/Archive/A.swift", "@preconcurrency internal import struct Fleet.Session", at: 1),
            .bad("Sources/camera-fleet/Serve.swift", "import Fleet\nimport VirtualCamera\nimport GPhoto2", at: 2, 3),
            .bad("Sources/Fleet/A.swift", "import Synchronization", at: 1),
            .bad("Sources/NewTarget/A.swift", "let a = 1", at: 0),
            .good("Sources/Archive/A.swift", "public import FleetModel\nimport GRDB\nimport Foundation"),
            .good("Sources/Fleet/A.swift", "let text = \"\"\"\n    import GPhoto2\n    \"\"\""),
            .good("Tests/FleetTests/A.swift", "import Fleet"),
        ]
    ) { file in
        guard file.isSwift, file.isInSources else { return [] }
        let target = String(file.path.split(separator: "/")[1])
        guard let allowed = mayImport[target] else { return [0] }
        return file.code.numbers { line in
            let words = line.words
            guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy(mayPrecedeImport.contains)
            else { return false }
            guard let module = words[(keyword + 1)...].first(where: { !kindsOfImport.contains($0) }) else {
                return false
            }
            return !allowed.contains(String(module)) && !ofTheSystem.contains(module)
        }
    }

    private static let mayPrecedeImport: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private", "preconcurrency", "testable",
    ]

    private static let kindsOfImport: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    private static let ofTheSystem: Set<Substring> = ["Foundation", "FoundationEssentials", "Glibc", "Dispatch"]

    private static let nio = ["NIOCore", "NIOConcurrencyHelpers", "NIOPosix"]

    private static let service = ["ServiceLifecycle", "Logging"]

    private static let mayImport: [String: [String]] = [
        "FleetModel": [],
        "PacketProtocol": ["FleetModel", "NIOCore"],
        "GPhoto2": ["CGPhoto2"],
        "Discovery": ["CAvahi"],
        "Hotplug": ["CUdev", "NIOConcurrencyHelpers"],
        "Trigger": ["CDriverLog", "CGpiod", "NIOConcurrencyHelpers"],
        "BodyWorker": [
            "CDriverLog", "CFiles", "FleetModel", "GPhoto2", "PacketProtocol", "Crypto", "NIOCore",
            "NIOConcurrencyHelpers",
        ],
        "Archive": ["CFiles", "FleetModel", "Crypto", "GRDB", "NIOConcurrencyHelpers"],
        "Fleet": [
            "Archive", "CDriverLog", "CProcess", "Discovery", "FleetModel", "Hotplug", "PacketProtocol", "Trigger",
            "Crypto", "OrderedCollections",
        ] + nio
            + service,
        "PacketServer": ["Fleet", "FleetModel", "PacketProtocol"] + nio + service,
        "PacketClient": ["FleetModel", "PacketProtocol", "Crypto"] + nio,
        "VirtualCamera": ["CVirtualCamera", "CTurboJPEG", "Logging"] + nio,
        "body-worker": ["BodyWorker"],
        "fleet-benchmark": [
            "Archive", "FleetModel", "Hotplug", "PacketClient", "PacketProtocol", "ArgumentParser", "Crypto", "NIOCore",
            "NIOConcurrencyHelpers",
        ],
        "virtual-camera": ["VirtualCamera", "ArgumentParser", "UnixSignals"] + service,
        "usb-watch": ["Hotplug", "ArgumentParser"],
        "camera-fleet": [
            "Archive", "Fleet", "FleetModel", "Hotplug", "PacketClient", "PacketProtocol", "PacketServer",
            "Trigger", "ArgumentParser", "UnixSignals", "Yams",
        ] + nio + service,
    ]
}
