import FleetModel
import PacketProtocol

/// A body's clock, as its driver has it.
struct BodyClock: Sendable {
    let settings: BodySettings

    /// Sets the clock to the next full second of the server's, and tells how far it was off: by the difference of the two, where
    /// the clock is seen to run. Of an EOS the driver has the time at which it was opened, which says nothing.
    ///
    /// A widget of a date is in seconds since 1970; whether the body keeps UTC or the time of this machine's zone, its driver
    /// knows. Bodies with a clock for each have both set.
    func synchronize() async -> SyncedClock {
        var result = SyncedClock(id: settings.body.info.id)
        do throws(FleetError) {
            let dates = try await settings.widgets().filter { $0.type == .date && !$0.readonly }
            guard let first = dates.first else {
                throw FleetError(.operationNotSupported, "\(settings.body.info.name) has no clock that can be set.")
            }
            let before = try await time(of: first)
            try? await Task.sleep(for: Self.tick)
            let now = WallClock.now()
            if let before, let after = try await time(of: first), after > before {
                // A second on the body's clock lasts from its beginning to its end: it is taken to be at its middle.
                result.offBySeconds = (Double(after) + 0.5 - Double(now) / 1e9).rounded()
            }
            for date in dates {
                let second = WallClock.now() / 1_000_000_000 + 1
                let rest = second * 1_000_000_000 - WallClock.now()
                try? await Task.sleep(for: .nanoseconds(max(0, rest)), tolerance: .zero)
                _ = try await settings.set(date.path ?? date.name, to: .integer(second))
            }
        } catch {
            result.error = ErrorDescription(error)
        }
        return result
    }

    /// After that a clock that runs shows another second.
    private static let tick = Duration.milliseconds(1050)

    private func time(of widget: Widget) async throws(FleetError) -> Int64? {
        guard case .integer(let seconds)? = try await settings.widget(widget.path ?? widget.name).value else {
            return nil
        }
        return seconds
    }
}
