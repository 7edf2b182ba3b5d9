import Archive
import FleetTesting
import Foundation
import Hotplug
import Testing

@testable import camera_fleet

/// A machine made of files: what `doctor` reads, below a folder.
final class MadeMachine: Sendable {
    private let folder = TemporaryFolder()
    var machine: Machine { Machine(root: folder.path) }

    func write(_ path: String, _ text: String) throws {
        try makeFolder(of: path)
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + path))
    }

    func link(_ path: String, to target: String) throws {
        try makeFolder(of: path)
        try FileManager.default.createSymbolicLink(atPath: folder.path + path, withDestinationPath: target)
    }

    func makeFolder(of path: String) throws {
        let parent = URL(fileURLWithPath: folder.path + path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    }

    /// A device on USB, at `socket` of the controller 0000:00:14.0.
    func plug(
        _ socket: String, _ device: Int, vendor: UInt16, product: String, maker: String? = nil, serial: String? = nil,
        interface: UsbInterface = .stillImage, power: String = "on"
    ) throws -> UsbDevice {
        let path = "/sys/devices/pci0000:00/0000:00:14.0/usb1/\(socket)"
        try write("\(path)/power/control", power + "\n")
        let plugged = UsbDevice(
            systemPath: path, busNumber: 1, deviceNumber: device, vendor: vendor, product: 0x0440, manufacturer: maker,
            productName: product, serial: serial, interfaces: [interface])
        try write(plugged.node, "")
        return plugged
    }

    func scan(_ devices: [UsbDevice], models: UsbModels = .none) -> [SeenBody] {
        UsbScan(machine: machine, devices: devices, models: models).bodies
    }
}

private let photographer = MachineUser(number: 1000, name: "ada", groups: [1000])
private let administrator = MachineUser(number: 0, name: "root", groups: [0])

extension [Finding] {
    fileprivate var levels: [Finding.Level] { map(\.level) }
    fileprivate var words: String { map { "\($0.message) \($0.remedy ?? "")" }.joined(separator: "\n") }
}

/// What `doctor` says of bodies on USB.
@Suite struct DoctorBodyTests {
    let made = MadeMachine()

    @Test("A camera on USB is found by its interface, and told with model, port, controller and serial number")
    func found() throws {
        let bodies = made.scan([
            try made.plug("1-2", 4, vendor: 0x04B0, product: "NIKON DSC D7500", maker: "NIKON", serial: "6000001"),
            try made.plug(
                "1-3", 5, vendor: 0x046D, product: "Mouse", interface: .init(class: 3, subclass: 1, protocol: 2)),
        ])
        let body = try #require(bodies.first)
        #expect(bodies.count == 1)
        #expect(body.name == "NIKON DSC D7500 at usb:001,004" && body.kind == .camera && body.serial == "6000001")
        #expect(body.controller == "0000:00:14.0" && body.isAccessible && body.ownership?.contains("mode rw-") == true)
        let findings = BodiesCheck(bodies: bodies, user: photographer).findings(on: made.machine)
        #expect(findings.levels == [.ok])
    }

    @Test("A model that libgphoto2 finds is a camera whatever its interfaces are, by the name that libgphoto2 gives it")
    func known() throws {
        let device = try made.plug(
            "1-2", 4, vendor: 0x1234, product: "X", interface: .init(class: 0xFF, subclass: 0xFF, protocol: 0xFF))
        #expect(made.scan([device]).isEmpty)
        let models = UsbModels([.init(name: "Old Camera", vendor: 0x1234, product: 0x0440)])
        #expect(made.scan([device], models: models).map(\.model) == ["Old Camera"])
    }

