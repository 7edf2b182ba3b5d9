import Archive

/// A disk on which everything goes well and nothing is kept: to fill the journal of images without their files.
struct ImaginaryFiles: FileOperations {
    func synchronize(file path: String) {}
    func synchronize(folder path: String) {}
    func make(folder path: String) {}
    func move(_ path: String, to other: String) {}
    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest {
        throw FileFailure(code: 2, path: path)
    }
    func write(_ bytes: [UInt8], to path: String) {}
    func replace(_ path: String, with other: String) {}
    func remove(_ path: String) {}
    func digest(of path: String) throws(FileFailure) -> FileDigest { throw FileFailure(code: 2, path: path) }
    func names(in folder: String) -> [String] { [] }
}
