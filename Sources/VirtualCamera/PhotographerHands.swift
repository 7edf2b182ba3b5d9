internal import NIOCore

// What a photographer does on the body, besides pressing the shutter and turning dials.

extension VirtualBody {
    /// Deletes a file or a folder with all in it, by the menu of the body, and tells the initiator (PTP's ObjectRemoved,
    /// Canon's C182) of everything that is gone.
    ///
    /// - Parameter path: such as `/DCIM/100D7500/DSC_0001.JPG`.
    /// - Returns: false if there is nothing of that path or it is protected; then something may be gone all the same, if
    ///   it was a folder.
    @discardableResult
    public func deleteOnBody(_ path: String) -> Bool {
        change { $0.deleteByHand(path) }
    }

    /// Pulls the card, and tells the initiator (PTP's StoreRemoved, Canon's C193). A picture that was on its way to the
    /// card is lost. Until the card is back, the body answers Store_Not_Available to releases whose pictures would go to
    /// it, knows none of its objects, and has no files.
    ///
    /// - Returns: false if it is out already.
    @discardableResult
    public func removeCard() -> Bool {
        change { $0.removeCard() }
    }

    /// Puts the card back as it was, and tells the initiator (PTP's StoreAdded, Canon's C192).
    ///
    /// - Returns: false if it is in already.
    @discardableResult
    public func insertCard() -> Bool {
        change { $0.insertCard() }
    }

    /// Whether the card is in the body.
    public var isCardInserted: Bool { change { $0.cardOutside == nil } }
}

extension BodyState {
    mutating func pressShutter(now: NIODeadline) -> ResponseCode {
        release(to: personality.handDestination(self), transaction: .max, now: now)
    }

    mutating func deleteByHand(_ path: String) -> Bool {
        guard let object = store.object(at: path) else { return false }
        let (removed, isPartial) = store.remove(object.handle)
        for handle in removed { announce(.objectRemoved, handle) }
        return !isPartial
    }

    mutating func removeCard() -> Bool {
        guard cardOutside == nil else { return false }
        cardOutside = store
        store = ObjectStore(capacity: 0, firstHandle: store.nextHandle)
        announced = nil
        personality.cardMoved(in: &self)
        return true
    }

    mutating func insertCard() -> Bool {
        guard let card = cardOutside else { return false }
        store = card
        cardOutside = nil
        personality.cardMoved(in: &self)
        return true
    }
}
