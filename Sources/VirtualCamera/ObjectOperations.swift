import NIOCore

// The operations of ISO 15740 that concern storages and objects.

extension BodyState {
    /// Performs an operation on storages or objects.
    mutating func performOnObjects(_ transaction: PtpTransaction) -> PtpReply {
        let first = transaction.parameter(0)
        if cardOutside != nil, first == ObjectStore.storageID, Self.onStorage.contains(transaction.operation) {
            return .failed(.storeNotAvailable)
        }
        switch transaction.operation {
        case .getStorageIDs:
            // A slot without a card has no volume: the lower half of its number is zero (ISO 15740, 5.4.1).
            return .data {
                $0.writePtp(array: [cardOutside == nil ? ObjectStore.storageID : ObjectStore.storageID & ~0xFFFF])
            }
        case .getStorageInfo:
            guard first == ObjectStore.storageID else { return .failed(.invalidStorageID) }
            return .data(storageInfo())
        case .getNumObjects:
            return select(transaction).map(
                success: { PtpReply(response: .ok, parameters: [UInt32($0.count)]) }, failure: PtpReply.failed)
        case .getObjectHandles:
            return select(transaction).map(
                success: { handles in .data { $0.writePtp(array: handles) } }, failure: PtpReply.failed)
        case .getObjectInfo:
            guard let object = object(first) else { return .failed(.invalidObjectHandle) }
            return .data(object.dataset(storage: object.handle >= 0xFFFF_0000 ? 0 : ObjectStore.storageID))
        case .getObject:
            return getObject(first)
        case .getPartialObject:
            return getPartialObject(first, offset: transaction.parameter(1), count: transaction.parameter(2))
        case .getThumb:
            guard let object = object(first) else { return .failed(.invalidObjectHandle) }
            return object.thumbnail.map { .data($0) } ?? .failed(.noThumbnailPresent)
        case .deleteObject:
            return deleteObject(first, format: transaction.parameter(1))
        case .setObjectProtection:
            guard store[first] != nil else { return .failed(.invalidObjectHandle) }
            guard transaction.parameter(1) <= 1 else { return .failed(.invalidParameter) }
            store.protect(first, transaction.parameter(1) == 1)
            return .ok
        case .formatStore:
            guard first == ObjectStore.storageID else { return .failed(.invalidStorageID) }
            guard exposure == nil else { return .failed(.deviceBusy) }
            store = ObjectStore(capacity: store.capacity, firstHandle: store.nextHandle)
            return .ok
        case .sendObjectInfo:
            return sendObjectInfo(transaction)
        case .sendObject:
            return sendObject(transaction.object)
        default:
            return .failed(.operationNotSupported)
        }
    }

    /// The operations whose first parameter is a storage.
    private static let onStorage: Set<OperationCode> = [
        .getStorageInfo, .getNumObjects, .getObjectHandles, .formatStore, .sendObjectInfo,
    ]

    func object(_ handle: UInt32) -> StoredObject? {
        store[handle] ?? memory.first { $0.handle == handle }
    }

    /// The dataset that GetStorageInfo answers (ISO 15740, 5.4.2): a card, with DCF's folders, to read and write.
    func storageInfo() -> ByteBuffer {
        var info = ByteBuffer()
        info.writePtp(UInt16(0x0004))
        info.writePtp(UInt16(0x0003))
        info.writePtp(UInt16(0x0000))
        info.writePtp(UInt64(store.capacity))
        info.writePtp(UInt64(store.free))
        info.writePtp(freeImages)
        info.writePtp("SD")
        info.writePtp("VIRTUAL")
        return info
    }

    /// How many more pictures the card takes, by a cautious guess.
    var freeImages: UInt32 { UInt32(clamping: store.free / 1_000_000) }

    /// The handles that GetNumObjects and GetObjectHandles mean by their parameters.
    private func select(_ transaction: PtpTransaction) -> Selection {
        let (storage, format, parent) = (
            transaction.parameter(0), transaction.parameter(1), transaction.parameter(2)
        )
        guard storage == .max || storage == ObjectStore.storageID else { return .failure(.invalidStorageID) }
        var handles: [UInt32]
        switch parent {
        case 0: handles = store.handles
        case .max: handles = store.contents(of: ObjectStore.root)
        default:
            guard store[parent] != nil else { return .failure(.invalidObjectHandle) }
            guard store.isFolder(parent) else { return .failure(.invalidParentObject) }
            handles = store.contents(of: parent)
        }
        if format != 0 { handles = handles.filter { store[$0].map { matches($0, format) } ?? false } }
        return .success(handles)
    }

    /// Whether an object is of a format, where 0 stands for any and all ones for any image.
    private func matches(_ object: StoredObject, _ format: UInt32) -> Bool {
        switch format {
        case 0: true
        case .max: object.format & 0x7800 == 0x3800
        default: UInt32(object.format) == format
        }
    }

