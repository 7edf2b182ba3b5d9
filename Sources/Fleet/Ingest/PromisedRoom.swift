import FleetModel
import NIOConcurrencyHelpers

/// The bytes of images that are on their way to the disk, and that the disk does not count as taken yet: many bodies bring
/// theirs at one time, and each has to find its room beside the others'.
final class PromisedRoom: Sendable {
    /// Room for one image, until it is written or forgotten.
    final class Promise: Sendable {
        private let room: PromisedRoom
        private let rest: NIOLockedValueBox<Int64>

        fileprivate init(_ room: PromisedRoom, of size: Int64) {
            self.room = room
            rest = NIOLockedValueBox(size)
        }

        deinit { lower(to: 0) }

        /// So much of it is not written yet.
        func lower(to rest: Int64) {
            let less = self.rest.withLockedValue { former in
                defer { former = rest }
                return former - rest
            }
            room.promised.withLockedValue { $0 -= less }
        }
    }

    private let promised = NIOLockedValueBox<Int64>(0)

    /// Promises room to an image of that size.
    ///
    /// Throws Store_Full where it would not leave what the policy wants to stay free.
    func promise(_ size: Int64, by policy: SavingPolicy, in folder: String) throws(FleetError) -> Promise {
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
        return Promise(self, of: size)
    }
}
