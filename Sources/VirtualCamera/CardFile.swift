internal import CVirtualCamera
import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// A file without a name, in the folder for temporary files (`TMPDIR`, or else `/tmp`), where a card keeps what is too
/// large to be held in memory. It is gone with the card, whatever becomes of the process.
final class CardFile: Sendable {
    fileprivate let descriptor: Int32
    /// Parts are given out one after the other and never again; what was in those that are over is given back to the disk.
    private let end = NIOLockedValueBox(0)

    /// Nil if there is no folder to write to.
    init?() {
        descriptor = unnamed_file_open(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// A part of the file for so many bytes, which takes no space until it is written.
    func reserve(_ count: Int) -> CardRegion {
        let offset = end.withLockedValue { end in
            defer { end += count }
            return end
        }
        return CardRegion(self, offset: offset, count: count)
    }
}

/// A part of a card's file. Its space is given back when nobody refers to it any more.
final class CardRegion: Sendable {
    let count: Int
    private let file: CardFile
    private let offset: Int

    fileprivate init(_ file: CardFile, offset: Int, count: Int) {
        self.file = file
        self.offset = offset
        self.count = count
    }

    deinit {
        unnamed_file_forget(file.descriptor, Int64(offset), Int64(count))
    }

    /// Writes bytes at a place within the part. False if they do not fit or the disk does not take them.
    func write(_ bytes: ByteBuffer, at position: Int) -> Bool {
        guard position >= 0, bytes.readableBytes <= count - position else { return false }
        return bytes.withUnsafeReadableBytes { bytes in
            var written = 0
            while written < bytes.count {
                let more = pwrite(
                    file.descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written,
                    offset + position + written)
                if more > 0 { written += more } else if more == 0 || errno != EINTR { return false }
            }
            return true
        }
    }

    /// The bytes of a range of the part, nil if they cannot be read or never were written.
    func read(_ range: Range<Int>) -> ByteBuffer? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { bytes in
            var received = 0
            while received < range.count {
                let more = pread(
                    file.descriptor, bytes.baseAddress?.advanced(by: received), range.count - received,
                    offset + range.lowerBound + received)
                if more > 0 { received += more } else if more == 0 || errno != EINTR { break }
            }
            return received
        }
        return buffer.readableBytes == range.count ? buffer : nil
    }
}
