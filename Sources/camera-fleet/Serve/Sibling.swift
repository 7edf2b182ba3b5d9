import Glibc

/// The programs that are built together.
enum Sibling {
    /// The path of a program that stands beside this one.
    ///
    /// Throws a sentence when it is not there.
    static func program(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw Failure("The folder of this program cannot be found.") }
        let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let sibling = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/" + name
        guard access(String(sibling), X_OK) == 0 else {
            throw Failure("\(name) should stand beside camera-fleet, at \(sibling); build the whole package.")
        }
        return String(sibling)
    }
}
