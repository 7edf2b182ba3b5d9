import ArgumentParser
import Fleet
import Trigger

/// The lines and boxes that the server gives pulses, and those of them that are flashes.
struct TriggerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A line or a box that fires cameras or flashes: NAME=gpio:CHIP:LINE[:low][:pulse=MS] or "
                + "NAME=serial:PATH:SPEED:TEXT[:answer=TEXT]. May be given many times.",
            valueName: "name=trigger"),
        transform: NamedTrigger.option)
    var trigger: [NamedTrigger] = []

    @Option(
        help: ArgumentHelp(
            "The trigger that has a pulse at every released shot, so many milliseconds after its time. May be given many times.",
            valueName: "name=milliseconds"),
        transform: FlashSetting.option)
    var flash: [FlashSetting] = []

    /// The fleet's triggers. Their devices are opened beside, and what is wrong with one is told by LIST_TRIGGERS.
    ///
    /// Throws a sentence for a name that is given twice, and for a flash that is no trigger.
    func ofFleet() throws -> FleetTriggers {
        var triggers: [FleetTriggers.Named] = []
        for named in trigger {
            guard !triggers.contains(where: { $0.name == named.name }) else {
                throw Failure("--trigger \(named.name): two triggers have this name.")
            }
            do {
                triggers.append(FleetTriggers.Named(name: named.name, output: try named.description.output()))
            } catch {
                throw Failure("--trigger \(named.name): \(error)")
            }
        }
        var flashes: [String: Duration] = [:]
        for setting in flash {
            guard triggers.contains(where: { $0.name == setting.name }) else {
                throw Failure("--flash \(setting.name): no --trigger has this name.")
            }
            guard flashes.updateValue(setting.delay, forKey: setting.name) == nil else {
                throw Failure("--flash \(setting.name): it is given twice.")
            }
        }
        return FleetTriggers(triggers, flashes: flashes)
    }
}

/// A value of --trigger.
struct NamedTrigger: Sendable {
    var name: String
    var description: TriggerDescription

    /// Reads an option's value.
    static func option(_ text: String) throws -> NamedTrigger {
        let (name, value) = try triggerName(text, form: "NAME=gpio:CHIP:LINE or NAME=serial:PATH:SPEED:TEXT")
        do {
            return NamedTrigger(name: name, description: try TriggerDescription(value))
        } catch {
            throw ValidationError("\(name): \(error)")
        }
    }
}

/// A value of --flash.
struct FlashSetting: Sendable {
    var name: String
    var delay: Duration

    /// The longest time after a shot, in milliseconds.
    private static let longest = 3_600_000.0

    /// Reads an option's value.
    static func option(_ text: String) throws -> FlashSetting {
        let (name, value) = try triggerName(text, form: "NAME=MILLISECONDS")
        guard let milliseconds = Double(value), (0...longest).contains(milliseconds) else {
            throw ValidationError(
                "\(name): a flash takes a number of milliseconds from 0 to \(Int(longest)), not \"\(value)\".")
        }
        return FlashSetting(name: name, delay: .seconds(milliseconds / 1_000))
    }
}

/// The name before the first `=`, and what follows.
private func triggerName(_ text: String, form: String) throws -> (String, String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw ValidationError("\"\(text)\" has no name: write \(form).") }
    let isName = parts[0].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    guard isName, (1...40).contains(parts[0].count) else {
        throw ValidationError("\"\(parts[0])\" is no name of a trigger: it has 1 to 40 of A-Z, a-z, 0-9, - _ and .")
    }
    return (String(parts[0]), String(parts[1]))
}
