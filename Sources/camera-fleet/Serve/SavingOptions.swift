import Archive
import ArgumentParser
import Fleet
import FleetModel
import Foundation

/// Which images are saved in the data folder, under which names.
struct SavingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The images that are saved in the data folder by themselves: all, raw-last (all, RAW when the others are), raw, "
                + "without-raw or none.", valueName: "which"),
        transform: { try SavingPolicy.Kinds.option($0, of: "--save") })
    var save: SavingPolicy.Kinds = .all

    @Option(
        help: ArgumentHelp(
            "The same for the cameras of one group: GROUP=WHICH. May be given many times; of a camera's groups the first "
                + "by name that is given counts.", valueName: "group=which"),
        transform: { try GroupChoice.option($0, of: "--save-group") })
    var saveGroup: [GroupChoice<SavingPolicy.Kinds>] = []

    @Option(
        help: ArgumentHelp(
            "Where cameras that can choose put what they take: card, memory (until it is fetched; only where all is saved) or "
                + "both. The card, where there is one, unless set.", valueName: "where"),
        transform: { try CaptureTarget.option($0, of: "--capture-to") })
    var captureTo: CaptureTarget?

    @Option(
        help: ArgumentHelp(
            "The same for the cameras of one group: GROUP=WHERE. May be given many times.", valueName: "group=where"),
        transform: { try GroupChoice.option($0, of: "--capture-to-group") })
    var captureToGroup: [GroupChoice<CaptureTarget>] = []

    @Option(
        help: ArgumentHelp(
            "How they are called, below images/ of the data folder: body, shot, project, meshroom, or words in braces "
                + "({\(NameTemplate.words.joined(separator: "}, {"))}).", valueName: "template"))
    var imageNames = "body"

    @Flag(inversion: .prefixedNo, help: "Dates and times in the names are in UTC, not in the local time.")
    var namesInUtc = false

    @Flag(
        inversion: .prefixedNo,
        help: "Delete an image from its card once it is saved and read back, with --second-copy in both places.")
    var deleteSaved = false

    @Flag(
        inversion: .prefixedNo, help: "Fetch each image a second time and compare, before it counts as saved.")
    var fetchTwice = false

    @Option(
        help: ArgumentHelp(
            "Make a second copy of each image in this folder, best on another disk; each is read back.",
            valueName: "folder"))
    var secondCopy: String?

    @Flag(
        inversion: .prefixedNo,
        help: "When a camera is plugged in, save what is on its card and was never saved.")
    var fetchMissed = false

    @Flag(
        inversion: .prefixedNo,
        help: "Write a manifest (JSON) beside the images of each shot: when and how each camera took which of them.")
    var manifests = true

    @Flag(inversion: .prefixedNo, help: "Write a sidecar (XMP) beside each image, with its shot, project and camera.")
    var xmp = false

    @Option(
        help: ArgumentHelp(
            "So much of the disk is kept free: with less, releases are refused, and images of those before may take half of "
                + "it. A fiftieth of it, 256 at most, unless set.",
            valueName: "megabytes"))
    var reserve: Int?

    func validate() throws {
        guard reserve.map({ (0...1_000_000_000).contains($0) }) ?? true else {
            throw ValidationError("--reserve takes a number of megabytes.")
        }
        let policy = try policy()
        guard captureTo != .memory || save.isEverything,
            policy.captureTargetOfGroup.allSatisfy({ $0.value != .memory || policy.kinds(in: [$0.key]).isEverything })
        else {
            throw ValidationError(
                "--capture-to memory goes with --save all or raw-last alone: what is not saved would be lost.")
        }
        do {
            _ = try NameTemplate(imageNames)
        } catch {
            throw ValidationError("--image-names: \(error.message)")
        }
    }

    /// The folder of the second copies; nil where there are to be none.
    ///
    /// Throws a sentence where it lies within the data folder, or the data folder within it.
    func secondFolder(besides data: String) throws -> String? {
        guard let secondCopy else { return nil }
        let second = URL(fileURLWithPath: secondCopy).standardizedFileURL.resolvingSymlinksInPath().path
        let first = URL(fileURLWithPath: data).standardizedFileURL.resolvingSymlinksInPath().path
        guard !"\(second)/".hasPrefix("\(first)/"), !"\(first)/".hasPrefix("\(second)/") else {
            throw ValidationError("--second-copy: \(printable(secondCopy)) is not apart from the data folder.")
        }
        return second
    }

    /// What is written beside images.
    var companions: Companions { Companions(manifests: manifests, sidecars: xmp) }

    /// What is saved, and when.
    ///
    /// Throws a sentence where a group is given twice.
    func policy() throws -> SavingPolicy {
        SavingPolicy(
            kinds: save, kindsOfGroup: try GroupChoice.table(saveGroup, of: "--save-group"), captureTarget: captureTo,
            captureTargetOfGroup: try GroupChoice.table(captureToGroup, of: "--capture-to-group"),
            deletesFromCard: deleteSaved, fetchesTwice: fetchTwice, fetchesMissed: fetchMissed,
            reserve: reserve.map { Int64($0) * 1_000_000 })
    }
}
