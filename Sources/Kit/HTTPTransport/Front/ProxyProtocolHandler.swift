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
