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

/// Which images are saved in the data folder, under which names.
struct SavingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The images that are saved in the data folder by themselves: all, raw-last (all, RAW when the others are), raw, "
                + "without-raw or none.", valueName: "which"), transform: SavingPolicy.Kinds.option)
    var save: SavingPolicy.Kinds = .all

    @Option(
        help: ArgumentHelp(
            "How they are called, below images/ of the data folder: body, shot, meshroom, or words in braces "
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

    @Option(
        help: ArgumentHelp(
            "So much of the disk stays free: releases are refused before. A fiftieth of it, 256 at most, unless set.",
            valueName: "megabytes"))
    var reserve: Int?

    func validate() throws {
        guard reserve.map({ (0...1_000_000_000).contains($0) }) ?? true else {
            throw ValidationError("--reserve takes a number of megabytes.")
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

    /// What is saved, and when.
    var policy: SavingPolicy {
        SavingPolicy(
            kinds: save, deletesFromCard: deleteSaved, fetchesTwice: fetchTwice, fetchesMissed: fetchMissed,
            reserve: reserve.map { Int64($0) * 1_000_000 })
    }
}