    private enum Selection {
        case success([UInt32])
        case failure(ResponseCode)

        func map(success: ([UInt32]) -> PtpReply, failure: (ResponseCode) -> PtpReply) -> PtpReply {
            switch self {
            case .success(let handles): success(handles)
            case .failure(let response): failure(response)
            }
        }
    }

    /// The whole of an object. A picture in the buffer of the body is gone once it was taken.
    private mutating func getObject(_ handle: UInt32) -> PtpReply {
        guard let object = object(handle), !object.isFolder else { return .failed(.invalidObjectHandle) }
        forget(handle)
        return PtpReply(response: .ok, data: PtpReplyData(object.content, 0..<object.content.count))
    }

    func getPartialObject(_ handle: UInt32, offset: UInt32, count: UInt32) -> PtpReply {
        guard let object = object(handle), !object.isFolder else { return .failed(.invalidObjectHandle) }
        guard Int(offset) <= object.content.count else { return .failed(.invalidParameter) }
        let end = min(object.content.count, Int(offset) + Int(count))
        return PtpReply(
            response: .ok, parameters: [UInt32(end - Int(offset))],
            data: PtpReplyData(object.content, Int(offset)..<end))
    }

    private mutating func deleteObject(_ handle: UInt32, format: UInt32) -> PtpReply {
        if handle == .max {
            var isPartial = false
            for handle in store.handles.reversed() {
                guard let object = store[handle], matches(object, format) else { continue }
                if object.isFolder, format == 0 { continue }
                isPartial = store.remove(handle).isPartial || isPartial
            }
            return PtpReply(response: isPartial ? .partialDeletion : .ok)
        }
        if memory.contains(where: { $0.handle == handle }) {
            forget(handle)
            return .ok
        }
        guard let object = store[handle] else { return .failed(.invalidObjectHandle) }
        guard !object.isProtected else { return .failed(.objectWriteProtected) }
        return PtpReply(response: store.remove(handle).isPartial ? .partialDeletion : .ok)
    }

    private mutating func sendObjectInfo(_ transaction: PtpTransaction) -> PtpReply {
        announced = nil
        let (storage, parentParameter) = (transaction.parameter(0), transaction.parameter(1))
        guard storage == 0 || storage == ObjectStore.storageID else { return .failed(.invalidStorageID) }
        let parent = parentParameter == .max ? ObjectStore.root : parentParameter
        guard store.isFolder(parent) else { return .failed(.invalidParentObject) }
        guard var data = transaction.data, let info = ObjectInfo(&data) else { return .failed(.generalError) }
        guard cardOutside == nil else { return .failed(.storeNotAvailable) }
        guard !info.name.isEmpty, !info.name.contains("/"), info.name.utf8.count <= personality.longestFileName,
            store.child(info.name, of: parent) == nil
        else {
            return .failed(.invalidParameter)
        }
        var object = StoredObject(
            handle: 0, parent: parent, name: info.name, format: info.format,
            captureDate: CameraClock.ptpText(clock.now().seconds), content: ObjectContent(ByteBuffer()))
        if object.isFolder {
            object.handle = store.add(object)
        } else {
            // All ones stand for four gigabytes and more.
            guard info.size < Int(UInt32.max) else { return .failed(.objectTooLarge) }
            guard info.size <= store.free else { return .failed(.storeFull) }
            object.handle = store.promiseHandle()
            announced = AnnouncedObject(object: object, size: info.size)
        }
        return PtpReply(response: .ok, parameters: [ObjectStore.storageID, parentParameter, object.handle])
    }

    private mutating func sendObject(_ content: ObjectContent?) -> PtpReply {
        guard var announced else { return .failed(.noValidObjectInfo) }
        guard let content, content.count == announced.size else { return .failed(.incompleteTransfer) }
        // A shutter pressed meanwhile may have taken the space.
        guard announced.size <= store.free else { return .failed(.storeFull) }
        self.announced = nil
        announced.object.content = content
        store.add(announced.object, as: announced.object.handle)
        return .ok
    }
}

/// What an initiator says of an object that it is about to send (ISO 15740, 5.3.1).
private struct ObjectInfo {
    let format: UInt16
    let size: Int
    let name: String

    init?(_ data: inout ByteBuffer) {
        guard data.readPtp(UInt32.self) != nil, let format = data.readPtp(UInt16.self),
            data.readPtp(UInt16.self) != nil, let size = data.readPtp(UInt32.self),
            data.readSlice(length: 40) != nil, let name = data.readPtpString()
        else { return nil }
        self.format = format
        self.size = Int(size)
        self.name = name
    }
}
