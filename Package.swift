// swift-tools-version: 6.2
import PackageDescription

/// Whether `Deploy/fuzz` builds: the libraries instrumented, and one program of the fuzz targets, instead of all else.
let isFuzzing = Context.environment["CAMERA_FLEET_FUZZING"] != nil

/// What every Swift target of the house is built with: Swift 6, complete checking, no warning let through.
let house: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"])] : [])

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// What the fuzz targets are about.
let fuzzed: [Target.Dependency] = [
    "Archive", "BodyWorker", "Fleet", "FleetModel", "PacketClient", "PacketProtocol", "PacketServer", "VirtualCamera",
    logging, nioCore, nioEmbedded, nioLocks, nioPosix,
]

let package = Package(
    name: "camera-fleet",
    products: [
        .executable(name: "camera-fleet", targets: ["camera-fleet"]),
        .executable(name: "body-worker", targets: ["body-worker"]),
        .executable(name: "virtual-camera", targets: ["virtual-camera"]),
        .executable(name: "usb-watch", targets: ["usb-watch"]),
        .library(name: "GPhoto2", targets: ["GPhoto2"]),
        .library(name: "Hotplug", targets: ["Hotplug"]),
        .library(name: "PacketClient", targets: ["PacketClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C: Debian's libraries, and what only C can say.
        // Its pkg-config file has flags that Swift does not take; its headers lie where all do.
        .systemLibrary(name: "CAvahi", providers: [.apt(["libavahi-client-dev"])]),
        .systemLibrary(name: "CGPhoto2", pkgConfig: "libgphoto2", providers: [.apt(["libgphoto2-dev"])]),
        .systemLibrary(name: "CGpiod", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
        .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CUdev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
        .target(name: "CBareCamera", dependencies: ["CGPhoto2", "CUdev"]),
        .target(name: "CDriverClock"),
        .target(name: "CDriverLog"),
        .target(name: "CFiles"),
        .target(name: "CProcess"),
        .target(name: "CVirtualCamera"),

        // Words.
        .target(name: "FleetModel", swiftSettings: house),
        .target(name: "PacketProtocol", dependencies: ["FleetModel", nioCore], swiftSettings: house),

        // Things.
        .target(name: "GPhoto2", dependencies: ["CGPhoto2"], swiftSettings: house),
        .target(name: "Discovery", dependencies: ["CAvahi"], swiftSettings: house),
        .target(name: "Hotplug", dependencies: ["CUdev", nioLocks], swiftSettings: house),
        .target(name: "Trigger", dependencies: ["CDriverLog", "CGpiod", nioLocks], swiftSettings: house),
        .target(
            name: "BodyWorker",
            dependencies: [
                "CDriverLog", "CFiles", "FleetModel", "GPhoto2", "PacketProtocol", crypto, nioCore, nioLocks,
            ],
            swiftSettings: house),
        .target(
            name: "Archive", dependencies: ["CFiles", "FleetModel", crypto, grdb, nioLocks], swiftSettings: house),

        // The fleet.
        .target(
            name: "Fleet",
            dependencies: [
                "Archive", "CDriverLog", "CProcess", "Discovery", "FleetModel", "Hotplug", "PacketProtocol", "Trigger",
                collections, crypto, lifecycle, logging, nioCore, nioLocks, nioPosix,
            ],
            swiftSettings: house),

        // Its doors, and those who knock.
        .target(
            name: "PacketServer",
            dependencies: ["Fleet", "FleetModel", "PacketProtocol", lifecycle, logging, nioCore, nioLocks, nioPosix],
            swiftSettings: house),
        .target(
            name: "PacketClient",
            dependencies: ["FleetModel", "PacketProtocol", crypto, nioCore, nioLocks, nioPosix],
            swiftSettings: house),
        .target(
            name: "VirtualCamera",
            dependencies: ["CVirtualCamera", "CTurboJPEG", logging, nioCore, nioLocks, nioPosix],
            swiftSettings: house),

        // Programs.
        .executableTarget(name: "body-worker", dependencies: ["BodyWorker", "CDriverClock"], swiftSettings: house),
        .executableTarget(
            name: "virtual-camera",
            dependencies: ["VirtualCamera", arguments, lifecycle, logging, unixSignals],
            swiftSettings: house),
        .executableTarget(
            name: "camera-fleet",
            dependencies: [
                "Archive", "Fleet", "FleetModel", "Hotplug", "PacketClient", "PacketProtocol", "PacketServer",
                "Trigger", arguments, lifecycle, logging, nioCore, nioLocks, nioPosix, unixSignals, yams,
            ],
            swiftSettings: house),

        .executableTarget(name: "usb-watch", dependencies: ["Hotplug", arguments], swiftSettings: house),
        .executableTarget(name: "bare-camera-stock", dependencies: ["CBareCamera"]),
        .executableTarget(name: "bare-camera-best", dependencies: ["CBareCamera"]),
        .executableTarget(
            name: "fleet-benchmark",
            dependencies: [
                "Archive", "FleetModel", "Hotplug", "PacketClient", "PacketProtocol", arguments, crypto, nioCore,
                nioLocks,
            ],
            swiftSettings: house),

        // Tests, and what they share.
        .target(
            name: "FleetTesting",
            dependencies: [
                "Archive", "Fleet", "FleetModel", "PacketServer", "Trigger", "VirtualCamera",
                lifecycle, logging, nioCore, nioLocks, nioPosix,
            ],
            path: "Tests/FleetTesting",
            swiftSettings: house),
        .testTarget(
            name: "PacketProtocolTests",
            dependencies: [
                "FleetModel", "PacketProtocol", nioCore, .product(name: "NIOTestUtils", package: "swift-nio"),
            ],
            swiftSettings: house),
        .testTarget(name: "GPhoto2Tests", dependencies: ["GPhoto2", "FleetTesting"], swiftSettings: house),
        .testTarget(
            name: "BodyWorkerTests",
            dependencies: [
                "BodyWorker", "CDriverLog", "CProcess", "FleetModel", "FleetTesting", "GPhoto2", "PacketProtocol",
                "VirtualCamera", crypto, nioCore, nioLocks,
            ],
            swiftSettings: house),
        .testTarget(
            name: "HotplugTests", dependencies: ["FleetTesting", "Hotplug", "usb-watch", nioLocks],
            swiftSettings: house),
        .testTarget(name: "DiscoveryTests", dependencies: ["Discovery"], swiftSettings: house),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", nioLocks], swiftSettings: house),
        .testTarget(
            name: "FleetTests",
            dependencies: ["Archive", "Fleet", "FleetModel", "FleetTesting", "PacketProtocol", logging, nioLocks],
            swiftSettings: house),
        .testTarget(
            name: "PacketServerTests",
            dependencies: [
                "Archive", "Fleet", "FleetModel", "FleetTesting", "PacketServer", "Trigger", "VirtualCamera", crypto,
                nioLocks,
            ],
            swiftSettings: house),
        .testTarget(name: "TriggerTests", dependencies: ["FleetTesting", "Trigger", nioLocks], swiftSettings: house),
        .testTarget(
            name: "FaultTests",
            dependencies: ["Fleet", "FleetModel", "FleetTesting", "PacketServer", "VirtualCamera", nioLocks],
            swiftSettings: house),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "Archive", "FleetModel", "FleetTesting", "Hotplug", "PacketClient", "PacketProtocol", "camera-fleet",
                "fleet-benchmark", arguments, crypto, nioCore, nioLocks, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "VirtualCameraTests", dependencies: ["VirtualCamera", "FleetTesting", nioCore, nioLocks, nioPosix],
            swiftSettings: house),
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed + ["camera-fleet"],
            exclude: ["Driver", "Corpus", "README.md", "Words.dict"],
            swiftSettings: house),
        .testTarget(name: "TidyTests", swiftSettings: house),
    ]
)

if isFuzzing {
    package.products = [.executable(name: "fuzz", targets: ["fuzz"])]
    package.targets.removeAll { $0.type == .executable || $0.type == .test || $0.name == "FleetTesting" }
    package.targets += [
        .target(
            name: "RosterText", dependencies: ["FleetModel"], path: "Sources/camera-fleet/Roster",
            exclude: ["RosterCommand.swift", "RosterPlan.swift"],
            sources: ["CommaSeparated.swift", "RosterFile.swift"], swiftSettings: house),
        .executableTarget(
            name: "fuzz", dependencies: fuzzed + ["RosterText"], path: "Tests/FuzzTests",
            exclude: ["Corpus", "CorpusTests.swift", "README.md", "Words.dict"], sources: ["Driver", "Targets"],
            swiftSettings: house,
            // libFuzzer brings a main of its own, which never is.
            linkerSettings: [
                .unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "muldefs"])
            ]),
    ]
}
