import Foundation

/// Does what blocks on a thread of its own.
func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}

extension [[String: Double]] {
    /// The mean of each name's values.
    var means: [String: Double] {
        reduce(into: [:]) { sums, each in sums.merge(each) { $0 + $1 } }.mapValues { $0 / Double(count) }
    }
}
