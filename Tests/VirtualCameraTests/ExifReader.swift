/// Reads Exif as another program would: from the bytes of the file, entry by entry.
struct ExifReader {
    private var entries: [UInt16: (type: UInt16, count: Int, value: Int)] = [:]
    private let tiff: [UInt8]

    init(_ file: [UInt8]) {
        // SOI, then APP1 at once.
        guard file.count > 12, Array(file[2..<4]) == [0xFF, 0xE1], Array(file[6..<12]) == Array("Exif\0\0".utf8) else {
            tiff = []
            return
        }
        tiff = Array(file[12..<min(file.count, 4 + Int(file[4]) << 8 + Int(file[5]))])
        read(Int(tiff.number(at: 4, of: UInt32.self)))
        if let sub = entries[0x8769] { read(Int(tiff.number(at: sub.value, of: UInt32.self))) }
    }

    private mutating func read(_ directory: Int) {
        for index in 0..<Int(tiff.number(at: directory, of: UInt16.self)) {
            let entry = directory + 2 + 12 * index
            let type = tiff.number(at: entry + 2, of: UInt16.self)
            let count = Int(tiff.number(at: entry + 4, of: UInt32.self))
            let sizes: [UInt16: Int] = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8]
            let isInside = count * (sizes[type] ?? 1) <= 4
            let value = isInside ? entry + 8 : Int(tiff.number(at: entry + 8, of: UInt32.self))
            entries[tiff.number(at: entry, of: UInt16.self)] = (type, count, value)
        }
    }

    func text(_ tag: UInt16) -> String? {
        entries[tag].map { String(decoding: tiff[$0.value..<$0.value + $0.count - 1], as: UTF8.self) }
    }

    func number(_ tag: UInt16) -> Int? {
        entries[tag].map {
            $0.type == 3
                ? Int(tiff.number(at: $0.value, of: UInt16.self)) : Int(tiff.number(at: $0.value, of: UInt32.self))
        }
    }

    func fraction(_ tag: UInt16) -> [UInt32]? {
        entries[tag].map {
            [tiff.number(at: $0.value, of: UInt32.self), tiff.number(at: $0.value + 4, of: UInt32.self)]
        }
    }
}
