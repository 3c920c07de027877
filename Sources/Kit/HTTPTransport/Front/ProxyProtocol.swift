import NIOCore

/// If connections from trusted proxies begin with a header of the PROXY protocol. It must not be guessed of others, which
/// could say what they like.
public enum ProxyProtocol: String, Sendable, CaseIterable {
    /// No connection does.
    case off
    /// They may: health checks of the proxy can come without.
    case optional
    /// They do, or are refused.
    case required
}

/// The address of the client that a proxy has named: an event in the pipeline.
struct ClientAddress {
    let text: String
}

/// Reads the header of a trusted proxy off the beginning of a connection, and passes on what follows it.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let isRequired: Bool
    private var bytes = ByteBuffer()

    init(isRequired: Bool) {
        self.isRequired = isRequired
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        bytes.writeBuffer(&part)
        do throws(RequestFault) {
            switch try ProxyProtocolHeader.read(from: &bytes) {
            case .incomplete: return
            case .none where isRequired: throw .missingProxyHeader
            case .none: break
            case .header(let header): announce(header, context)
            }
            context.fireChannelRead(wrapInboundOut(bytes))
        } catch {
            // What follows is dropped by who refuses it.
            context.fireUserInboundEventTriggered(error)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func announce(_ header: ProxyProtocolHeader, _ context: ChannelHandlerContext) {
        guard let client = header.client else { return }
        context.fireUserInboundEventTriggered(ClientAddress(text: client))
    }
}

/// The header by which a proxy that forwards bytes names the client (PROXY protocol, versions 1 and 2, by haproxy).
struct ProxyProtocolHeader: Equatable {
    /// The client's address, as ``IPAddress/text`` writes it; `nil` if the proxy speaks for itself, as in its health checks, or
    /// names no address of IP.
    let client: String?

    enum Reading: Equatable {
        /// More bytes are needed.
        case incomplete
        /// The bytes begin like no header.
        case none
        case header(ProxyProtocolHeader)
    }

    /// The first bytes of a header of version 2. No request of HTTP does.
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let beginning = Array("PROXY ".utf8)
    /// The largest header of version 1 (section 2.1), and the largest that is read of version 2, in bytes. The latter holds the
    /// addresses and what a proxy adds to them, such as a certificate's name.
    private static let maxLine = 107
    private static let maxBlock = 4096

    /// Reads a header off the beginning of a connection.
    ///
    /// - Parameter bytes: what has come; a header is removed from it once it is complete.
    /// - Throws: ``RequestFault/malformedProxyHeader``.
    static func read(from bytes: inout ByteBuffer) throws(RequestFault) -> Reading {
        let view = bytes.readableBytesView
        if view.starts(with: signature) { return try readBlock(&bytes) }
        if view.starts(with: beginning) { return try readLine(&bytes) }
        return signature.starts(with: view) || beginning.starts(with: view) ? .incomplete : .none
    }

    /// Version 2 (section 2.2).
    private static func readBlock(_ bytes: inout ByteBuffer) throws(RequestFault) -> Reading {
        let start = bytes.readerIndex + signature.count
        guard let command = bytes.getInteger(at: start, as: UInt8.self),
            let family = bytes.getInteger(at: start + 1, as: UInt8.self),
            let length = bytes.getInteger(at: start + 2, as: UInt16.self)
        else { return .incomplete }
        let isLocal = command == 0x20
        // TCP over IPv4 and over IPv6; of any other family the addresses are passed over.
        let size = isLocal ? 0 : [0x11: 4, 0x21: 16][family] ?? 0
        guard isLocal || command == 0x21, Int(length) <= maxBlock, size == 0 || Int(length) >= 2 * size + 4 else {
            throw .malformedProxyHeader
        }
        let end = signature.count + 4 + Int(length)
        guard bytes.readableBytes >= end, let address = bytes.getBytes(at: start + 4, length: size) else {
            return .incomplete
        }
        bytes.moveReaderIndex(forwardBy: end)
        return .header(ProxyProtocolHeader(client: IPAddress(bytes: address)?.text))
    }

    /// Version 1 (section 2.1).
    private static func readLine(_ bytes: inout ByteBuffer) throws(RequestFault) -> Reading {
        let start = bytes.readableBytesView.prefix(maxLine)
        guard let end = start.firstIndex(of: UInt8(ascii: "\n")) else {
            guard start.count < maxLine else { throw .malformedProxyHeader }
            return .incomplete
        }
        let line = String(decoding: start[..<end], as: UTF8.self)
        guard line.utf8.last == UInt8(ascii: "\r") else { throw .malformedProxyHeader }
        bytes.moveReaderIndex(to: end + 1)
        let words = line.utf8.dropLast().split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        return .header(try header(of: words.compactMap { String($0) }))
    }

    private static func header(of words: [String]) throws(RequestFault) -> ProxyProtocolHeader {
        // Of an unknown protocol the rest of the line is passed over.
        if words.count > 1, words[1] == "UNKNOWN" { return ProxyProtocolHeader(client: nil) }
        guard words.count == 6, ["TCP4", "TCP6"].contains(words[1]) else { throw .malformedProxyHeader }
        let isIPv6 = words[1] == "TCP6"
        guard words[2...3].allSatisfy({ IPAddress($0) != nil && $0.contains(":") == isIPv6 }),
            words[4...5].allSatisfy({ UInt16($0).map(String.init) == $0 })
        else { throw .malformedProxyHeader }
        return ProxyProtocolHeader(client: IPAddress(words[2])?.text)
    }
}
