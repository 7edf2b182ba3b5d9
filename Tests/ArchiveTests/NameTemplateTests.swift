import Archive
import FleetModel
import Testing

/// How saved images are called.
@Suite struct NameTemplateTests {
    private static let camera = CameraInfo(
        id: BodyID(rawValue: "nikon-d750-1"), cameraNumber: 7, name: "front/left", model: "D750", serial: "6001",
        port: "usb:001,002", state: .ready, groups: ["ring", "upper"])

    private func values(
        _ name: String = "DSC_0001.JPG", shot: Int64? = 12, camera: CameraInfo = camera, project: String? = "Bust/12"
    ) -> NameTemplate.Values {
        // 2026-11-27 01:02:03 UTC
        NameTemplate.Values(
            time: 1_795_741_323_000_000_000, camera: camera, shot: shot, project: project, name: name, sequence: 42)
    }

    @Test(
        "Each word stands for what the image is",
        arguments: [
            ("{date}/{camera}/{original}.{ext}", "2026-11-27/front_left/DSC_0001.JPG"),
            ("{date}_{time}_{sequence}.{ext}", "2026-11-27_01-02-03_000042.JPG"),
            ("{group}/{number}/{id}-{serial}-{shot}", "ring/07/nikon-d750-1-6001-00012"),
            ("shot", "shot-00012/07-DSC_0001.JPG"), ("meshroom", "rig/07/00012.JPG"),
            ("body", "2026-11-27/front_left/DSC_0001.JPG"), ("project", "Bust_12/shot-00012/07-DSC_0001.JPG"),
        ])
    func words(template: String, name: String) throws {
        #expect(try NameTemplate(template, inUTC: true).name(values()) == name)
    }

    @Test("An image of no project is of none")
    func noProject() throws {
        let template = try NameTemplate("{project}-{shot}", inUTC: true)
        #expect(template.name(values(project: nil)) == "none-00012")
    }

    @Test("A second image of a name gets a counter before its ending")
    func copies() throws {
        let template = try NameTemplate("{camera}/{original}.{ext}", inUTC: true)
        #expect(template.name(values(), copy: 2) == "front_left/DSC_0001-2.JPG")
        #expect(template.name(values("a.b/raw"), copy: 3) == "front_left/a-3.b_raw")
        #expect(try NameTemplate("{shot}", inUTC: true).name(values(shot: nil), copy: 2) == "single-2")
    }

    @Test(
        "A template that leaves its folder, has an unknown word, or tells images not apart is refused",
        arguments: [
            "", "/{original}", "../{original}", "{date}/../{original}", ".{original}", "a//{original}", "{original}/",
            "{nonsense}", "{original", "original}", "{date}/image.jpg", "{camera}", "a\u{0}{original}",
            String(repeating: "x", count: 600) + "{original}",
        ])
    func refused(template: String) {
        #expect(throws: FleetError.self) { try NameTemplate(template) }
    }

    @Test(
        "Whatever a body or a person calls things, the name stays in its folder",
        arguments: [
            "../../etc/passwd", "..", ".", ".hidden", "a/../../b", "a\u{0}b\u{1B}", "", "/", "//", "\u{202E}gpj.exe",
            String(repeating: "long", count: 200) + ".JPG", String(repeating: "é", count: 300),
        ])
    func escapes(name: String) throws {
        var camera = Self.camera
        (camera.name, camera.groups, camera.serial) = (name, [name], name)
        for template in NameTemplate.presets.keys.sorted() + [
            "{group}/{camera}/{serial}/{project}/{original}/{ext}/{shot}"
        ] {
            let path = try NameTemplate(template, inUTC: true).name(
                values(name, camera: camera, project: name), copy: 3)
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(!parts.isEmpty && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }, "\(path)")
            #expect(parts.allSatisfy { $0.utf8.count <= 255 }, "\(path)")
            #expect(!path.unicodeScalars.contains { $0.value < 32 }, "\(path)")
        }
    }
}
