/// The names of a JSON object's members, read from its bytes, because a decoder hides what was said twice.
///
/// RFC 7519, section 4, lets a reader refuse claims that appear twice; a reader that does not may see another value than
/// the next one sees.
enum MemberNames {
    /// - Parameter json: a text that a JSON decoder accepts too; this looks at nothing but names.
    /// - Returns: the names at the top level, or `nil` where one of them appears twice or is written with an escape.
    static func read(_ json: [UInt8]) -> Set<String>? {
        var names: Set<String> = []
        var depth = 0
        var index = 0
        var lastText: ArraySlice<UInt8> = []
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""):
                let start = index + 1
                guard let end = endOfString(json, from: start) else { return nil }
                lastText = json[start..<end]
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":") where depth == 1:
                let name = String(decoding: lastText, as: UTF8.self)
                guard !lastText.contains(UInt8(ascii: "\\")), names.insert(name).inserted else { return nil }
            // JSON has none of these outside strings; texts in UTF-16 and UTF-32 are full of them.
            case 0..<9: return nil
            default: break
            }
            index += 1
        }
        return names
    }

    /// - Returns: the index of the quotation mark that ends the string.
    private static func endOfString(_ json: [UInt8], from start: Int) -> Int? {
        var index = start
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""): return index
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }
}
