/// Comma-separated values as RFC 4180 lays them out: records of fields, which stand in quotes where they must.
enum CommaSeparated {
    /// A record, and the line on which it begins, from 1.
    struct Record: Equatable {
        var line: Int
        var fields: [String]
    }

    /// Why a text is not that.
    struct Malformed: Error, Equatable {
        var line: Int
        var reason: String
    }

    /// A record on a line.
    static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// The records of a text, without empty lines. A byte order mark is passed over; lines end with LF or CRLF.
    static func records(_ text: String) throws(Malformed) -> [Record] {
        var reader = Reader(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
        var records: [Record] = []
        while let record = try reader.record() {
            if record.fields != [""] { records.append(record) }
        }
        return records
    }

    private static func quoted(_ field: String) -> String {
        let needsQuotes = field.unicodeScalars.contains { [",", "\"", "\r", "\n"].contains($0) }
        return needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }

    private struct Reader {
        var rest: Substring.UnicodeScalarView
        var line = 1

        init(_ text: Substring.UnicodeScalarView) {
            rest = text
        }

        mutating func record() throws(Malformed) -> Record? {
            guard !rest.isEmpty else { return nil }
            var record = Record(line: line, fields: [])
            while true {
                record.fields.append(rest.first == "\"" ? try quotedField() : try plainField())
                guard let next = rest.popFirst() else { return record }
                if next == "," { continue }
                if next == "\r" { rest = rest.first == "\n" ? rest.dropFirst() : rest }
                line += 1
                return record
            }
        }

        private mutating func plainField() throws(Malformed) -> String {
            let field = rest.prefix { ![",", "\r", "\n"].contains($0) }
            guard !field.contains("\"") else {
                throw Malformed(line: line, reason: "a quotation mark in the middle of a field")
            }
            rest = rest[field.endIndex...]
            return String(field)
        }

        private mutating func quotedField() throws(Malformed) -> String {
            let start = line
            var field = String.UnicodeScalarView()
            rest.removeFirst()
            while let next = rest.popFirst() {
                if next == "\"" {
                    guard rest.first == "\"" else {
                        guard rest.first.map({ [",", "\r", "\n"].contains($0) }) ?? true else {
                            throw Malformed(line: line, reason: "something after the end of a quotation")
                        }
                        return String(field)
                    }
                    rest.removeFirst()
                }
                if next == "\n" { line += 1 }
                field.append(next)
            }
            throw Malformed(line: start, reason: "a quotation that does not end")
        }
    }
}
