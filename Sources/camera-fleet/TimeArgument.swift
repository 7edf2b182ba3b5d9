import ArgumentParser

/// A time with its unit, an hour at most either way: `5ms`, `500us`, `0.1s`, `-3ms`, or `0`.
struct TimeArgument: ExpressibleByArgument {
    let nanoseconds: Int64

    init?(argument: String) {
        let units = [("ms", 1e6), ("us", 1e3), ("ns", 1.0), ("s", 1e9)]
        guard argument != "0" else {
            nanoseconds = 0
            return
        }
        guard let (suffix, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(suffix.count)), abs(number * factor) <= 3.6e12
        else { return nil }
        nanoseconds = Int64((number * factor).rounded())
    }
}
