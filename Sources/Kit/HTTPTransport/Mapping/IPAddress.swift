import Glibc

/// An address of IPv4 or IPv6. One of IPv4 within IPv6 is that of IPv4 (RFC 4291, section 2.5.5.2).
struct IPAddress: Equatable {
    /// 4 or 16.
    let bytes: [UInt8]

    init?(_ text: String) {
        // A zone belongs to the interface and not to the address.
        let text = String(text.prefix { $0 != "%" })
        var (v4, v6) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: v4) { Array($0) })
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bytes: withUnsafeBytes(of: v6) { Array($0) })
        } else {
            return nil
        }
    }

    /// - Parameter bytes: 4 or 16; there is no address of another size.
    init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// The one way to write it (RFC 5952).
    var text: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Addresses that begin with the same bits (RFC 4632).
struct Network {
    private let base: IPAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let base = IPAddress(parts[0]) else { return nil }
        self.base = base
        let most = base.bytes.count * 8
        guard parts.count == 2 else {
            bits = most
            return
        }
        // The bits of an IPv4 address within IPv6 count from the beginning of that.
        let mapped = parts[0].contains(":") && most == 32 ? 96 : 0
        guard parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let bits = Int(parts[1]),
            0...most ~= bits - mapped
        else { return nil }
        self.bits = bits - mapped
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        for (index, byte) in base.bytes.enumerated() {
            let count = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> count)
            guard (byte ^ address.bytes[index]) & mask == 0 else { return false }
        }
        return true
    }
}