    @Test("A camera that shows its card as a disk, and one that shows nothing, are told apart from sticks")
    func wrongMode() throws {
        let disk = UsbInterface(class: 8, subclass: 6, protocol: 0x50)
        let bodies = made.scan([
            try made.plug("1-1", 3, vendor: 0x04B0, product: "Z 6", maker: "Nikon", interface: disk),
            try made.plug(
                "1-2", 4, vendor: 0x04CB, product: "X-T5", interface: .init(class: 0xFF, subclass: 0, protocol: 0)),
            try made.plug("1-4", 6, vendor: 0x054C, product: "Storage Media", interface: disk),
        ])
        #expect(bodies.map(\.kind) == [.storage, .unsupported])
        let findings = BodiesCheck(bodies: bodies, user: photographer).findings(on: made.machine)
        #expect(findings.levels == [.problem, .problem])
        #expect(findings[0].message.contains("Nikon Z 6 at usb:001,003") && findings[0].remedy?.contains("PTP") == true)
    }

    @Test("Who holds a body is named with the way to end it; the fleet's own worker is no problem")
    func held() throws {
        var devices: [UsbDevice] = []
        for (process, number, program) in [
            (901, 4, "/usr/libexec/gvfs-gphoto2-volume-monitor"), (902, 5, "/usr/bin/darktable"),
            (903, 6, "/opt/fleet/body-worker"),
        ] {
            let device = try made.plug("1-\(number)", number, vendor: 0x04B0, product: "D7500")
            devices.append(device)
            try made.link("/proc/\(process)/fd/7", to: device.node)
            try made.link("/proc/\(process)/fd/8", to: "socket:[1]")
            try made.write("/proc/\(process)/cmdline", "\(program)\u{0}--port\u{0}")
        }
        let findings = BodiesCheck(bodies: made.scan(devices), user: photographer).findings(on: made.machine)
        #expect(findings.levels == [.problem, .problem, .ok])
        #expect(findings[0].message.contains("gvfs-gphoto2-volume-monitor (process 901)"))
        #expect(findings[0].remedy?.contains("systemctl --user stop gvfs-gphoto2-volume-monitor.service") == true)
        #expect(findings[1].message.contains("darktable") && findings[1].remedy?.contains("kill 902") == true)
    }

    @Test("A body without permission names its device file's owner and the rule to install; one without a file says so")
    func permission() {
        var body = SeenBody(
            model: "D7500", port: "usb:001,004", node: "/dev/bus/usb/001/004", systemPath: "/sys/devices/usb1/1-2",
            isAccessible: false, ownership: "root:root, mode 0664")
        let denied = BodiesCheck(bodies: [body], user: photographer).findings(on: made.machine)
        #expect(denied.levels == [.problem] && denied.words.contains("root:root, mode 0664"))
        #expect(denied.words.contains("70-camera-fleet.rules") && denied.words.contains("adduser ada plugdev"))
        body.ownership = nil
        let missing = BodiesCheck(bodies: [body], user: photographer).findings(on: made.machine)
        #expect(missing.levels == [.problem] && missing.words.contains("no device file"))
    }

    @Test("No camera at all is a hint")
    func none() {
        #expect(BodiesCheck(bodies: [], user: photographer).findings(on: made.machine).levels == [.hint])
    }

    @Test(
        "A serial number that says nothing is told from one that does",
        arguments: [
            ("", true), ("0", true), ("000000000000", true), ("0123456789ABCDEF0123456789ABCDEF", true), (" ", true),
            ("FFFFFFFF", true), ("6000001", false), ("7", false), ("0123", false), ("0123456789", false),
        ])
    func serial(text: String, tellsNothing: Bool) throws {
        let devices = [try made.plug("1-1", 1, vendor: 0x04B0, product: "A", serial: text)]
        let levels = SerialCheck(bodies: made.scan(devices)).findings(on: made.machine).levels
        #expect(levels == (tellsNothing ? [.hint] : []))
    }

