import Foundation

/// Virtual bodies in a process of their own, as a rig's file describes them.
final class BenchmarkBodies {
    /// A body's part of a rig's file (`virtual-camera --example-rig`).
    struct Description: Encodable {
        struct Card: Encodable {
            struct Object: Encodable {
                var name: String
                var size: Int
            }

            var size = 60_000_000_000
            var pictures = 1
            var objects: [Object] = []
        }

        struct LiveView: Encodable {
            var width = 64
            var height = 64
            var rate = 0.0
            var frame_bytes = 200_000
        }

        /// A property of PTP that begins with another value, and can take no other.
        struct Property: Encodable {
            enum Value: Encodable {
                case number(Int)
                case text(String)

                func encode(to encoder: any Encoder) throws {
                    var container = encoder.singleValueContainer()
                    switch self {
                    case .number(let number): try container.encode(number)
                    case .text(let text): try container.encode(text)
                    }
                }
            }

            var value: Value
            var choices: [Value]

            init(_ value: Value) {
                self.value = value
                choices = [value]
            }
        }

        var personality = "nikon"
        var count = 1
        var card = Card()
        var live_view: LiveView?
        var shutter_lag_ms: Int?
        var autofocus_ms: Int?
        /// By their codes in hexadecimal.
        var properties: [String: Property]?
        var link_bytes_per_second: Int?
    }

    private struct Rig: Encodable {
        var bodies: [Description]
    }

    private struct Report: Decodable {
        struct Body: Decodable {
            var port: String
        }

        var bodies: [Body]
        var control: Int?
    }

    /// What libgphoto2 and `camera-fleet serve --camera` call them.
    let ports: [String]
    /// The port that breaks and repairs them.
    let control: Int
    /// Where each transaction is noted, if it is.
    let log: String?
    private let program: RunningProgram
    private let folder: TemporaryFolder

    /// Starts the bodies; with `isLogged`, each transaction is noted in a file, and with `isRealtime` they go before all else
    /// that runs here, where that is allowed.
    init(_ programs: Programs, _ bodies: [Description], isLogged: Bool = false, isRealtime: Bool = false) throws {
        folder = try TemporaryFolder()
        let rig = "\(folder.path)/rig.json"
        log = isLogged ? "\(folder.path)/transactions" : nil
        try JSONEncoder().encode(Rig(bodies: bodies)).write(to: URL(fileURLWithPath: rig))
        program = try RunningProgram(
            programs.path("virtual-camera"),
            ["--rig", rig, "--port", "0", "--report-descriptor", "1", "--control", "0"]
                + (log.map { ["--log", $0] } ?? []) + (isRealtime ? ["--realtime"] : []))
        let report = try JSONDecoder().decode(Report.self, from: Data(try program.line().utf8))
        ports = report.bodies.map(\.port)
        guard let control = report.control else { throw BenchmarkFailure("virtual-camera has no control port.") }
        self.control = control
    }

    var processID: Int32 { program.processID }

    /// How many transactions of an operation the log has.
    func transactions(of operation: String) throws -> Int {
        guard let log else { return 0 }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        return text.split(separator: "\n").count { $0.contains(operation) }
    }
}
