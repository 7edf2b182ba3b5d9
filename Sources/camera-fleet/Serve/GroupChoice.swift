import ArgumentParser
import Fleet
import FleetModel

/// A word of an option that takes one of some.
protocol OptionWord: RawRepresentable, CaseIterable, Equatable, Sendable where RawValue == String {}

extension SavingPolicy.Kinds: OptionWord {}
extension CaptureTarget: OptionWord {}

extension OptionWord {
    /// Reads the value of the option of that name.
    static func option(_ text: String, of name: String) throws -> Self {
        guard let word = Self(rawValue: text) else {
            let all = allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(name) takes one of \(all), not \(text).")
        }
        return word
    }
}

/// What holds for the bodies of a group in place of what holds for the rest.
struct GroupChoice<Choice: OptionWord>: Equatable {
    var group: String
    var choice: Choice

    /// Reads an option's value: GROUP=WHICH.
    static func option(_ text: String, of name: String) throws -> GroupChoice {
        guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
            let example = Choice.allCases.first.map(\.rawValue) ?? ""
            throw ValidationError("\(name) takes GROUP=WHICH, such as ring=\(example), not \(text).")
        }
        return GroupChoice(
            group: String(text[..<sign]),
            choice: try Choice.option(String(text[text.index(after: sign)...]), of: "\(name) GROUP="))
    }

    /// The choices by group.
    ///
    /// Throws a sentence where a group has two.
    static func table(_ choices: [GroupChoice], of name: String) throws -> [String: Choice] {
        let table = Dictionary(choices.map { ($0.group, $0.choice) }, uniquingKeysWith: { $1 })
        guard table.count == choices.count else {
            throw ValidationError("\(name) is given twice for one group.")
        }
        return table
    }
}