    @Test("Two bodies with one serial number are hints, and so is one that says nothing; bodies without any are not")
    func serials() throws {
        var devices = [
            try made.plug("1-1", 1, vendor: 0x04B0, product: "A", serial: "71"),
            try made.plug("1-2", 2, vendor: 0x04B0, product: "B", serial: "78"),
            try made.plug("1-3", 3, vendor: 0x04A9, product: "C"),
            try made.plug("1-4", 4, vendor: 0x04A9, product: "D"),
        ]
        #expect(SerialCheck(bodies: made.scan(devices)).findings(on: made.machine).levels == [.ok])
        devices += [
            try made.plug("1-5", 5, vendor: 0x04B0, product: "E", serial: "71000"),
            try made.plug("1-6", 6, vendor: 0x04B0, product: "F", serial: "71"),
            try made.plug("1-7", 7, vendor: 0x04B0, product: "G", serial: "0000"),
        ]
        let findings = SerialCheck(bodies: made.scan(devices)).findings(on: made.machine)
        #expect(findings.levels == [.hint, .hint])
        #expect(findings[0].message.contains("G at usb:001,007"))
        #expect(findings[1].message.contains("A at usb:001,001, F at usb:001,006"))
    }

    @Test("A body that may be put to sleep is a problem with the file to write; one that is kept awake is none")
    func autosuspend() throws {
        let bodies = made.scan([
            try made.plug("1-1", 1, vendor: 0x04B0, product: "A", power: "auto"),
            try made.plug("1-2", 2, vendor: 0x04B0, product: "B"),
        ])
        let findings = AutosuspendCheck(bodies: bodies).findings(on: made.machine)
        #expect(findings.levels == [.problem] && findings[0].message.contains("A at usb:001,001"))
        let file = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/power/control"
        #expect(findings[0].remedy?.contains(file) == true)
        #expect(AutosuspendCheck(bodies: [bodies[1]]).findings(on: made.machine).levels == [.ok])
    }

    @Test("So many bodies at one controller that its endpoints may end are a hint, for that controller alone")
    func controllers() {
        let bodies = (0..<28).map { number in
            SeenBody(
                model: "A", port: "usb:001,0\(number)", node: "",
                systemPath: "/sys/devices/pci0000:00/0000:0\(number < 25 ? 1 : 2):00.0/usb3/3-1/3-1.\(number)")
        }
        let findings = ControllerCheck(bodies: bodies).findings(on: made.machine)
        #expect(findings.levels == [.hint, .ok])
        #expect(findings[0].message.contains("25 cameras") && findings[0].message.contains("0000:01:00.0"))
    }
}

/// What `doctor` says of the machine around the bodies.
@Suite struct DoctorMachineTests {
    let made = MadeMachine()

    @Test(
        "The rule of this house, libgphoto2's and none are told apart; one that is masked or read at the wrong time is not there"
    )
    func rules() throws {
        func levels(_ user: MachineUser = photographer) -> Finding? {
            AccessRulesCheck(user: user).findings(on: made.machine).first { $0.check == "udev-rule" }
        }
        #expect(levels()?.level == .problem && levels(administrator)?.level == .hint)
        try made.write("/lib/udev/rules.d/60-libgphoto2-6.rules", "ACTION==\"add\"\n")
        #expect(levels()?.level == .hint && levels()?.remedy?.contains("Deploy/70-camera-fleet.rules") == true)
        try made.write("/etc/udev/rules.d/60-libgphoto2-6.rules", "")
        #expect(levels()?.level == .problem, "an empty file of that name hides it")
        try made.write("/etc/udev/rules.d/60-camera-fleet.rules", "ACTION==\"add\"\n")
        #expect(levels()?.level == .problem && levels()?.message.contains("70") == true)
        try FileManager.default.removeItem(atPath: made.machine.root + "/etc/udev/rules.d/60-camera-fleet.rules")
        try made.write("/etc/udev/rules.d/70-camera-fleet.rules", "ACTION==\"add\"\n")
        #expect(levels()?.level == .ok)
        #expect(AccessRules(on: made.machine).ours == "/etc/udev/rules.d/70-camera-fleet.rules")
    }

