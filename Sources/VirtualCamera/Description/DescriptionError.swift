/// What somebody asked for that there cannot be, in a sentence that says where and what.
public struct DescriptionError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
