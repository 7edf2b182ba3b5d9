/// Where a body puts what it takes, where it lets that be chosen (the widget `capturetarget`).
public enum CaptureTarget: String, Codable, Sendable, CaseIterable {
    /// On its card, where it outlives every process and cable.
    case card
    /// In its memory alone, until it is fetched: quicker, and lost with the body's power.
    case memory
    /// In both; on the card where a body knows only one of them.
    case both

    /// What libgphoto2 calls a choice of the widget: "Memory card" and "Internal RAM", or "card", "sdram" and "card+sdram" of
    /// a Sony. Nil for another word.
    public init?(choice: String) {
        let word = choice.lowercased()
        switch (word.contains("card"), word.contains("ram")) {
        case (true, true): self = .both
        case (true, false): self = .card
        case (false, true): self = .memory
        case (false, false): return nil
        }
    }

    /// The choice of a body's widget that means this; nil where it has none.
    public func choice(among choices: [String]) -> String? {
        choices.first { CaptureTarget(choice: $0) == self }
            ?? (self == .both ? CaptureTarget.card.choice(among: choices) : nil)
    }
}
