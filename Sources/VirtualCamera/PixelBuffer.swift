import Glibc

/// A colour as a pixel holds it: red in the lowest byte, then green, then blue.
struct Colour: Sendable, Equatable {
    let pixel: UInt32

    init(_ red: Int, _ green: Int, _ blue: Int) {
        func byte(_ part: Int) -> UInt32 { UInt32(min(255, max(0, part))) }
        pixel = byte(red) | byte(green) << 8 | byte(blue) << 16
    }

    static let white = Colour(255, 255, 255)
    static let black = Colour(0, 0, 0)

    /// A colour of its own for a body, one that white letters stand out from.
    static func ofBody(_ index: Int) -> (red: Int, green: Int, blue: Int) {
        let hues = [(38, 84, 140), (140, 60, 44), (40, 110, 70), (110, 50, 120), (130, 96, 24), (24, 110, 120)]
        return hues[((index % hues.count) + hues.count) % hues.count]
    }
}

/// An image of four bytes a pixel to draw on. What falls outside is cut.
struct PixelBuffer: Sendable {
    let width: Int
    let height: Int
    private(set) var pixels: [UInt32]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = Array(repeating: 0, count: width * height)
    }

    mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: Colour) {
        let left = max(0, x)
        let right = min(self.width, x + width)
        let top = max(0, y)
        let bottom = min(self.height, y + height)
        guard left < right, top < bottom else { return }
        let (stride, count) = (self.width * 4, (right - left) * 4)
        let first = top * stride + left * 4
        pixels.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress?.advanced(by: first) else { return }
            // One pixel, doubled until it is a row, then the row again and again: the copying is done by C.
            start.storeBytes(of: colour.pixel, as: UInt32.self)
            var filled = 4
            while filled < count {
                let more = min(filled, count - filled)
                memcpy(start + filled, start, more)
                filled += more
            }
            for row in 1..<max(1, bottom - top) { memcpy(start + row * stride, start, count) }
        }
    }

    /// A disc, filled.
    mutating func fillDisc(x: Int, y: Int, radius: Int, _ colour: Colour) {
        for row in -radius...radius {
            let half = Int(Double(radius * radius - row * row).squareRoot())
            fill(x: x - half, y: y + row, width: 2 * half + 1, height: 1, colour)
        }
    }

    /// Letters whose dots are squares of `scale` pixels, the upper left corner of the first at `x`, `y`.
    mutating func draw(_ text: String, x: Int, y: Int, scale: Int, _ colour: Colour) {
        var left = x
        for character in text {
            for (row, dots) in BitmapFont.rows(character).enumerated() where dots != 0 {
                var column = 0
                while column < BitmapFont.width {
                    var run = 0
                    while column + run < BitmapFont.width, dots & (0x10 >> UInt8(column + run)) != 0 { run += 1 }
                    if run > 0 {
                        fill(
                            x: left + column * scale, y: y + row * scale, width: run * scale, height: scale, colour)
                    }
                    column += max(1, run)
                }
            }
            left += BitmapFont.advance * scale
        }
    }

    /// The largest scale at which a text fits a width, at most `limit`.
    static func scale(of text: String, toFit width: Int, limit: Int) -> Int {
        max(1, min(limit, width / max(1, text.count * BitmapFont.advance)))
    }

    /// A landscape in the colours of a body: sky, sun, hills.
    mutating func drawLandscape(colourOf index: Int, sunAt position: Double) {
        let (red, green, blue) = Colour.ofBody(index)
        for row in 0..<height {
            let light = 40 - 80 * row / max(1, height)
            fill(x: 0, y: row, width: width, height: 1, Colour(red + light, green + light, blue + light))
        }
        fillDisc(
            x: Int(position * Double(width)), y: height / 3, radius: height / 10,
            Colour(red + 120, green + 110, blue + 60))
        for hill in 0..<4 {
            fillDisc(
                x: width * (2 * hill + 1) / 8, y: height + height / 10, radius: height * (3 + (hill + index) % 3) / 16,
                Colour(red / 2, green / 2 + 10 * hill, blue / 2))
        }
    }
}
