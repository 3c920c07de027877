package import Foundation

extension String {
    /// Decodes what a file or a pipe holds, as editors on any system write it: UTF-8, with or without a byte order mark, and
    /// with CR LF or LF at the ends of lines, which become LF.
    ///
    /// - Returns: `nil` if it is not UTF-8.
    package init?(outside data: Data) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = data.starts(with: mark) ? data.dropFirst(mark.count) : data
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self = text.replacing("\r\n", with: "\n")
    }
}
