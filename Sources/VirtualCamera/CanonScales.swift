/// The codes that EOS bodies have for apertures, shutter speeds, sensitivities and compensations: eighths of a stop, of
/// which third stops are the ones at 0, 3 and 5.
enum CanonScales {
    static let bulb: Int64 = 0x0C
    static let automatic: Int64 = 0x00

    private static func eighths(_ thirds: Int) -> Int64 { Int64(8 * (thirds / 3) + [0, 3, 5][thirds % 3]) }

    /// Codes and f-numbers times 100. The first of the scale, f/1.8, is five thirds above f/1, whose code is 8.
    static let apertures: [(code: Int64, fNumber: Int64)] = ExposureScales.fNumbers.enumerated().map { index, number in
        (8 + eighths(index + 5), number)
    }

    /// Codes and seconds, longest first, down to the 1/4000 of a 6D. The scale begins at 1/8000, whose code is 0xA0.
    static let shutterSpeeds: [(code: Int64, seconds: (numerator: Int64, denominator: Int64))] =
        ExposureScales.shutterSpeeds.enumerated().dropFirst(3).reversed().map { index, speed in
            (0xA0 - eighths(index), speed)
        }

    /// Codes and sensitivities; ISO 100 is 0x48.
    static let isoSpeeds: [(code: Int64, speed: Int64)] = ExposureScales.isoSpeeds.enumerated().map { index, speed in
        (0x48 + eighths(index), speed)
    }

    /// Codes and thousandths of a stop. Less light has the codes of more in two's complement.
    static let compensations: [(code: Int64, value: Int64)] = ExposureScales.compensations.enumerated().map {
        index, value in
        let code = eighths(abs(index - 15))
        return (index < 15 ? 0x100 - code : code, value)
    }
}
