import FleetModel
import NIOConcurrencyHelpers

/// The bytes of images that are on their way to the disk, and that the disk does not count as taken yet: many bodies bring
/// theirs at one time, and each has to find its room beside the others'.
final class PromisedRoom: Sendable {
    private let promised = NIOLockedValueBox<Int64>(0)

    /// Does something while room is promised to an image of that size.
    ///
    /// Throws Store_Full where it would not leave what the policy wants to stay free, and what the work throws.
    func hold<Value: Sendable>(
        _ size: Int64, by policy: SavingPolicy, in folder: String, _ work: () async throws(FleetError) -> Value
    ) async throws(FleetError) -> Value {
        let refusal = promised.withLockedValue { promised -> FleetError? in
            do throws(FleetError) {
                let (all, isEndless) = size.addingReportingOverflow(promised)
                try policy.requireRoom(for: isEndless ? .max : all, in: folder)
                promised += size
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw refusal }
        defer { promised.withLockedValue { $0 -= size } }
        return try await work()
    }
}
