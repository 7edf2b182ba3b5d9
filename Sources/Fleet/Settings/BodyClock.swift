import FleetModel
import PacketProtocol

/// A body's clock, as its driver has it.
struct BodyClock: Sendable {
    let settings: BodySettings

    /// Sets the clock to the next full second of the server's, and tells how far it was off.
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
            result.offBySeconds = try await lead(of: first.path ?? first.name)?.rounded()
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

    /// By how many seconds a clock is ahead of the server's; nil where it shows none.
    ///
    /// A second on the body's clock lasts from its beginning to its end: it is taken to be at its middle. An answer that took its
    /// time, because others had the body or the machine, says little: it is asked for again, and the quickest counts.
    func lead(of name: String) async throws(FleetError) -> Double? {
        var best = (seconds: Int64(0), time: Int64(0), took: Int64.max)
        for _ in 0..<Self.attempts where best.took > Self.quick {
            let before = WallClock.now()
            guard case .integer(let seconds)? = try await settings.widget(name).value else { return nil }
            let now = WallClock.now()
            if now - before < best.took { best = (seconds, now, now - before) }
        }
        let time = try await isToldOnce() ? settings.body.face.clockToldAt : best.time
        return Double(best.seconds) + 0.5 - Double(time) / 1e9
    }

    private static let attempts = 3
    /// In nanoseconds.
    private static let quick: Int64 = 300_000_000

    /// Whether the driver has the clock as the body told it last, at the opening or when somebody set it, and not as it is: of
    /// an EOS, which no other widget than these tells from Canon's other bodies.
    private func isToldOnce() async throws(FleetError) -> Bool {
        for name in ["syncdatetime", "syncdatetimeutc"] {
            do throws(FleetError) {
                _ = try await settings.widget(name)
                return true
            } catch {
                guard error.kind == .parameterNotSupported else { throw error }
            }
        }
        return false
    }
}
