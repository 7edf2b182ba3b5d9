import Testing

@testable import Discovery

@Suite("Services that were seen on the network") struct ServiceSightingsTests {
    private typealias Place = ServiceSightings.Place

    private var sightings = ServiceSightings()

    @Test("A service is there from when its address is known until it is gone")
    mutating func oneService() {
        let place = Place(interface: 2, name: "EOS R5", domain: "local")
        #expect(sightings.see(place) == true)
        #expect(sightings.see(place) == false)
        #expect(sightings.services == [])
        #expect(!sightings.isResolved)
        sightings.resolve(place, "192.168.1.20", port: 15740)
        #expect(sightings.services == [FoundService(name: "EOS R5", address: "192.168.1.20", port: 15740)])
        sightings.resolve(place, "192.168.1.21", port: 15740)
        #expect(sightings.services == [FoundService(name: "EOS R5", address: "192.168.1.21", port: 15740)])
        sightings.lose(place)
        #expect(sightings.services == [])
        sightings.resolve(place, "192.168.1.21", port: 15740)
        #expect(sightings.services == [])
    }

    @Test("One that is seen on two networks counts once, and goes with the last of them")
    mutating func twoNetworks() {
        for interface in [3, 2] as [Int32] {
            let place = Place(interface: interface, name: "Z 9", domain: "local")
            #expect(sightings.see(place) == true)
            sightings.resolve(place, "10.0.0.\(interface)", port: 15740)
        }
        #expect(sightings.services == [FoundService(name: "Z 9", address: "10.0.0.2", port: 15740)])
        sightings.lose(Place(interface: 2, name: "Z 9", domain: "local"))
        #expect(sightings.services == [FoundService(name: "Z 9", address: "10.0.0.3", port: 15740)])
        sightings.lose(Place(interface: 3, name: "Z 9", domain: "local"))
        #expect(sightings.services == [])
    }

    @Test("A network that announces without end fills no memory, and what goes makes room")
    mutating func bounded() {
        for number in 0..<ServiceSightings.limit {
            #expect(sightings.see(Place(interface: 1, name: "\(number)", domain: "local")) == true)
        }
        let last = Place(interface: 1, name: "one more", domain: "local")
        #expect(sightings.see(last) == false)
        sightings.lose(Place(interface: 1, name: "7", domain: "local"))
        #expect(sightings.see(last) == true)
        #expect(sightings.see(Place(interface: 1, name: "another", domain: "local")) == false)
    }
}
