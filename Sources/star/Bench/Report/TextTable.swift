/// Rows with their columns aligned, numbers to the right.
package enum TextTable {
    package static func text(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in
                let space = String(repeating: " ", count: width - cell.count)
                return Double(cell) == nil ? cell + space : space + cell
            }.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }
}
