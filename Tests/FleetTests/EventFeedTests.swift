import Fleet
import FleetModel
import PacketProtocol
import Testing

/// Events on their way to those who listen.
@Suite struct EventFeedTests {
    private func event(_ number: Int) -> FleetEvent {
        .captureComplete(camera: BodyID(rawValue: "body-\(number)"))
    }

    private func names(_ listener: EventListener, _ count: Int) async -> [String] {
        var names: [String] = []
        for await event in listener.events {
            if case .captureComplete(let camera) = event { names.append(camera.rawValue) }
            if names.count == count { break }
        }
        return names
    }

    @Test("A listener hears what it wants, in order, and nothing else")
    func wanted() async {
        let feed = EventFeed(capacity: 10)
        let listener = feed.listen()
        feed.publish(event(0))
        listener.want([.captureComplete])
        feed.publish(event(1))
        feed.publish(.objectAdded(camera: BodyID(rawValue: "x"), image: CapturedImage(folder: "/", name: "a", size: 1)))
        feed.publish(event(2))
        #expect(await names(listener, 2) == ["body-1", "body-2"])
        #expect(listener.takeLost() == 0)
    }

    @Test("A listener that does not read loses the newest and learns how many; another one loses nothing")
    func overflow() async {
        let feed = EventFeed(capacity: 3)
        let slow = feed.listen()
        slow.want([.captureComplete])
        let quick = feed.listen()
        quick.want([.captureComplete])
        for number in 1...8 {
            feed.publish(event(number))
            #expect(await names(quick, 1) == ["body-\(number)"])
        }
        #expect(await names(slow, 3) == ["body-1", "body-2", "body-3"])
        #expect(slow.takeLost() == 5)
        #expect(slow.takeLost() == 0)
        #expect(quick.takeLost() == 0)
    }

    @Test("What was lost is known behind the events that came before it, and before those that came after")
    func gaps() async {
        let feed = EventFeed(capacity: 2)
        let listener = feed.listen()
        listener.want([.captureComplete])
        for number in 1...5 { feed.publish(event(number)) }
        #expect(await names(listener, 1) == ["body-1"])
        #expect(listener.takeGap() == 0)
        for number in 6...9 { feed.publish(event(number)) }
        #expect(await names(listener, 1) == ["body-2"])
        #expect(listener.takeGap() == 3)
        #expect(await names(listener, 1) == ["body-6"])
        #expect(listener.takeGap() == 3)
        feed.publish(event(10))
        #expect(await names(listener, 1) == ["body-10"])
        #expect(listener.takeGap() == 0)
    }

    @Test("A cancelled listener's events end")
    func cancelled() async {
        let feed = EventFeed(capacity: 3)
        let listener = feed.listen()
        listener.want([.captureComplete])
        feed.publish(event(1))
        listener.cancel()
        feed.publish(event(2))
        #expect(await names(listener, 9) == ["body-1"])
    }
}
