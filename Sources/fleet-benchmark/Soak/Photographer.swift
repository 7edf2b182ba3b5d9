import FleetModel
import Glibc
import PacketProtocol

/// A client that does with one body what comes to its mind, and looks at every answer.
///
/// The body may be broken at any time: then an answer is an error of protocol.md, section 2. An answer that is OK must be
/// right, unless the body itself lies.
final class Photographer {
    let place: SoakPlace
    let body: SoakBody
    let name: String
    var numbers: SoakNumbers
    private(set) var client: SoakClient
    private(set) var session: UInt32
    /// Pictures that were taken in passing and are to be deleted.
    var leftovers = 0

    private typealias Work = (Photographer) -> () throws -> Void

    private static var works: [(weight: Int, choice: (what: String, work: Work))] {
        [
            (20, ("reading a widget", Photographer.readWidget)), (12, ("setting a widget", Photographer.setWidget)),
            (4, ("listing widgets", Photographer.listWidgets)), (5, ("listing files", Photographer.listFiles)),
            (3, ("looking", Photographer.look)), (6, ("many commands at once", Photographer.askManyThings)),
            (5, ("sessions", Photographer.openAndClose)), (4, ("vanishing", Photographer.vanish)),
            (3, ("locking", Photographer.lock)), (4, ("cancelling", Photographer.cancel)),
            (1, ("resetting", Photographer.reset)), (8, ("capturing", Photographer.capture)),
            (3, ("triggering", Photographer.trigger)), (3, ("a sequence", Photographer.takeSequence)),
            (4, ("a thumbnail", Photographer.readThumbnail)), (5, ("uploading", Photographer.upload)),
            (4, ("downloading", Photographer.download)), (5, ("breaking downloads off", Photographer.downloadInParts)),
            (4, ("live view", Photographer.watch)), (2, ("live view, slowly", Photographer.watchSlowly)),
            (2, ("live view, vanishing", Photographer.watchAndVanish)), (2, ("tidying", Photographer.tidy)),
            (3, ("downloading what is made", Photographer.downloadMadeFile)),
        ]
    }

    init(_ place: SoakPlace, _ body: SoakBody, name: String) throws {
        self.place = place
        self.body = body
        self.name = name
        numbers = SoakNumbers(seed: place.seed, of: name)
        client = try SoakClient(place)
        session = try client.open(body.camera)
    }

    /// Works until the end.
    static func run(_ place: SoakPlace, _ body: SoakBody, name: String, until end: SoakEnd) throws {
        var photographer = try Photographer(place, body, name: name)
        let works = Self.works
        while !end.isReached {
            guard let (what, work) = photographer.numbers.pick(works) else { return }
            let mark = body.condition.mark
            do {
                try work(photographer)()
            } catch is Refusal {
                // Counted by its name; a pause, as a person makes.
                end.pause(0.2)
            } catch {
                photographer.fail("\(what): \(error)", mark)
                let numbers = photographer.numbers
                photographer = try Photographer(place, body, name: name)
                photographer.numbers = numbers
            }
            end.pause(Double.random(in: 0...0.15, using: &photographer.numbers))
        }
        // A last time, in case that something is left on the card.
        _ = try? photographer.tidy()
    }

    var transfer: SoakTransfer { SoakTransfer(place: place, client: client, session: session) }

    func ask<Result: Decodable>(_ code: CommandCode, _ arguments: some Encodable, _ result: Result.Type) throws
        -> Result
    {
        try client.ask(code, arguments, result, session: session)
    }

    /// Does something that may be refused.
    private func attempt(_ work: () throws -> Void) throws {
        do { try work() } catch is Refusal {}
    }

    /// Something was wrong that only a body that lies could excuse.
    func fail(_ sentence: String, _ mark: Int) {
        if body.condition.isHonest(since: mark) {
            place.ledger.fail("\(name), after \(body.condition.fault): \(sentence)")
        } else {
            place.ledger.count("wrong answers of bodies that lie")
        }
    }

    // MARK: Widgets

    static let widget = "iso"
    private static let speeds = ["200", "400", "800"]

    func readWidget() throws {
        let mark = body.condition.mark
        let widget = try ask(.getWidgetCurrentValue, WidgetArguments(widgetID: Self.widget), Widget.self)
        guard widget.name == Self.widget, case .text = widget.value else {
            return fail("\(Self.widget) is \(widget)", mark)
        }
    }

    func setWidget() throws {
        let mark = body.condition.mark
        let value = WidgetValue.text(Self.speeds.randomElement(using: &numbers) ?? Self.speeds[0])
        let widget = try ask(
            .setWidgetNewValue, SetWidgetArguments(widgetID: Self.widget, value: value), Widget.self)
        guard widget.name == Self.widget, widget.value == value else {
            return fail("\(Self.widget) was set to \(value) and is \(widget)", mark)
        }
    }

