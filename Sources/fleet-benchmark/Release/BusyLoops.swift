import Foundation

/// A program for each processor that does nothing, as fast as it can, as long as this lives.
final class BusyLoops {
    private let programs: [RunningProgram]

    init() throws {
        programs = try (0..<ProcessInfo.processInfo.activeProcessorCount).map { _ in
            try RunningProgram("/bin/sh", ["-c", "while kill -0 $PPID 2>/dev/null; do :; done"])
        }
    }

    /// Ends them.
    func end() { for program in programs { program.end() } }
}