    @Test("udevd is there when its socket is")
    func daemon() throws {
        func level() -> Finding.Level? {
            AccessRulesCheck(user: photographer).findings(on: made.machine).first { $0.check == "udevd" }?.level
        }
        #expect(level() == .hint)
        try made.write("/run/udev/control", "")
        #expect(level() == .ok)
    }

    @Test("A user in the group, one who has yet to log in again, one outside and a machine without the group")
    func group() throws {
        func finding(_ groups: Set<UInt32>) -> Finding? {
            AccessRulesCheck(user: MachineUser(number: 1000, name: "ada", groups: groups))
                .findings(on: made.machine).first { $0.check == "group" }
        }
        #expect(finding([1000])?.remedy?.contains("groupadd") == true)
        try made.write("/etc/group", "root:x:0:\nplugdev:x:46:bob\n")
        #expect(finding([46, 1000])?.level == .ok)
        #expect(finding([1000])?.remedy?.contains("sudo adduser ada plugdev") == true)
        try made.write("/etc/group", "root:x:0:\nplugdev:x:46:bob,ada\n")
        #expect(finding([1000])?.remedy == "Log out and in again.")
        #expect(finding([46])?.level == .ok)
    }

    @Test("The desktop's photo import: running, to come with the next login, masked, or kept away by the rule")
    func desktop() throws {
        func finding() -> Finding? { DesktopCheck(home: "/home/ada").findings(on: made.machine).first }
        #expect(finding()?.level == .ok)
        try made.write("/usr/share/gvfs/remote-volume-monitors/gphoto2.monitor", "[RemoteVolumeMonitor]\n")
        #expect(finding()?.level == .hint && finding()?.remedy?.contains("mask") == true)
        let mask = "/home/ada/.config/systemd/user/gvfs-gphoto2-volume-monitor.service"
        try made.link(mask, to: "/dev/null")
        #expect(finding()?.level == .ok)
        try made.write("/proc/77/cmdline", "/usr/libexec/gvfs-gphoto2-volume-monitor\u{0}")
        #expect(finding()?.level == .problem && finding()?.message.contains("77") == true)
        try made.write("/etc/udev/rules.d/70-camera-fleet.rules", "ACTION==\"add\"\n")
        #expect(finding()?.level == .ok)
        try made.write("/proc/78/cmdline", "/usr/libexec/gvfsd-gphoto2\u{0}--spawner\u{0}")
        #expect(finding()?.level == .problem && finding()?.message.contains("78") == true)
    }

    @Test(
        "The kernel's memory for USB is held against the number of bodies",
        arguments: [
            ("16", 0, Finding.Level.ok), ("16", 4, .ok), ("16", 5, .hint), ("16", 17, .problem), ("0", 100, .ok),
            ("1000", 100, .ok), ("200", 100, .hint), ("many", 1, .hint), ("-1", 1, .hint),
        ])
    func usbMemory(text: String, bodies: Int, level: Finding.Level) throws {
        try made.write(UsbMemoryCheck.path, text + "\n")
        let findings = UsbMemoryCheck(bodies: bodies).findings(on: made.machine)
        #expect(findings.levels == [level])
        if level == .problem {
            #expect(findings.words.contains("echo 64 | sudo tee \(UsbMemoryCheck.path)"))
            #expect(findings.words.contains("options usbcore usbfs_memory_mb=64"))
        }
    }

    @Test("USB devices that the kernel turned away are found in its log, and counted; the rest of the log is nobody's")
    func kernelLog() throws {
        #expect(KernelLogCheck().findings(on: made.machine).levels == [.hint])
        try made.write("/dev/kmsg", "6,1,0,-;Linux version\n SUBSYSTEM=usb; not enough bandwidthless\n")
        try made.write("/dev/kmsg", "6,1,0,-;usb 1-1: new high-speed USB device\n")
        #expect(KernelLogCheck().findings(on: made.machine).levels == [.ok])
        try made.write(
            "/dev/kmsg",
            "6,1,0,-;usb 1-1: new\n4,2,9,-;xhci_hcd 0000:00:14.0: Not enough host controller resources for new device\n"
                + "3,3,9,-;usb 1-9: Not enough bandwidth for altsetting 1\n")
        let findings = KernelLogCheck().findings(on: made.machine)
        #expect(findings.levels == [.problem] && findings.words.contains("2 times"))
        #expect(findings.words.contains("usb 1-9: Not enough bandwidth"))
    }

