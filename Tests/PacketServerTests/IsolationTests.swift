import FleetTesting
import Testing
import VirtualCamera

/// Many clients on many bodies (issue: every answer comes from the right body).
@Suite struct IsolationTests {
    @Test("Four clients with sessions on four bodies each get every answer, image and frame from the right body")
    func rightBody() async throws {
        let bodies = TestFleet.nikons(4)
        try await TestFleet.run(bodies) { fleet in
            try await withThrowingTaskGroup { group in
                for client in 0..<4 {
                    group.addTask { try await use(fleet, asClient: client) }
                }
                try await group.waitForAll()
            }
        }
    }

    /// One client's work: on each body in turn it sets a value that only this body gets, asks for its serial number, takes
    /// a picture and downloads it.
    private func use(_ fleet: TestFleet, asClient number: Int) async throws {
        let client = try await fleet.server.client()
        let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
        var sessions: [UInt32] = []
        for camera in 1...4 { sessions.append(try await client.open(camera)) }
        for round in 0..<3 {
            for index in [0, 1, 2, 3].map({ ($0 + number) % 4 }) {
                let session = sessions[index]
                let serial = fleet.rig.bodies[index].description.serialNumber
                let iso = ["100", "200", "400", "800"][index]
                let set = try await client.ask(
                    0x0009, session: session, "{\"widget_id\":\"iso\",\"widget_value\":\"\(iso)\"}")
                #expect(set.json["widget_value"].string == iso)
                let read = try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}")
                #expect(read.json["widget_value"].string == iso)
                let number = try await client.ask(0x0007, session: session, "{\"widget_id\":\"serialnumber\"}")
                #expect(number.json["widget_value"].string == serial)
                guard round == 0 else { continue }
                let image = try await client.ask(0x0002, session: session, "{}").json["images"][0]
                let bytes = try await download(image, session: session, client, downloads)
                let path = "\(image["folder"].string ?? "")/\(image["name"].string ?? "")"
                #expect(bytes == fleet.rig.bodies[index].content(ofListed: path))
                #expect(contains(bytes, serial))
            }
        }
    }

    private func download(
        _ image: JSONValue, session: UInt32, _ client: RawClient, _ downloads: RawClient
    ) async throws -> [UInt8] {
        let (folder, name) = (image["folder"].string ?? "", image["name"].string ?? "")
        let ticket = try await client.ask(
            0x0004, session: session, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\"}")
        return try await downloads.download(ticket.json["ticket"].string ?? "", session: session).bytes
    }

    private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let word = Array(text.utf8)
        return bytes.prefix(8192).indices.contains { bytes[$0...].starts(with: word) }
    }

    @Test(
        "A body that takes seconds for a transaction slows no other: fifty of theirs are answered before one of its own"
    )
    func slowBody() async throws {
        try await TestFleet.run(TestFleet.nikons(3)) { fleet in
            let client = try await fleet.server.client()
            var sessions: [UInt32] = []
            for camera in 1...3 { sessions.append(try await client.open(camera)) }
            fleet.rig.bodies[0].inject(.slow(.seconds(2)))
            // To tell its widgets the slow body takes so many transactions that it could go on for minutes.
            try await client.command(0x000A, session: sessions[0], transaction: 1, "{\"values\":true}")
            for transaction in UInt32(2)...51 {
                try await client.command(
                    0x0007, session: sessions[1 + Int(transaction % 2)], transaction: transaction,
                    "{\"widget_id\":\"iso\"}")
            }
            var order: [UInt32] = []
            for _ in 0..<50 { order.append(try await client.packet().transaction) }
            fleet.rig.bodies[0].repair()
            order.append(try await client.packet().transaction)
            #expect(order.last == 1)
            #expect(Set(order) == Set(1...51))
        }
    }

    @Test("Commands of one session run in the order sent, those of different sessions side by side")
    func order() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let values = ["100", "200", "400", "800", "100", "400"]
            for (index, value) in values.enumerated() {
                try await client.command(
                    0x0009, session: session, transaction: UInt32(2 * index + 1),
                    "{\"widget_id\":\"iso\",\"widget_value\":\"\(value)\"}")
                try await client.command(
                    0x0007, session: session, transaction: UInt32(2 * index + 2), "{\"widget_id\":\"iso\"}")
            }
            for index in 0..<12 {
                let answer = try await client.packet()
                #expect(answer.transaction == UInt32(index + 1))
                #expect(answer.session == session)
                #expect(answer.json["widget_value"].string == values[index / 2])
            }
        }
    }
}

extension VirtualBody {
    /// The bytes of the file that libgphoto2 lists at a path, which begins with the store.
    func content(ofListed path: String) -> [UInt8]? {
        guard let own = filePaths.first(where: { path.hasSuffix($0) }) else { return nil }
        return fileBytes(own)
    }
}
