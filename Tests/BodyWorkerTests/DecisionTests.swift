import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import Testing

@testable import BodyWorker

/// What the worker decides without a body: values in, values out.
struct DecisionTests {
    private let image = CapturedImage(folder: "/a", name: "b", size: 1)
    private static let millisecond: Int64 = 1_000_000

    @Test("A release is done a moment after image and word, in whichever order") func order() {
        var first = CaptureProgress(expecting: 1, at: 0)
        #expect(!first.isDone(at: .max / 2))
        first.add(image, at: 0)
        first.complete(at: 100)
        #expect(!first.isDone(at: 100))
        first.pause()
        #expect(first.isDone(at: 100))
        var second = CaptureProgress(expecting: 1, at: 0)
        second.complete(at: 0)
        #expect(!second.isDone(at: .max / 2))
        second.pause()
        second.add(image, at: 0)
        #expect(!second.isDone(at: 0))
        second.pause()
        #expect(second.isDone(at: 0))
    }

    @Test("A body that never says that it is done is waited for half a second after its image") func wordless() {
        var progress = CaptureProgress(expecting: 1, at: 0)
        progress.add(image, at: 0)
        #expect(!progress.isDone(at: 499 * Self.millisecond))
        #expect(progress.isDone(at: 500 * Self.millisecond))
    }

    @Test("A second image that is expected is waited for, but not for ever") func pair() {
        var progress = CaptureProgress(expecting: 2, at: 0)
        progress.add(image, at: 0)
        progress.complete(at: 0)
        #expect(!progress.isDone(at: 2_999 * Self.millisecond))
        #expect(progress.isDone(at: 3_000 * Self.millisecond))
        progress.add(image, at: 100)
        progress.pause()
        #expect(progress.isDone(at: 100))
    }

    @Test(
        "A quality that names RAW and JPEG brings two images",
        arguments: [
            ("NEF+Basic", 2), ("NEF + JPEG Fine", 2), ("RAW + Large Fine JPEG", 2), ("cRAW + M", 2), ("RAW", 1),
            ("NEF (Raw)", 1), ("JPEG Fine", 1), ("Large Fine JPEG", 1), ("", 1), ("JPEG+", 1),
        ])
    func quality(text: String, count: Int) {
        #expect(CaptureProgress.images(of: text) == count)
    }

    @Test(
        "A driver's result is the response that the protocol has for it",
        arguments: [
            (.fileNotFound, .other, .invalidObjectHandle), (.directoryNotFound, .other, .invalidObjectHandle),
            (.badParameters, .object("a"), .invalidObjectHandle), (.badParameters, .piece("a"), .invalidObjectHandle),
            (.badParameters, .widget("a"), .parameterNotSupported),
            (.badParameters, .setWidget("a"), .invalidParameter),
            (.notSupported, .widget("a"), .parameterNotSupported), (.notSupported, .piece("a"), .operationNotSupported),
            (.notSupported, .preview, .operationNotSupported), (.notSupported, .other, .operationNotSupported),
            (.unspecified, .piece("a"), .operationNotSupported), (.unspecified, .release, .generalError),
            (.cameraBusy, .other, .deviceBusy), (.noSpace, .other, .storeFull), (.timeout, .other, .timedOut),
            (.cancelled, .other, .transactionCancelled), (.usbNotFound, .other, .cameraUnplugged),
            (.usbHeld, .other, .cameraFault), (.inputOutput, .other, .cameraFault),
            (.corruptedData, .other, .cameraFault),
            (GPhotoError.Code(rawValue: -999), .other, .generalError),
        ] as [(GPhotoError.Code, DriverFailure.Task, FleetErrorKind)])
    func meaning(code: GPhotoError.Code, task: DriverFailure.Task, kind: FleetErrorKind) {
        let failure = GPhotoError(code, detail: "So it is.")
        let error = DriverFailure.error(failure, task)
        #expect(error.kind == kind)
        #expect(error.driver == DriverError(code: Int(code.rawValue), text: failure.text))
        #expect(error.message.hasSuffix("The driver says: So it is.") && error.message.count > 40)
    }

    @Test(
        "What a body says of a value it refuses is found in the driver's words",
        arguments: [
            ("The property 'ISO Speed' / 0x500f was not set (0x2019: PTP Device Busy)", 0x2019),
            ("The property 'ISO Speed' / 0x500f was not set (0x201c: Invalid value)", 0x201C),
            ("The property 'ISO Speed' / 0x500f was not set (0x02ff: PTP I/O Error)", nil),
            ("Sorry, the property 'ISO Speed' / 0x500f is currently read-only.", nil), ("was not set (0x", nil),
            ("", nil),
        ] as [(String, UInt16?)])
    func refusal(words: String, code: UInt16?) {
        #expect(DriverFailure.refusal(in: words) == code)
    }

    @Test("A summary has a word behind each name, and none where nothing stands") func summary() {
        let summary = BodySummary("Manufacturer: Hand & Co.\nModel:  Box: 2 \n  Serial Number: \nVersion: None\nx")
        #expect(summary["Manufacturer"] == "Hand & Co.")
        #expect(summary["Model"] == "Box: 2")
        #expect(summary["Serial Number"] == nil && summary["Version"] == nil && summary["Other"] == nil)
        #expect(BodySummary(nil)["Model"] == nil)
    }

    @Test("A time that somebody asks for is never less than nothing nor more than a day") func times() {
        #expect(MonotonicClock.nanoseconds(1.5) == 1_500_000_000)
        #expect(MonotonicClock.nanoseconds(-1) == 0 && MonotonicClock.nanoseconds(.nan) == 0)
        #expect(MonotonicClock.nanoseconds(.infinity) == 86_400_000_000_000)
    }

    @Test("A full disk is Store_Full, and what comes after the failure is dropped") func fullDisk() {
        let file = NewFile(path: "spool", descriptor: open("/dev/full", O_WRONLY | O_CLOEXEC))
        #expect(file.failure == nil)
        for _ in 0..<2 { [1, 2, 3].withUnsafeBytes { file.append($0) } }
        #expect(file.failure?.kind == .storeFull)
        #expect(file.failure?.message.contains("spool") == true)
        #expect(file.size == 0)
    }

    @Test("A command line says port, model, home, name and patience", arguments: [true, false])
    func options(tells: Bool) throws {
        let guid = "00112233445566778899aabbccddeeff"
        var arguments = ["--home", "/h", "--guid", guid, "--patience-ms", "250"]
        arguments += tells ? ["--known-models"] : ["--port", "ptpip:1.2.3.4:5:5", "--model", "Nikon D7500"]
        let options = try #require(WorkerOptions(arguments))
        #expect(options.home == "/h" && options.guid == guid && options.patienceMilliseconds == 250)
        #expect(options.task == (tells ? .tellKnownModels : .serve(port: "ptpip:1.2.3.4:5:5", model: "Nikon D7500")))
    }

    @Test("A refusal is told from other answers by the last header that came") func handshake() {
        func note(_ type: UInt8, received: UInt8 = 1) -> driver_log_entry {
            var entry = driver_log_entry()
            (entry.size, entry.count, entry.received) = (8, 8, received)
            withUnsafeMutableBytes(of: &entry.bytes) { $0[4] = type }
            return entry
        }
        #expect(Handshake.wasRefused([note(2), note(5)]))
        #expect(!Handshake.wasRefused([note(5), note(2)]))
        #expect(Handshake.wasRefused([note(5), note(1, received: 0)]))
        #expect(!Handshake.wasRefused([]))
    }
}
