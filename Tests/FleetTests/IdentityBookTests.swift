import Archive
import FleetModel
import Testing

@testable import Fleet

/// Which body is which, without bodies.
@Suite struct IdentityBookTests {
    private func evidence(
        _ serial: String?, usb: String? = nil, socket: String = "hub-1", port: Int = 1
    ) -> BodyEvidence {
        BodyEvidence(
            words: ["Nikon D7500"], serial: serial, usb: UsbTrace(model: "04b0:0440", serial: usb, socket: socket),
            port: BodyPort(path: "usb:001,00\(port)"))
    }

    private func id(of finding: IdentityBook.Finding) -> String? {
        if case .body(let id, _) = finding { return id.rawValue }
        return nil
    }

    @Test("An id is made of model and serial number, and is the same in every socket and at every port")
    func serial() {
        var book = IdentityBook()
        #expect(id(of: book.identify(evidence("6001234"))) == "nikon-d7500-6001234")
        book.release(BodyPort(path: "usb:001,001"))
        let again = book.identify(evidence("6001234", usb: "other", socket: "hub-2", port: 9))
        #expect(id(of: again) == "nikon-d7500-6001234")
    }

    @Test(
        "A serial number that tells nothing is passed over for that of the USB descriptor",
        arguments: [nil, "", "  ", "0", "0000000", "1111", "0123456789abcdef0123456789ABCDEF"])
    func meaningless(_ serial: String?) {
        var book = IdentityBook()
        #expect(id(of: book.identify(evidence(serial, usb: "A77"))) == "nikon-d7500-a77")
        #expect(id(of: book.identify(evidence(serial, usb: "000000", port: 2))) == "nikon-d7500-hub-1")
    }

    @Test(
        "Serial numbers that look odd and can tell bodies apart are taken",
        arguments: ["1", "7", "12", "0001", "123456789"])
    func telling(_ serial: String) {
        var book = IdentityBook()
        #expect(id(of: book.identify(evidence(serial, usb: "A77"))) == "nikon-d7500-\(serial)")
    }

    @Test("A body that shows the serial number of one that is there is only taken for another once that one was asked")
    func asksFirst() {
        var book = IdentityBook()
        _ = book.identify(evidence("42", usb: "A", port: 1))
        let second = evidence("42", usb: "B", socket: "hub-2", port: 2)
        let expected = IdentityBook.Finding.taken(
            BodyID(rawValue: "nikon-d7500-42"), at: BodyPort(path: "usb:001,001"))
        #expect(book.identify(second) == expected)
        book.release(BodyPort(path: "usb:001,001"))
        #expect(id(of: book.identify(second)) == "nikon-d7500-42")
    }

    @Test("Two bodies with one serial number keep the ids that they were given, in any order, after a restart")
    func shared() {
        var book = IdentityBook()
        let first = evidence("42", usb: "A", socket: "hub-1", port: 1)
        let second = evidence("42", usb: "B", socket: "hub-2", port: 2)
        #expect(id(of: book.identify(first)) == "nikon-d7500-42")
        let shared = SharedSerial(model: "nikon-d7500", serial: "42", source: .body)
        #expect(
            book.identify(second, isDouble: true)
                == .body(BodyID(rawValue: "nikon-d7500-b"), shared: [shared]))
        var restarted = IdentityBook(
            known: [
                BodyID(rawValue: "nikon-d7500-42"): first, BodyID(rawValue: "nikon-d7500-b"): second,
            ], shared: [shared])
        // Each in the other's socket, and the second first.
        #expect(id(of: restarted.identify(evidence("42", usb: "B", socket: "hub-1", port: 3))) == "nikon-d7500-b")
        #expect(id(of: restarted.identify(evidence("42", usb: "A", socket: "hub-2", port: 4))) == "nikon-d7500-42")
        #expect(id(of: restarted.identify(evidence("42", usb: "C", socket: "hub-3", port: 5))) == "nikon-d7500-c")
    }

    @Test("Bodies that are alike in everything are told apart by their sockets")
    func twins() {
        var book = IdentityBook()
        #expect(id(of: book.identify(evidence("42", usb: "A", socket: "hub-1", port: 1))) == "nikon-d7500-42")
        let second = evidence("42", usb: "A", socket: "hub-2", port: 2)
        #expect(id(of: book.identify(second, isDouble: true)) == "nikon-d7500-hub-2")
        for port in 1...2 { book.release(BodyPort(path: "usb:001,00\(port)")) }
        #expect(id(of: book.identify(evidence("42", usb: "A", socket: "hub-2", port: 3))) == "nikon-d7500-hub-2")
        #expect(id(of: book.identify(evidence("42", usb: "A", socket: "hub-1", port: 4))) == "nikon-d7500-42")
    }

    @Test(
        "A body that was on the network is the same on USB, and what is known of its USB side stays when it goes back")
    func bothWays() {
        var book = IdentityBook()
        let network = BodyEvidence(
            words: ["Nikon D7500"], serial: "42", usb: nil, port: BodyPort(path: "ptpip:10.0.0.5:15740:15740"))
        #expect(id(of: book.identify(network)) == "nikon-d7500-42")
        book.release(network.port)
        let usb = evidence("42", usb: "A")
        #expect(id(of: book.identify(usb)) == "nikon-d7500-42")
        book.release(usb.port)
        #expect(id(of: book.identify(network)) == "nikon-d7500-42")
        book.release(network.port)
        #expect(book.likely(UsbTrace(model: "04b0:0440", serial: "A", socket: "hub-9"))?.rawValue == "nikon-d7500-42")
    }

    @Test("A device is taken for the body that showed its USB serial number, else for the one that was in its socket")
    func likely() {
        var book = IdentityBook()
        _ = book.identify(evidence("1", usb: "A", socket: "hub-1", port: 1))
        _ = book.identify(evidence("2", usb: nil, socket: "hub-2", port: 2))
        #expect(book.likely(UsbTrace(model: "04b0:0440", serial: "A", socket: "hub-1")) == nil)
        for port in 1...2 { book.release(BodyPort(path: "usb:001,00\(port)")) }
        #expect(book.likely(UsbTrace(model: "04b0:0440", serial: "A", socket: "hub-7"))?.rawValue == "nikon-d7500-1")
        #expect(book.likely(UsbTrace(model: "04b0:0440", serial: nil, socket: "hub-2"))?.rawValue == "nikon-d7500-2")
        #expect(book.likely(UsbTrace(model: "04b0:0440", serial: nil, socket: "hub-1")) == nil)
        #expect(book.likely(UsbTrace(model: "04b0:0441", serial: "A", socket: "hub-1")) == nil)
    }
}
