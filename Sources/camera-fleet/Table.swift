/// Columns of text that line up.
struct Table {
    /// A column: its heading, and the most characters that are shown of a cell.
    struct Column {
        var heading: String
        var widest: Int
        var alignsRight = false
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row, with a cell for each column.
    mutating func add(_ cells: [String]) {
        rows.append(zip(cells, columns).map { cell, column in Self.shortened(printable(cell), to: column.widest) })
    }

    /// The heading and the rows, two spaces between columns and none at the end.
    var lines: [String] {
        let all = [columns.map(\.heading)] + rows
        let widths = columns.indices.map { index in all.map { $0[index].count }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                let space = String(repeating: " ", count: widths[index] - cell.count)
                line += (index == 0 ? "" : "  ") + (columns[index].alignsRight ? space + cell : cell + space)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private static func shortened(_ text: String, to widest: Int) -> String {
        text.count > widest ? text.prefix(widest - 1) + "…" : text
    }
}
