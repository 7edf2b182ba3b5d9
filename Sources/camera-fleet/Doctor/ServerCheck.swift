import Fleet
import FleetModel

/// What a running server says of its bodies.
struct ServerCheck: MachineCheck {
    /// What came of asking it.
    enum Answer: Sendable {
        /// Its bodies.
        case cameras([CameraInfo])
        /// Nobody listens, and nobody said that somebody would.
        case notRunning
        /// It could not be asked, in a sentence.
        case failure(String)
    }

    var answer: Answer

    func findings(on machine: Machine) -> [Finding] {
        switch answer {
        case .notRunning: return [.ok("server", "No server runs on this machine's port 5555; it was not asked.")]
        case .failure(let sentence): return [.problem("server", sentence, remedy: nil)]
        case .cameras(let cameras):
            let faults = cameras.filter { $0.state == .fault }
            let there = cameras.filter { $0.state != .unplugged }
            let serials = there.compactMap(serial)
            if faults.isEmpty {
                let count = there.count == 1 ? "1 camera" : "\(there.count) cameras"
                return [.ok("server", "The server has \(count), none of them in fault.")] + serials
            }
            return faults.map { camera in
                .problem(
                    "server",
                    "\(camera.name) (\(camera.model), \(camera.port)) is in fault: \(camera.error?.message ?? "no reason")",
                    remedy: nil)
            } + serials
        }
    }

    private func serial(_ camera: CameraInfo) -> Finding? {
        guard let serial = camera.serial, SerialNumber.telling(serial) == nil else { return nil }
        return .hint(
            "server", "\(camera.name) (\(camera.model)) tells the serial number \"\(serial)\", which says nothing.",
            remedy: SerialCheck.remedy)
    }
}
