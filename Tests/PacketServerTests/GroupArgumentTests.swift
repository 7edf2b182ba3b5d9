import FleetTesting
import Testing
import VirtualCamera

/// What the commands of groups and shots refuse (protocol.md, 0x0930 to 0x0932, 0x0935, 0x0938, 0x0940, 0x0941).
@Suite struct GroupArgumentTests {
    @Test("Without a body, a known group or a known camera nothing is armed")
    func targets() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            let targets = [
                "{}", #"{"group":"ring"}"#, #"{"cameras":[1]}"#, #"{"cameras":[]}"#, #"{"cameras":["left"]}"#,
            ]
            for target in targets {
                for code: UInt16 in [0x0930, 0x0932] {
                    let answer = try await client.ask(code, target)
                    #expect(answer.isRefusal(0x201D), "\(target): \(answer.told)")
                }
                let window = target == "{}" ? #"{"window_seconds":1}"# : #"{"window_seconds":1,"# + target.dropFirst()
                #expect(try await client.ask(0x0938, window).isRefusal(0x201D))
            }
            #expect(try await client.ask(0x0940, "{}").json["shots"].array.isEmpty)
        }
    }

    @Test("A group is of the bodies that belong to it, and one unknown camera refuses all of them")
    func groups() async throws {
        try await GroupRig.run([.nikon, .nikon, .nikon]) { rig in
            #expect(try await rig.ask(0x0920, #"{"camera":1,"groups":["ring"]}"#).code == 0x2001)
            #expect(try await rig.ask(0x0920, #"{"camera":3,"groups":["ring","top"],"name":"left"}"#).code == 0x2001)
            let refused = try await rig.ask(0x0930, #"{"cameras":[1,2,9]}"#)
            #expect(refused.isRefusal(0x201D), "\(refused.told)")
            for (target, numbers) in [
                (#"{"group":"ring"}"#, [1, 3]), (#"{"group":"top"}"#, [3]), (#"{"cameras":["left",1]}"#, [1, 3]),
                ("{}", [1, 2, 3]),
            ] {
                let shot = try await rig.arm(target)
                let cameras = try await rig.shot(shot)["cameras"].array
                #expect(cameras.map { $0["camera_number"].integer } == numbers)
                #expect(try await rig.ask(0x0935, "{\"shot\":\(shot)}").code == 0x2001)
            }
            #expect(rig.releases == [0, 0, 0])
        }
    }

    @Test("Arguments of another type, missing ones and unknown names are Invalid_Parameter, and nothing is armed")
    func types() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let shot = try await rig.arm()
            let wrong: [(UInt16, [String])] = [
                (
                    0x0930,
                    [
                        #"{"group":1}"#, #"{"group":null}"#, #"{"cameras":1}"#, #"{"cameras":[null]}"#,
                        #"{"cameras":[1.5]}"#, #"{"cameras":[true]}"#, #"{"require_all":1}"#,
                        #"{"group":"a","cameras":[1]}"#, "[]", "{",
                    ]
                ),
                (
                    0x0931,
                    [
                        "{}", #"{"shot":null}"#, #"{"shot":"1"}"#, #"{"shot":0}"#, #"{"shot":-1}"#, #"{"shot":99}"#,
                        #"{"shot":1.5}"#, "{\"shot\":\(shot),\"at\":true}", "{\"shot\":\(shot),\"at\":null}",
                        "{\"shot\":\(shot),\"at\":\"soon\"}", "{\"shot\":\(shot),\"at\":\"+5\"}",
                        "{\"shot\":\(shot),\"at\":\"\"}", "{\"shot\":\(shot),\"at\":1.5}",
                        "{\"shot\":\(shot),\"offsets\":[]}", "{\"shot\":\(shot),\"offsets\":{\"1\":\"5\"}}",
                        "{\"shot\":\(shot),\"offsets\":{\"9\":5}}", "{\"shot\":\(shot),\"offsets\":{\"1\":1.5}}",
                        "{\"shot\":\(shot),\"offsets\":{\"1\":5,\"camera-1\":6}}",
                        "{\"shot\":\(shot),\"offsets\":{\"1\":9000000000000000000}}",
                    ]
                ),
                (0x0932, [#"{"download":1}"#, #"{"at":true}"#, #"{"offsets":{"9":1}}"#, #"{"require_all":null}"#]),
                (0x0935, ["{}", #"{"shot":99}"#, #"{"shot":"1"}"#]),
                (
                    0x0938,
                    [
                        "{}", #"{"window_seconds":0}"#, #"{"window_seconds":-1}"#, #"{"window_seconds":"1"}"#,
                        #"{"window_seconds":1e9}"#,
                    ]
                ),
                (
                    0x0940,
                    [
                        #"{"limit":0}"#, #"{"limit":-1}"#, #"{"limit":"1"}"#, #"{"limit":null}"#, #"{"before":99}"#,
                        #"{"before":0}"#, #"{"before":"1"}"#,
                    ]
                ),
                (0x0941, ["{}", #"{"shot":99}"#, #"{"shot":0}"#, #"{"shot":true}"#]),
            ]
            for (code, arguments) in wrong {
                for json in arguments {
                    let answer = try await rig.ask(code, json)
                    #expect(answer.isRefusal(0x201D), "0x\(String(code, radix: 16)) \(json): \(answer.told)")
                }
            }
            #expect(rig.releases == [0])
            #expect(try await rig.ask(0x0940).json["shots"].array.count == 1)
            #expect(try await rig.fire(shot).code == 0x2001)
        }
    }
}