    @Test(
        "A libgphoto2 that is too old is told, and one that does not answer",
        arguments: [
            ("2.5.30", .ok), ("2.5.26", .problem), ("2.5.27", .hint), ("2.5.31", .ok), ("3.0.0", .ok),
            ("2.5.33.1", .ok), ("what", .hint), (nil, .problem),
        ] as [(String?, Finding.Level)])
    func driverVersion(version: String?, level: Finding.Level) throws {
        #expect(DriverVersionCheck(version: version).findings(on: made.machine).levels == [level])
    }

    @Test("Realtime priority that is refused, and a low limit on open files, come with what to write where")
    func limits() {
        let refused = RealtimeCheck(failure: EPERM, limit: 0).findings(on: made.machine)
        #expect(refused.levels == [.hint] && refused.words.contains("rtprio") && refused.words.contains("LimitRTPRIO="))
        #expect(RealtimeCheck(failure: 0, limit: 0).findings(on: made.machine).levels == [.ok])
        let tried = RealtimeCheck.tried()
        #expect(tried.failure == 0 || tried.failure == EPERM)
        #expect(DescriptorCheck(limit: 1024, bodies: 2).findings(on: made.machine).levels == [.hint])
        #expect(DescriptorCheck(limit: 512, bodies: 100).findings(on: made.machine).levels == [.problem])
        #expect(DescriptorCheck(limit: .max, bodies: 100).findings(on: made.machine).levels == [.ok])
    }

    @Test(
        "A kernel that does not interrupt itself for a release is told, with what to start it with; one that says nothing is not"
    )
    func preemption() throws {
        func findings() -> [Finding] { PreemptionCheck().findings(on: made.machine) }
        #expect(findings().isEmpty)
        try made.write("/proc/version", "Linux version 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1\n")
        #expect(findings().isEmpty)
        try made.write("/dev/kmsg", "6,1,0,-;Linux version\n6,2,9,-;Dynamic Preempt: voluntary\n")
        #expect(findings().levels == [.hint] && findings().words.contains("preempt=full"))
        try made.write("/proc/cmdline", "root=/dev/sda1 preempt=none quiet preempt=full\n")
        #expect(findings().levels == [.ok])
        try made.write("/sys/kernel/debug/sched/preempt", "(none) voluntary full lazy \n")
        #expect(findings().levels == [.hint] && findings().words.contains("preempt=none"))
        try made.write("/sys/kernel/debug/sched/preempt", "none voluntary full (lazy) \n")
        #expect(findings().levels == [.ok])
        try made.write("/proc/version", "Linux version 6.12 #1 SMP PREEMPT_RT\n")
        #expect(findings().levels == [.ok] && findings().words.contains("PREEMPT_RT"))
    }

    @Test("A full disk and a damaged roster are problems, and an absent roster is none")
    func dataFolder() {
        func levels(_ free: Int64?, _ roster: Result<RosterInspection, RosterError>) -> [Finding.Level] {
            DataFolderCheck(folder: "/data", free: free, roster: roster).findings(on: made.machine).levels
        }
        #expect(levels(1 << 40, .success(.absent)) == [.ok, .ok])
        #expect(levels(1_000_000_000, .success(.sound(bodies: 3))) == [.hint, .ok])
        #expect(levels(1_000_000, .success(.damaged)) == [.problem, .problem])
        let closed = DataFolderCheck(folder: "/data", free: 1 << 40, isWritable: false, roster: .success(.absent))
        #expect(closed.findings(on: made.machine).levels == [.problem, .ok])
        #expect(levels(nil, .failure(.notWritable(path: "/data"))) == [.hint, .problem])
    }
}
