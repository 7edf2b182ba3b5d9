import FleetModel
import Logging
import Trigger

/// A pulse of a trigger that releases the bodies of a shot.
struct ReleasePulse: Sendable {
    let trigger: FleetTriggers.Named
    /// Nanoseconds of CLOCK_MONOTONIC; as soon as can be when nil.
    let time: Int64?

    /// How long it takes until the bodies of a shot are watched, at most, in nanoseconds.
    private static let watchingTime: Int64 = 20_000_000
    /// By how much less a time that a client gives may be kept, so that one who was told how soon it can be is in time.
    private static let grace: Int64 = 10_000_000

    /// A pulse at a time in nanoseconds since 1970, within the time for which images are collected, in seconds.
    ///
    /// Throws Invalid_Parameter for a time that is over, or too soon, or after that.
    init(of trigger: FleetTriggers.Named, at: Int64?, within seconds: Double) throws(FleetError) {
        self.trigger = trigger
        guard let at else {
            time = nil
            return
        }
        let now = MonotonicTime.now()
        let wallTime = WallClock.now() - now
        let (time, isFar) = at.subtractingReportingOverflow(wallTime)
        guard !isFar, time >= now + Self.watchingTime - Self.grace else {
            throw FleetError(
                .invalidParameter,
                "at is over, or sooner than the bodies can be watched: \(now + Self.watchingTime + wallTime) is the soonest "
                    + "now, in nanoseconds since 1970.")
        }
        guard time - now <= Int64(seconds * 1e9) else {
            throw FleetError(
                .invalidParameter, "at is after the end of window_seconds: no image would come within the window.")
        }
        self.time = time
    }
}

extension GroupReleases {
    /// Gives the pulse of a shot whose bodies are watched.
    ///
    /// Throws what the trigger says, with its name.
    func give(_ pulse: ReleasePulse) async throws(FleetError) -> Int64 {
        do throws(TriggerError) {
            return try await pulse.trigger.output.pulse(at: pulse.time ?? MonotonicTime.now())
        } catch TriggerError.cancelled {
            throw FleetError(
                .timedOut, "The trigger \(pulse.trigger.name) had other pulses to give until the window was over.")
        } catch {
            throw Self.failure(of: pulse.trigger, error)
        }
    }

    /// Has every flash follow a shot that is about to be released at that time, in nanoseconds of CLOCK_MONOTONIC, unless it
    /// is called off. Gives their pulses.
    func scheduleFlashes(of shot: GroupShot, at time: Int64) -> [ScheduledPulse] {
        triggers.flashes.map { flash in
            let pulse = flash.trigger.output.schedule(at: time + flash.delay) { [logger] result in
                guard case .failure(let error) = result, error != .cancelled else { return }
                logger.error(
                    "no flash",
                    metadata: [
                        "shot": "\(shot.number)", "error": "\(Self.failure(of: flash.trigger, error).message)",
                    ])
            }
            shot.onCallingOff { pulse.cancel() }
            return pulse
        }
    }

    private static func failure(of trigger: FleetTriggers.Named, _ error: TriggerError) -> FleetError {
        var failure = FleetError(error)
        failure.message = "The trigger \(trigger.name) gave no pulse as it should: \(failure.message)"
        return failure
    }
}
