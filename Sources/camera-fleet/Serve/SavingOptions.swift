import Archive
import ArgumentParser
import Fleet
import FleetModel

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

    @Flag(inversion: .prefixedNo, help: "Delete an image from its card once it is saved and read back.")
    var deleteSaved = false

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

    /// What is saved, and when.
    var policy: SavingPolicy {
        SavingPolicy(
            kinds: save, deletesFromCard: deleteSaved, fetchesMissed: fetchMissed,
            reserve: reserve.map { Int64($0) * 1_000_000 })
    }
}
