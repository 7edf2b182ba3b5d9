internal import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// A camera that is not there: a PTP responder with a card, dials, a shutter and live view.
///
/// It is reached through a `PtpIpListener`. What this class offers are the hands of somebody who stands next to the body,
/// turns its dials, presses its shutter, breaks it, and looks at its card. All of it may be called from any thread.
public final class VirtualBody: Sendable {
    /// What the body is made of.
    public let description: VirtualBodyDescription

    let eventLoop: any EventLoop
    let state: NIOLockedValueBox<BodyState>
    private let links = NIOLockedValueBox(Links())
    let ring: NIOLockedValueBox<TransactionRing>
    let logFile: TransactionLogFile?
    /// Where pictures are drawn.
    private let drawing: NIOThreadPool

    /// The connections to the body. One pair of a command and an event connection counts at a time; a new command
    /// connection replaces the pair before it.
    private struct Links {
        var number: UInt32 = 0
        var command: (any Channel)?
        var event: (any Channel)?
        /// All that are open, at most `limit`; more are closed at once.
        var all: [ObjectIdentifier: any Channel] = [:]

        static let limit = 64
    }

    /// A body that nobody is connected to yet.
    ///
    /// - Parameters:
    ///   - eventLoopGroup: of it the body takes one event loop, on which everything of it happens.
    ///   - logFile: where its transactions are written, besides what the description asks to be kept.
    /// - Throws: `DescriptionError` if there can be no such body, or an error that says what libjpeg-turbo said, if the
    ///   pictures on the card cannot be made.
    public convenience init(
        _ description: VirtualBodyDescription,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logFile: TransactionLogFile? = nil
    ) throws {
        try self.init(description, eventLoopGroup, logFile, drawing: .singleton)
    }

    init(
        _ description: VirtualBodyDescription, _ eventLoopGroup: any EventLoopGroup,
        _ logFile: TransactionLogFile? = nil, drawing: NIOThreadPool
    ) throws {
        self.description = description
        self.drawing = drawing
        self.logFile = logFile
        eventLoop = eventLoopGroup.next()
        state = NIOLockedValueBox(try BodyState(description))
        if logFile != nil || description.transactionLogLength > 0 { ArrivalStamps.prepare() }
        ring = NIOLockedValueBox(TransactionRing(capacity: description.transactionLogLength))
    }

    // MARK: Hands on the body

    /// Presses the shutter, as the photographer does; the picture goes to the card, or where the initiator wants an EOS
    /// to put pictures, and the initiator is told.
    ///
    /// - Returns: false if the body is busy with another picture, or its card is full or not there.
    @discardableResult
    public func pressShutter() -> Bool {
        change { $0.pressShutter(now: .now()) == .ok }
    }

    /// Turns a dial: gives a property a value, and tells the initiator (PTP's DevicePropChanged).
    ///
    /// - Returns: false if the body has no such property or the property cannot take the value.
    @discardableResult
    public func turnDial(_ property: PropertyCode, to value: PropertyValue) -> Bool {
        change { $0.turnDial(property, value) }
    }

    /// The current value of a property, nil if the body has no such property.
    public func value(of property: PropertyCode) -> PropertyValue? {
        change { $0.currentValue(property) }
    }

    // MARK: The card

    /// The paths of all files on the card, oldest first, such as `/DCIM/100D7500/DSC_0001.JPG`.
    public var filePaths: [String] {
        state.withLockedValue { state in
            state.store.handles.filter { state.store[$0]?.isFolder == false }.map { state.store.path(of: $0) }
        }
    }

    /// The size in bytes of the file at a path, nil if there is none.
    public func fileSize(_ path: String) -> Int? {
        state.withLockedValue { state in
            state.store.object(at: path).flatMap { $0.isFolder ? nil : $0.content.count }
        }
    }

    /// The bytes of the file at a path, or those of a range of it; nil if there is no such file.
    public func fileBytes(_ path: String, in range: Range<Int>? = nil) -> [UInt8]? {
        let content = state.withLockedValue { state in
            state.store.object(at: path).flatMap { $0.isFolder ? nil : $0.content }
        }
        return content.flatMap { $0.bytes(in: range ?? 0..<$0.count) }
    }

