import Hotplug
import Testing

@Suite("What is told of devices") struct DeviceLedgerTests {
    private var ledger = DeviceLedger(models: .none, tellsOthers: false)

    private mutating func told() -> [HotplugEvent] {
        var events: [HotplugEvent] = []
        while let event = ledger.next() { events.append(event) }
        return events
    }

    private func arrived(_ device: UsbDevice) -> HotplugEvent { .arrived(device, .camera(model: nil)) }

    @Test("A device that the kernel tells, then udev, then an enumeration arrives once")
    mutating func doubles() {
        ledger.add(Sighting(.nikon(), isReady: false))
        #expect(told() == [arrived(.nikon())])
        ledger.add(Sighting(.nikon(), isReady: false))
        #expect(told() == [])
        ledger.add(Sighting(.nikon(), isReady: true))
        #expect(told() == [.changed(.nikon())])
        ledger.add(Sighting(.nikon(), isReady: true))
        #expect(told() == [])
    }

    @Test("A replug that nobody heard of in between is told as both, in that order")
    mutating func replug() {
        ledger.add(Sighting(.nikon(number: 2), isReady: true))
        #expect(told() == [arrived(.nikon(number: 2))])
        ledger.remove(UsbDevice.nikon().systemPath, deviceNumber: 2)
        ledger.add(Sighting(.nikon(number: 3), isReady: true))
        #expect(told() == [.left(.nikon(number: 2)), arrived(.nikon(number: 3))])
        // The kernel gave the new number first: the removal of the one before is no news of this one.
        ledger.remove(UsbDevice.nikon().systemPath, deviceNumber: 2)
        #expect(told() == [])
        ledger.add(Sighting(.nikon(number: 4), isReady: true))
        #expect(told() == [.left(.nikon(number: 3)), arrived(.nikon(number: 4))])
    }

    @Test("One that came and went before anybody asked is not told at all, and a hundred replugs are two events")
    mutating func flicker() {
        ledger.add(Sighting(.nikon(at: 1), isReady: true))
        ledger.remove(UsbDevice.nikon(at: 1).systemPath, deviceNumber: nil)
        #expect(told() == [])
        ledger.add(Sighting(.nikon(at: 2, number: 2), isReady: true))
        #expect(told() == [arrived(.nikon(at: 2, number: 2))])
        for number in 3...102 {
            ledger.remove(UsbDevice.nikon(at: 2).systemPath, deviceNumber: nil)
            ledger.add(Sighting(.nikon(at: 2, number: number), isReady: true))
        }
        #expect(told() == [.left(.nikon(at: 2, number: 2)), arrived(.nikon(at: 2, number: 102))])
    }

    @Test("Devices are told in the order in which something first happened to them")
    mutating func order() {
        for port in [3, 1, 2] { ledger.add(Sighting(.nikon(at: port, number: port + 1), isReady: true)) }
        ledger.remove(UsbDevice.nikon(at: 1).systemPath, deviceNumber: nil)
        ledger.add(Sighting(.nikon(at: 4, number: 9), isReady: true))
        #expect(
            told() == [
                arrived(.nikon(at: 3, number: 4)), arrived(.nikon(at: 2, number: 3)), arrived(.nikon(at: 4, number: 9)),
            ])
    }

    @Test("What happens to a device that was told already comes behind what happened before that")
    mutating func laterNews() {
        ledger.add(Sighting(.nikon(at: 1), isReady: true))
        #expect(ledger.next() == arrived(.nikon(at: 1)))
        ledger.add(Sighting(.nikon(at: 2, number: 3), isReady: true))
        ledger.remove(UsbDevice.nikon(at: 1).systemPath, deviceNumber: nil)
        #expect(told() == [arrived(.nikon(at: 2, number: 3)), .left(.nikon(at: 1))])
    }

    @Test("A device that is told of again without news gets no place before the news of others")
    func noNews() {
        var ledger = DeviceLedger(models: .none, tellsOthers: false)
        ledger.add(Sighting(.nikon(at: 1), isReady: true))
        #expect(ledger.next() == .arrived(.nikon(at: 1), .camera(model: nil)))
        ledger.add(Sighting(.nikon(at: 1), isReady: true))
        ledger.add(Sighting(.nikon(at: 2, number: 3), isReady: true))
        ledger.remove(UsbDevice.nikon(at: 1).systemPath, deviceNumber: 2)
        #expect(ledger.next() == .arrived(.nikon(at: 2, number: 3), .camera(model: nil)))
        #expect(ledger.next() == .left(.nikon(at: 1)))
        #expect(ledger.next() == nil)
    }

    @Test("After something was missed, what is there now decides: gone, replugged, new, and perhaps changed")
    mutating func afterOverrun() {
        for port in 1...3 { ledger.add(Sighting(.nikon(at: port, number: port), isReady: true)) }
        _ = told()
        ledger.find([
            Sighting(.nikon(at: 2, number: 2), isReady: true), Sighting(.nikon(at: 3, number: 8), isReady: true),
            Sighting(.nikon(at: 4, number: 9), isReady: true),
        ])
        #expect(
            told() == [
                .left(.nikon(at: 1, number: 1)), .changed(.nikon(at: 2, number: 2)), .left(.nikon(at: 3, number: 3)),
                arrived(.nikon(at: 3, number: 8)), arrived(.nikon(at: 4, number: 9)),
            ])
    }

    @Test("What is no camera is told to those alone who asked for it, and what becomes one to all")
    mutating func others() {
        let other = UsbDevice.device((255, 0, 0))
        ledger.add(Sighting(other, isReady: false))
        #expect(told() == [])
        let camera = UsbDevice.device((255, 0, 0), isCameraToUdev: true)
        ledger.add(Sighting(camera, isReady: true))
        #expect(told() == [arrived(camera)])
        var all = DeviceLedger(models: .none, tellsOthers: true)
        all.add(Sighting(other, isReady: true))
        #expect(all.next() == .arrived(other, .other))
    }
}
