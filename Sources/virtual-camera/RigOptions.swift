import ArgumentParser
import VirtualCamera

/// The bodies as the command line describes them: so many of one kind, or those of a file.
struct RigOptions: ParsableArguments {
    @Option(help: "How many bodies (default: 1).")
    var count: Int?

    @Option(
        help: """
            nikon: a D7500 with live view. canon-eos: an EOS 6D with live view. ptp: standard PTP and nothing else. \
            (default: nikon)
            """)
    var personality: Personality?

    @Option(
        help: ArgumentHelp(
            "The bodies that a file describes, in JSON, each as it is to be; --example-rig shows every key.",
            valueName: "file"))
    var rig: String?

    @Option(help: "The number of the first body, which decides serial number, name and colours.")
    var firstIndex = 1

    @Option(help: "Frames a second of live view; 0: as fast as they are asked for (default: 30).")
    var liveViewRate: Double?

    @Option(help: "From the release to the beginning of the exposure, in milliseconds (default: 60).")
    var shutterLagMs: Int?

    @Option(help: "Each transaction takes at least that many milliseconds (default: 0).")
    var transactionMs: Int?

    @Option(help: "How many pictures lie on each card at the beginning (default: 3).")
    var pictures: Int?

    @Option(
        name: .customLong("object-size"), parsing: .singleValue,
        help: ArgumentHelp(
            "Another file of that many bytes on each card, made while it is read. May be given several times.",
            valueName: "bytes"))
    var objectSizes: [Int] = []

    /// The dialects by the names that people type.
    enum Personality: String, ExpressibleByArgument, CaseIterable {
        case nikon
        case canonEOS = "canon-eos"
        case ptp

        var dialect: VirtualBodyDescription.Dialect {
            switch self {
            case .nikon: .nikon
            case .canonEOS: .canonEOS
            case .ptp: .ptp
            }
        }
    }

    func validate() throws {
        if rig != nil {
            let others: [(String, Bool)] = [
                ("--count", count != nil), ("--personality", personality != nil),
                ("--live-view-rate", liveViewRate != nil), ("--shutter-lag-ms", shutterLagMs != nil),
                ("--transaction-ms", transactionMs != nil), ("--pictures", pictures != nil),
                ("--object-size", !objectSizes.isEmpty),
            ]
            if let other = others.first(where: \.1) {
                throw ValidationError("\(other.0) does not go with --rig: the file says what the bodies are.")
            }
        }
        let count = count ?? 1
        guard 1...4096 ~= count else { throw ValidationError("--count is a number of bodies from 1 to 4096.") }
        guard 1...999_999 ~= firstIndex, firstIndex + count <= 1_000_000 else {
            throw ValidationError("--first-index is a number from 1 to 999999.")
        }
        guard 0...1000 ~= liveViewRate ?? 0 else {
            throw ValidationError("--live-view-rate is a number of frames a second from 0 to 1000.")
        }
        guard 0...600_000 ~= shutterLagMs ?? 0 else {
            throw ValidationError("--shutter-lag-ms is a time from 0 to 600000 milliseconds.")
        }
        guard 0...600_000 ~= transactionMs ?? 0 else {
            throw ValidationError("--transaction-ms is a time from 0 to 600000 milliseconds.")
        }
        guard 0...1000 ~= pictures ?? 0 else { throw ValidationError("--pictures is a number from 0 to 1000.") }
        guard objectSizes.count <= 1000, objectSizes.allSatisfy({ 1...4_294_967_294 ~= $0 }) else {
            throw ValidationError("--object-size is a size from 1 to 4294967294 bytes, as far as PTP's 32 bits reach.")
        }
    }

    /// The bodies.
    func descriptions() throws -> [VirtualBodyDescription] {
        if let rig { return try RigFile.read(rig, firstIndex: firstIndex) }
        return (0..<(count ?? 1)).map { offset in
            var description = VirtualBodyDescription(
                dialect: (personality ?? .nikon).dialect, index: firstIndex + offset)
            if let liveViewRate { description.liveViewFramesPerSecond = liveViewRate }
            if let shutterLagMs { description.shutterLag = .milliseconds(shutterLagMs) }
            if let transactionMs { description.transactionTime = .milliseconds(transactionMs) }
            if let pictures { description.pictures = pictures }
            description.extraObjects = objectSizes
            return description
        }
    }
}
