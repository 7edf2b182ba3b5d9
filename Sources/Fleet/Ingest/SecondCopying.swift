import Archive
import FleetModel
import Logging

/// Makes the second copy of each saved image, one after the other, in the order in which they were saved.
///
/// Bounded: which are to be made stands in the journal, and a nudge only says that there may be some. Where a copy cannot be
/// made, the disk being away or full, it is tried again with the next image that is saved, and every half a minute.
final class SecondCopying: Sendable {
    private let archive: ImageArchive
    private let logger: Logger
    private let nudges: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    private static let copiesOfAPage = 50
    private static let interval = Duration.seconds(30)

    init(archive: ImageArchive, logger: Logger) {
        self.archive = archive
        self.logger = logger
        (nudges, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be copies to make.
    func nudge() {
        source.yield()
    }

    /// Makes copies until the task is cancelled; `made` is called after each.
    func run(_ made: @Sendable (SavedImage) -> Void) async {
        guard archive.makesSecondCopies else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                repeat { nudge() } while (try? await Task.sleep(for: Self.interval)) != nil
            }
            var trouble: FleetError?
            for await _ in nudges {
                let found = await makeAll(made)
                guard !Task.isCancelled else { break }
                // Once, as long as it is the same.
                if let found, found.message != trouble?.message {
                    logger.error("second copies are not made", metadata: ["error": "\(found)"])
                } else if found == nil, trouble != nil {
                    logger.notice("second copies are made again")
                }
                trouble = found
            }
        }
    }

    /// Makes all that are to be made; what kept some of them from being made, if anything did.
    private func makeAll(_ made: @Sendable (SavedImage) -> Void) async -> FleetError? {
        var trouble: FleetError?
        var last: Int64 = 0
        while !Task.isCancelled {
            do throws(FleetError) {
                let images = try await archive.withoutSecondCopy(after: last, limit: Self.copiesOfAPage)
                guard let end = images.last else { return trouble }
                last = end.number
                for image in images where !Task.isCancelled {
                    do throws(FleetError) {
                        try await archive.makeSecondCopy(of: image)
                        made(image)
                    } catch {
                        // A disk that is away or full is so for all; a file that is damaged, for itself.
                        guard error.kind == .generalError else { return error }
                        trouble = trouble ?? error
                    }
                }
            } catch {
                return error
            }
        }
        return trouble
    }
}
