import Dispatch
import NIOConcurrencyHelpers

/// Waits for what is done asynchronously, on a thread that is none of those that do it.
func waiting<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result {
    let result = NIOLockedValueBox<Result?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    Task {
        let value = await work()
        result.withLockedValue { $0 = value }
        isDone.signal()
    }
    while true {
        isDone.wait()
        if let value = result.withLockedValue({ $0 }) { return value }
    }
}
