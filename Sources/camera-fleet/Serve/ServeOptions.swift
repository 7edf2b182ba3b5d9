import ArgumentParser
import FleetModel
import Logging

/// What the virtual bodies pretend to be.
enum VirtualPersonality: String, ExpressibleByArgument, CaseIterable {
    /// A Nikon, with live view.
    case nikon
    /// A Canon EOS, with live view.
    case canonEOS = "canon-eos"
    /// Any camera that speaks PTP.
    case ptp
}

extension NetworkBodyAddress {
    /// Reads an option's value.
    static func option(_ text: String) throws -> NetworkBodyAddress {
        guard let address = NetworkBodyAddress(text) else {
            throw ValidationError("\(text) is no camera's address; write ptpip:HOST[:PORT[:EVENTPORT]].")
        }
        return address
    }
}

extension Logger.Level {
    /// Reads an option's value.
    static func option(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(text) is no log level; there are \(levels).")
        }
        return level
    }
}
