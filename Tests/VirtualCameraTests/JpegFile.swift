import CTurboJPEG

/// What libjpeg-turbo makes of a file.
enum JpegFile {
    /// Width and height, nil unless the whole file decodes without a warning.
    static func size(_ file: [UInt8]) -> [Int]? {
        guard let handle = tjInitDecompress() else { return nil }
        defer { tjDestroy(handle) }
        var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard tjDecompressHeader3(handle, file, UInt(file.count), &width, &height, &sampling, &space) == 0 else {
            return nil
        }
        var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height))
        let status = tjDecompress2(
            handle, file, UInt(file.count), &pixels, width, 0, height, Int32(TJPF_GRAY.rawValue),
            Int32(TJFLAG_STOPONWARNING))
        return status == 0 ? [Int(width), Int(height)] : nil
    }
}
