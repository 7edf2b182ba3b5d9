import FleetModel
import NIOCore
import PacketProtocol
import Testing

@Suite("Codes of the page's tables")
struct CodeTests {
    static let commands: [UInt16] =
        Array(0x0002...0x0017) + Array(0x0900...0x0903) + [0x0910, 0x0911] + Array(0x0920...0x0923)
        + Array(0x0930...0x0938) + [0x0940, 0x0941] + Array(0x0950...0x0955)
        + Array(0x0960...0x0968) + [0x0980, 0x0999]

    @Test("The commands are those of section 3, and some of the codes that it keeps for more")
    func allCommands() {
        #expect(CommandCode.allCases.map(\.rawValue).sorted() == Self.commands)
    }

    @Test("Commands have the page's numbers")
    func commandNumbers() {
        let table: [(CommandCode, UInt16)] = [
            (.captureImage, 0x0002), (.getThumbnail, 0x0003), (.downloadImage, 0x0004), (.startLiveView, 0x0005),
            (.stopLiveView, 0x0006), (.getWidgetCurrentValue, 0x0007), (.getWidgetPossibleValues, 0x0008),
            (.setWidgetNewValue, 0x0009), (.listWidgets, 0x000A), (.listFiles, 0x000B), (.deleteImage, 0x000C),
            (.uploadFile, 0x000D), (.getStorageInfo, 0x000E), (.triggerCapture, 0x000F), (.getCameraSummary, 0x0010),
            (.lockCamera, 0x0011), (.unlockCamera, 0x0012), (.startSequence, 0x0013), (.stopSequence, 0x0014),
            (.resetCamera, 0x0015), (.closeSession, 0x0016), (.cancel, 0x0017), (.checkConnection, 0x0900),
            (.authenticate, 0x0901), (.getCamerasList, 0x0902), (.initCameraModel, 0x0903), (.subscribeEvents, 0x0910),
            (.unsubscribeEvents, 0x0911), (.setCameraName, 0x0920), (.replaceCamera, 0x0921), (.forgetCamera, 0x0922),
            (.setCameraNumbers, 0x0923), (.armGroup, 0x0930), (.fireGroup, 0x0931), (.captureGroup, 0x0932),
            (.setGroupWidgets, 0x0933), (.copyWidgets, 0x0934), (.disarmGroup, 0x0935), (.startGroupSequence, 0x0936),
            (.stopGroupSequence, 0x0937), (.collectGroup, 0x0938), (.listShots, 0x0940), (.getShot, 0x0941),
            (.savePreset, 0x0950), (.applyPreset, 0x0951), (.listPresets, 0x0952), (.deletePreset, 0x0953),
            (.compareCameras, 0x0954), (.syncClocks, 0x0955), (.listTriggers, 0x0960),
            (.listImages, 0x0961), (.verifyImages, 0x0962), (.fetchImages, 0x0963), (.downloadSaved, 0x0964),
            (.openProject, 0x0965), (.closeProject, 0x0966), (.listProjects, 0x0967), (.getDisk, 0x0968),
            (.getDriverLog, 0x0980),
            (.closeConnection, 0x0999),
        ]
        #expect(table.count == CommandCode.allCases.count)
        for (code, number) in table {
            #expect(code.rawValue == number)
            #expect(code.needsSession == (number <= 0x0017))
        }
    }

    @Test("Responses have the page's numbers and names")
    func responses() {
        let table: [(UInt16, String)] = [
            (0x2002, "General_Error"), (0x2003, "Session_Not_Open"), (0x2005, "Operation_Not_Supported"),
            (0x2006, "Parameter_Not_Supported"), (0x2009, "Invalid_ObjectHandle"), (0x200C, "Store_Full"),
            (0x200F, "Access_Denied"), (0x2013, "Store_Not_Available"), (0x2019, "Device_Busy"),
            (0x201D, "Invalid_Parameter"), (0x201F, "Transaction_Cancelled"), (0xA001, "Camera_Unplugged"),
            (0xA002, "Camera_Fault"), (0xA003, "Timed_Out"), (0xA004, "Too_Many"),
        ]
        #expect(table.count == FleetErrorKind.allCases.count)
        for (number, name) in table {
            let kind = FleetErrorKind(name: name)
            #expect(kind?.rawValue == number, "\(name)")
            #expect(kind?.name == name)
            #expect(ResponseCode(rawValue: number) == kind.map(ResponseCode.error))
            #expect(kind.map { ResponseCode.error($0).rawValue } == number)
        }
        #expect(ResponseCode.ok.rawValue == 0x2001)
        #expect(ResponseCode(rawValue: 0x2001) == .ok)
        #expect(ResponseCode(rawValue: 0x2FFF) == .error(.generalError))
        #expect(FleetErrorKind(name: "general_error") == nil)
    }

    @Test("Events have the page's numbers and names")
    func events() {
        let table: [(UInt16, String)] = [
            (0x4002, "object_added"), (0x4003, "object_removed"), (0x4006, "widget_changed"),
            (0x400D, "capture_complete"), (0xC001, "camera_state"), (0xC002, "image_saved"),
            (0xC003, "sequence_progress"), (0xC004, "shot_complete"), (0xC005, "events_lost"),
            (0xC006, "camera_attached"), (0xC007, "camera_detached"), (0xC008, "group_sequence_progress"),
        ]
        #expect(table.count + 1 == EventCode.allCases.count)
        for (number, name) in table { #expect(EventCode(name: name)?.rawValue == number, "\(name)") }
        #expect(EventCode.connectionOK.rawValue == 0x0800)
        #expect(EventCode(name: "CONNECTION_OK") == .connectionOK)
    }

    @Test("An error's JSON has the page's keys and what libgphoto2 said")
    func errorDescription() {
        let error = FleetError(.deviceBusy, "Wait.", driver: DriverError(code: -110, text: "I/O in progress"))
        let json = String(buffer: PacketEncoder.json(ErrorDescription(error)))
        #expect(json.contains(#""error":"Device_Busy""#) && json.contains(#""message":"Wait.""#))
        #expect(json.contains(#""gphoto2":{"#) && json.contains(#""code":-110"#))
        #expect(ErrorDescription(error).fleetError == error)
        #expect(!String(buffer: PacketEncoder.json(ErrorDescription(FleetError(.storeFull, "")))).contains("gphoto2"))
    }
}
