internal import CTurboJPEG
import NIOCore

/// Why a picture could not be made.
struct JpegError: Error, CustomStringConvertible {
    let description: String
}

/// A compressor of libjpeg-turbo for images of one size, and the memory that it writes to. For one thread at a time.
final class JpegEncoder {
    private let handle: tjhandle
    private let scratch: UnsafeMutablePointer<UInt8>
    private let capacity: Int

    /// An encoder for images of up to that many pixels.
    init(width: Int, height: Int) throws(JpegError) {
        guard let handle = tjInitCompress() else {
            throw JpegError(description: "libjpeg-turbo does not start: \(String(cString: tjGetErrorStr2(nil)))")
        }
        let capacity = Int(clamping: tjBufSize(Int32(width), Int32(height), Self.sampling))
        guard let scratch = tjAlloc(Int32(clamping: capacity)) else {
            tjDestroy(handle)
            throw JpegError(description: "There is no memory for a picture of \(width) by \(height) pixels.")
        }
        self.handle = handle
        self.scratch = scratch
        self.capacity = capacity
    }

    deinit {
        tjFree(scratch)
        tjDestroy(handle)
    }

    private static let sampling = Int32(TJSAMP_420.rawValue)

    /// The image as a JPEG file, given as bytes that are good until the closure returns.
    func encode<Result>(
        _ image: PixelBuffer, quality: Int, _ use: (UnsafeRawBufferPointer) -> Result
    ) throws(JpegError) -> Result {
        var destination: UnsafeMutablePointer<UInt8>? = scratch
        var size = UInt(capacity)
        let status = image.pixels.withUnsafeBytes { bytes in
            tjCompress2(
                handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(image.width),
                Int32(image.width * 4), Int32(image.height), Int32(TJPF_RGBX.rawValue), &destination, &size,
                Self.sampling, Int32(quality), Int32(TJFLAG_NOREALLOC | TJFLAG_FASTDCT))
        }
        guard status == 0 else {
            throw JpegError(description: "libjpeg-turbo: \(String(cString: tjGetErrorStr2(handle)))")
        }
        return use(UnsafeRawBufferPointer(start: scratch, count: Int(size)))
    }
}
