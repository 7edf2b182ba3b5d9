import Archive
import ArgumentParser
import Fleet
import FleetModel
import Foundation

extension SavingPolicy.Kinds {
    /// Reads an option's value.
    static func option(_ text: String) throws -> SavingPolicy.Kinds {
        guard let kinds = SavingPolicy.Kinds(rawValue: text) else {
            let all = allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--save takes one of \(all), not \(text).")
        }
        return kinds
    }
}

/// Which images are saved of the bodies of a group.
struct GroupSaving: Equatable {
    var group: String
    var kinds: SavingPolicy.Kinds

    /// Reads an option's value: GROUP=WHICH.
    static func option(_ text: String) throws -> GroupSaving {
        guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
            throw ValidationError("--save-group takes GROUP=WHICH, such as ring=raw, not \(text).")
        }
        guard let kinds = SavingPolicy.Kinds(rawValue: String(text[text.index(after: sign)...])) else {
            let all = SavingPolicy.Kinds.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--save-group takes GROUP= and one of \(all), not \(text).")
        }
        return GroupSaving(group: String(text[..<sign]), kinds: kinds)
    }
}

/// Which images are saved in the data folder, under which names.
struct SavingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The images that are saved in the data folder by themselves: all, raw-last (all, RAW when the others are), raw, "
                + "without-raw or none.", valueName: "which"), transform: SavingPolicy.Kinds.option)
    var save: SavingPolicy.Kinds = .all

    @Option(
        help: ArgumentHelp(
            "The same for the cameras of one group: GROUP=WHICH. May be given many times; of a camera's groups the first "
                + "by name that is given counts.", valueName: "group=which"), transform: GroupSaving.option)
    var saveGroup: [GroupSaving] = []

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
        guard Set(saveGroup.map(\.group)).count == saveGroup.count else {
            throw ValidationError("--save-group is given twice for one group.")
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
    var policy: SavingPolicy {
        SavingPolicy(
            kinds: save,
            kindsOfGroup: Dictionary(saveGroup.map { ($0.group, $0.kinds) }, uniquingKeysWith: { $1 }),
            deletesFromCard: deleteSaved, fetchesTwice: fetchTwice, fetchesMissed: fetchMissed,
            reserve: reserve.map { Int64($0) * 1_000_000 })
    }
}
