import NIOCore

/// A file or a folder on a card, or a picture in the buffer of the body.
struct StoredObject: Sendable {
    var handle: UInt32
    var parent: UInt32
    var name: String
    var format: UInt16
    var isProtected = false
    /// PTP's way to write a moment, empty if not known.
    var captureDate = ""
    var content: ObjectContent
    var thumbnail: ByteBuffer?
    var width = 0
    var height = 0
    var thumbnailWidth = 0
    var thumbnailHeight = 0

    var isFolder: Bool { format == ObjectFormat.association }

    /// The dataset that GetObjectInfo answers (ISO 15740, 5.3.1).
    func dataset(storage: UInt32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writePtp(storage)
        buffer.writePtp(format)
        buffer.writePtp(UInt16(isProtected ? 1 : 0))
        buffer.writePtp(UInt32(clamping: content.count))
        buffer.writePtp(thumbnail == nil ? 0 : ObjectFormat.jfif)
        buffer.writePtp(UInt32(thumbnail?.readableBytes ?? 0))
        for side in [thumbnailWidth, thumbnailHeight, width, height] { buffer.writePtp(UInt32(side)) }
        buffer.writePtp(UInt32(width > 0 ? 24 : 0))
        buffer.writePtp(parent)
        buffer.writePtp(UInt16(isFolder ? 1 : 0))
        buffer.writePtp(UInt32(0))
        buffer.writePtp(UInt32(0))
        buffer.writePtp(name)
        buffer.writePtp(captureDate)
        buffer.writePtp(captureDate)
        buffer.writePtp("")
        return buffer
    }
}

/// The card in a body: folders and files, found by handle or by path. A handle is never given twice.
struct ObjectStore: Sendable {
    static let storageID: UInt32 = 0x0001_0001
    static let root: UInt32 = 0

    /// In bytes.
    private(set) var capacity: Int
    private var objects: [UInt32: StoredObject] = [:]
    private var children: [UInt32: [UInt32]] = [root: []]
    /// The handle that the next object gets, unless another one was promised.
    private(set) var nextHandle: UInt32
    private(set) var used = 0
    /// Whether it takes no more, whatever its capacity.
    var isFull = false
    /// Where contents are that are too much for memory, once there are any.
    private var file: CardFile?
    /// Bytes of contents that are held in memory.
    private var held = 0

    /// So many bytes of contents are held in memory; larger ones that come then, such as pictures, go to the file.
    private static let heldLimit = 32 * 1024 * 1024

    init(capacity: Int, firstHandle: UInt32 = 1) {
        self.capacity = capacity
        nextHandle = firstHandle
    }

    var free: Int { isFull ? 0 : max(0, capacity - used) }

    var count: Int { objects.count }

    /// The same card with another capacity.
    func resized(to capacity: Int) -> ObjectStore {
        var store = self
        store.capacity = capacity
        return store
    }

    subscript(handle: UInt32) -> StoredObject? { objects[handle] }

    /// The handles in a folder, oldest first; `root` is the card itself.
    func contents(of folder: UInt32) -> [UInt32] { children[folder] ?? [] }

    /// Every handle, oldest first.
    var handles: [UInt32] { objects.keys.sorted() }

    /// Whether there is a folder of that handle; `root` is one.
    func isFolder(_ handle: UInt32) -> Bool { children[handle] != nil }

    /// The child of a folder that has a name, as cards compare names: without regard to case.
    func child(_ name: String, of folder: UInt32) -> StoredObject? {
        let wanted = name.lowercased()
        return contents(of: folder).lazy.compactMap { objects[$0] }.first { $0.name.lowercased() == wanted }
    }

    /// Sets the next handle aside for an object that is yet to come.
    mutating func promiseHandle() -> UInt32 {
        defer { nextHandle += 1 }
        return nextHandle
    }

    /// Puts an object into its parent, under a handle of its own or one that was promised, which is returned.
    @discardableResult
    mutating func add(_ object: StoredObject, as promised: UInt32? = nil) -> UInt32 {
        var object = object
        object.handle = promised ?? promiseHandle()
        object.content = kept(object.content)
        objects[object.handle] = object
        children[object.parent, default: []].append(object.handle)
        if object.isFolder { children[object.handle] = [] }
        used += object.content.count
        return object.handle
    }

    /// The file for what is too much for memory, made when it is asked for first; nil if the disk gives none.
    mutating func openFile() -> CardFile? {
        if file == nil { file = CardFile() }
        return file
    }

    /// A content as it is kept: in memory as long as there is room for it, or if the disk does not take it.
    private mutating func kept(_ content: ObjectContent) -> ObjectContent {
        guard let bytes = content.held else { return content }
        if held + bytes.readableBytes > Self.heldLimit, bytes.readableBytes > 4096, let file = openFile() {
            let region = file.reserve(bytes.readableBytes)
            if region.write(bytes, at: 0) { return ObjectContent(region) }
        }
        held += bytes.readableBytes
        return content
    }

    /// The folder of a name in a folder, made if it is not there; `isNew` says that it was.
    mutating func folder(_ name: String, in parent: UInt32, date: String) -> (handle: UInt32, isNew: Bool) {
        if let found = child(name, of: parent), found.isFolder { return (found.handle, false) }
        let folder = StoredObject(
            handle: 0, parent: parent, name: name, format: ObjectFormat.association, captureDate: date,
            content: ObjectContent(ByteBuffer()))
        return (add(folder), true)
    }

    mutating func protect(_ handle: UInt32, _ isProtected: Bool) {
        objects[handle]?.isProtected = isProtected
    }

    /// Deletes an object, a folder with all in it. Protected objects stay, and so do the folders above them.
    ///
    /// - Returns: the handles that are gone, and whether something stayed.
    mutating func remove(_ handle: UInt32) -> (removed: [UInt32], isPartial: Bool) {
        var removed: [UInt32] = []
        var isPartial = false
        for child in contents(of: handle) {
            let below = remove(child)
            removed += below.removed
            isPartial = isPartial || below.isPartial
        }
        guard let object = objects[handle], !object.isProtected, !isPartial else { return (removed, true) }
        objects[handle] = nil
        children[handle] = nil
        children[object.parent]?.removeAll { $0 == handle }
        used -= object.content.count
        held -= object.content.held?.readableBytes ?? 0
        return (removed + [handle], false)
    }

    /// The path of an object from the card's root, such as `/DCIM/100D7500/DSC_0001.JPG`.
    func path(of handle: UInt32) -> String {
        var path = ""
        var next = objects[handle]
        while let object = next {
            path = "/" + object.name + path
            next = objects[object.parent]
        }
        return path
    }

    /// The object at a path; libgphoto2's name of the storage may lead it.
    func object(at path: String) -> StoredObject? {
        var names = path.split(separator: "/")
        if names.first?.hasPrefix("store_") == true { names.removeFirst() }
        var found: StoredObject?
        for name in names {
            found = child(String(name), of: found?.handle ?? Self.root)
            if found == nil { return nil }
        }
        return found
    }
}
