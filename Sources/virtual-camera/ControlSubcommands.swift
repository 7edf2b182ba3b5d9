import ArgumentParser
import VirtualCamera

/// What every subcommand says of how it finds the bodies.
private let withControl = """
    The bodies are those of the virtual-camera that was started with --control PORT, and the same is given here; \
    without it the port is \(VirtualCameraCommand.usualControlPort).
    """

/// `virtual-camera fault`: breaks a body.
struct FaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Break a body of a running virtual-camera.",
        discussion: """
            KIND is one of:
              silent             transactions are not answered; without --on, --at, --times: nothing is, at once
              hang               from the first such transaction on, nothing is answered until it is repaired
              slow               answers take --ms milliseconds
              failing            transactions fail with --code (hexadecimal, such as 2002) and do nothing
              busy               the same with Device_Busy, 2019
              drop               the connections are closed when the request is there
              cut                the connections are closed after --after bytes of the answer's data
              wrong-length       the answer announces --by bytes more than it sends, or less: --by -10
              garbage            the data is random bytes of --seed, --length of them
              garbage-packet     in place of an answer comes --packet absurd-length, short-length, unknown-type or noise
              wrong-transaction  the response has another transaction's number
              card-full          the card has no space left
              no-card            there is no card
              unplug, replug     the cable

            It strikes every transaction until it is repaired; --on, --at and --times say which, from which on and how \\
            many: `virtual-camera fault 1 drop --on 101B --at 3 --times 1` closes the connections at the third \\
            GetPartialObject from now, once.

            \(withControl)
            """)

    @Argument(help: "The body: its number in the rig, its name or serial number, or all.")
    var body: String

    @Argument(help: "What goes wrong.")
    var kind: String

    @Option(parsing: .upToNextOption, help: "Operation codes in hexadecimal, such as 101B; none: every operation.")
    var on: [String] = []

    @Option(help: "The first of those transactions that it strikes; 1 is the next one.")
    var at: Int?

    @Option(help: "How many it strikes.")
    var times: Int?

    @Option(help: "Of slow: milliseconds.")
    var ms: Double?

    @Option(help: "Of failing: the response code in hexadecimal.")
    var code: String?

    @Option(help: "Of cut: bytes of data.")
    var after: Int?

    @Option(parsing: .unconditional, help: "Of wrong-length: bytes.")
    var by: Int?

    @Option(help: "Of garbage and noise: the same bytes for the same number.")
    var seed: Int?

    @Option(help: "Of garbage: bytes.")
    var length: Int?

    @Option(help: "Of garbage-packet: which.")
    var packet: String?

    @ParentCommand var program: VirtualCameraCommand

    func run() throws {
        if kind == "unplug" || kind == "replug" {
            _ = try program.ask(["do": kind, "body": body])
            return
        }
        var request: [String: Any] = ["do": "fault", "body": body, "kind": underscored(kind)]
        if !on.isEmpty { request["on"] = on }
        request["at"] = at
        request["times"] = times
        request["ms"] = ms
        request["code"] = code
        request["after"] = after
        request["by"] = by
        request["seed"] = seed
        request["length"] = length
        request["packet"] = packet.map(underscored)
        let answer = try program.ask(request)
        let numbers = (answer["bodies"] as? [[String: Any]] ?? [answer]).compactMap { $0["fault"] as? Int }
        for number in Set(numbers).sorted() { print("Fault \(number)") }
    }
}

/// `virtual-camera repair`: repairs a body.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Repair a body of a running virtual-camera.", discussion: withControl)

    @Argument(help: "The body: its number in the rig, its name or serial number, or all.")
    var body: String

    @Argument(help: "The number of the fault; none: everything.")
    var fault: Int?

    @ParentCommand var program: VirtualCameraCommand

    func run() throws {
        var request: [String: Any] = ["do": "repair", "body": body]
        request["fault"] = fault
        _ = try program.ask(request)
    }
}

/// `virtual-camera act`: does what a photographer would do to a body.
struct ActCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "act",
        abstract: "Use a body of a running virtual-camera, as a hand would.",
        discussion: """
            ACTION is one of:
              press-shutter
              turn-dial          --property 500F --value 400
              delete             --path /DCIM/100D7500/DSC_0001.JPG
              remove-card, insert-card
              drop               closes its connections now
              unplug, replug     the cable

            \(withControl)
            """)

    @Argument(help: "The body: its number in the rig, its name or serial number, or all.")
    var body: String

    @Argument(help: "What is done.")
    var action: String

    @Option(help: "Of turn-dial: the property's code in hexadecimal.")
    var property: String?

    @Option(parsing: .unconditional, help: "Of turn-dial: a whole number, or a text.")
    var value: String?

    @Option(help: "Of delete: the file or folder.")
    var path: String?

    @ParentCommand var program: VirtualCameraCommand

    func run() throws {
        var request: [String: Any] = ["do": underscored(action), "body": body]
        request["property"] = property
        request["path"] = path
        if let value { request["value"] = Int(value).map { $0 as Any } ?? value }
        _ = try program.ask(request)
    }
}

/// `virtual-camera bodies`: what there is.
struct BodiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bodies",
        abstract: "List the bodies of a virtual-camera that runs with --control, and their faults.")

    @ParentCommand var program: VirtualCameraCommand

    func run() throws {
        let answer = try program.ask(["do": "bodies"])
        for body in answer["bodies"] as? [[String: Any]] ?? [] {
            let words = ["number", "name", "model", "serial", "port"].compactMap { body[$0].map { "\($0)" } }
            print(words.joined(separator: "\t"))
            for fault in body["faults"] as? [[String: Any]] ?? [] {
                let fields = fault.keys.sorted().compactMap { key in fault[key].map { "\(key) \($0)" } }
                print("\t" + fields.joined(separator: ", "))
            }
        }
    }
}

/// A word as the control port writes it.
private func underscored(_ word: String) -> String {
    String(word.map { $0 == "-" ? "_" : $0 })
}