    // MARK: What happened

    /// How often each operation was asked for since the body was made.
    public var transactionCounts: [OperationCode: Int] { state.withLockedValue { $0.counts } }

    /// How often an operation was asked for since the body was made.
    public func transactionCount(_ operation: OperationCode) -> Int { transactionCounts[operation] ?? 0 }

    /// How many frames of live view were made since the body was made.
    public var liveViewFrameCount: Int { state.withLockedValue { $0.liveViewFrames } }

    /// When the shutter was released, by CLOCK_MONOTONIC in nanoseconds: the latest 1,024, oldest first.
    public var releaseTimes: [UInt64] { state.withLockedValue { $0.releases.map(\.uptimeNanoseconds) } }

    /// Whether an initiator has a session open.
    public var isSessionOpen: Bool { state.withLockedValue { $0.isSessionOpen } }

    // MARK: For the connections

    /// Closes every connection, as if the network had gone. New ones are taken.
    public func dropConnections() {
        for channel in links.withLockedValue({ Array($0.all.values) }) { channel.close(promise: nil) }
    }

    func perform(_ transaction: PtpTransaction) -> TransactionOutcome {
        change { $0.perform(transaction, now: .now()) }
    }

    /// A connection is there. False if there are too many.
    func opened(_ channel: any Channel) -> Bool {
        links.withLockedValue { links in
            guard links.all.count < Links.limit else { return false }
            links.all[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// A command connection begins; it ends the one before it with all that belonged to it.
    ///
    /// - Returns: the number by which its event connection refers to it.
    func commandOpened(_ channel: any Channel) -> UInt32 {
        let (number, replaced) = links.withLockedValue { links in
            let replaced = [links.command, links.event].compactMap { $0 }
            links.number &+= 1
            links.command = channel
            links.event = nil
            return (links.number, replaced)
        }
        for channel in replaced { channel.close(promise: nil) }
        change { $0.endSession() }
        return number
    }

    /// An event connection begins. False if there is no command connection of that number.
    func eventOpened(_ channel: any Channel, number: UInt32) -> Bool {
        links.withLockedValue { links in
            guard links.command != nil, links.event == nil, links.number == number else { return false }
            links.event = channel
            return true
        }
    }

    /// A connection has ended. Command and event connection end together, and the session with them.
    func closed(_ channel: any Channel) {
        let other: (any Channel)?? = links.withLockedValue { links in
            links.all[ObjectIdentifier(channel)] = nil
            guard links.command === channel || links.event === channel else { return nil }
            let other = links.command === channel ? links.event : links.command
            links.command = nil
            links.event = nil
            return .some(other)
        }
        guard let other else { return }
        other?.close(promise: nil)
        change { $0.endSession() }
    }

    // MARK: Inside

    /// Changes the state, and then does what the change wants done.
    @discardableResult
    func change<Result>(_ body: (inout BodyState) -> Result) -> Result {
        let (result, effects) = state.withLockedValue { state in
            state.store.isFull = state.faults.has(.cardFull)
            let result = body(&state)
            return (result, state.takeEffects())
        }
        for effect in effects { carryOut(effect) }
        return result
    }

    private func carryOut(_ effect: BodyState.Effect) {
        switch effect {
        case .send(let event):
            send(event)
        case .endExposure(let id, let time):
            eventLoop.scheduleTask(in: TimeAmount(time)) { [self] in
                change { $0.endExposure(id, now: .now()) }
            }
        case .develop(let picture, let exposure):
            // Drawing and compressing takes milliseconds: not on the event loop, where other bodies wait.
            drawing.runIfActive(eventLoop: eventLoop) { try picture.develop() }
                .whenComplete { [self] result in
                    change { $0.finish(exposure, picture, try? result.get(), now: .now()) }
                }
        }
    }

    /// Sends an event on the event connection. An initiator that does not read loses events: they are not kept.
    private func send(_ event: PtpEvent) {
        guard !isSilent, let channel = links.withLockedValue({ $0.event }), channel.isWritable else { return }
        channel.writeAndFlush(PtpIpAnswer.event(event), promise: nil)
    }
}