    func listWidgets() throws {
        let mark = body.condition.mark
        let hasValues = numbers.isOnce(in: 2)
        let list = try ask(.listWidgets, ListWidgetsArguments(values: hasValues), WidgetList.self)
        guard let widget = list.widgets.first(where: { $0.name == Self.widget }), (widget.value != nil) == hasValues
        else { return fail("among \(list.widgets.count) widgets is no \(Self.widget)", mark) }
    }

    // MARK: Looking

    func listFiles() throws {
        let mark = body.condition.mark
        let list = try ask(.listFiles, ListFilesArguments(recurse: true), FileList.self)
        guard let file = list.files.first(where: { $0.folder == body.object.folder && $0.name == body.object.name })
        else {
            // A card that is out of the body, or goes in the middle of the answer, has no files.
            return place.ledger.count("lists without the object")
        }
        guard file.size == body.size else { return fail("\(file.name) has \(file.size) bytes", mark) }
    }

    func look() throws {
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0: _ = try ask(.getStorageInfo, Nothing(), StorageList.self)
        case 1: _ = try ask(.getCameraSummary, Nothing(), BodySummaryText.self)
        case 2: _ = try ask(.checkConnection, Nothing(), CameraInfo.self)
        case 3: _ = try client.ask(.checkConnection, Nothing(), FleetCheck.self)
        case 4: _ = try ask(.getWidgetPossibleValues, WidgetArguments(widgetID: Self.widget), Widget.self)
        default:
            _ = try client.ask(.getDriverLog, CameraArguments(camera: body.camera), DriverLog.self)
        }
    }

    /// Commands of one session are answered in the order in which they were sent.
    func askManyThings() throws {
        let start = ContinuousClock.now
        let transactions = try (0..<Int.random(in: 2...60, using: &numbers)).map { _ in
            try client.connection.send(
                .getWidgetCurrentValue, WidgetArguments(widgetID: Self.widget), session: session)
        }
        for transaction in transactions {
            try attempt {
                _ = try client.answer(to: .getWidgetCurrentValue, transaction, since: start, session: session)
            }
        }
    }

    // MARK: Sessions

    func openAndClose() throws {
        let sessions = try (0..<Int.random(in: 1...8, using: &numbers)).map { _ in try client.open(body.camera) }
        for session in sessions {
            try attempt {
                _ = try client.ask(
                    .getWidgetCurrentValue, WidgetArguments(widgetID: Self.widget), Widget.self, session: session)
            }
            _ = try client.ask(.closeSession, Nothing(), Nothing.self, session: session)
        }
        do {
            _ = try client.ask(.checkConnection, Nothing(), CameraInfo.self, session: sessions[0])
            place.ledger.fail("\(name): a session that was closed answers.")
        } catch let refusal as Refusal where refusal.kind == .sessionNotOpen {
            return
        }
    }

    /// A client that goes without a word, in the middle of what it asked for.
    func vanish() throws {
        let other = try SoakClient(place)
        if numbers.isOnce(in: 2) { other.connection.vanish() }
        let session = try other.open(body.camera)
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0:
            try other.connection.send(.lockCamera, LockArguments(seconds: 20), session: session)
            try other.connection.send(.captureImage, CaptureImageArguments(), session: session)
            leftovers += 1
        case 1:
            try other.connection.send(
                .startSequence, StartSequenceArguments(count: 50, intervalSeconds: 0.2), session: session)
            leftovers += 1
        case 2:
            for _ in 0..<30 {
                try other.connection.send(.listWidgets, ListWidgetsArguments(values: true), session: session)
            }
        default:
            try other.connection.send(.listFiles, ListFilesArguments(recurse: true), session: session)
        }
        place.ledger.count("clients that vanished")
    }

    func lock() throws {
        _ = try ask(.lockCamera, LockArguments(seconds: 3), LockEnd.self)
        try attempt { try readWidget() }
        try attempt { try setWidget() }
        _ = try ask(.unlockCamera, Nothing(), Nothing.self)
    }

    /// CANCEL is answered, and so is what it ends.
    func cancel() throws {
        let start = ContinuousClock.now
        let code: CommandCode = numbers.isOnce(in: 2) ? .captureImage : .listWidgets
        let transaction =
            code == .captureImage
            ? try client.connection.send(code, CaptureImageArguments(), session: session)
            : try client.connection.send(code, ListWidgetsArguments(values: true), session: session)
        if code == .captureImage { leftovers += 1 }
        usleep(UInt32.random(in: 0...80_000, using: &numbers))
        let end = ContinuousClock.now
        let cancel = try client.connection.send(
            .cancel, CancelArguments(transactionID: transaction), session: session)
        try attempt { _ = try client.answer(to: code, transaction, since: start, session: session) }
        _ = try client.answer(to: .cancel, cancel, since: end, session: session)
    }

    func reset() throws {
        _ = try ask(.resetCamera, Nothing(), Nothing.self)
    }
}
