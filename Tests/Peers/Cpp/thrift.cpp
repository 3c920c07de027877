// Apache Thrift: the binary protocol, buffered, a thread and a connection for each caller.
#include <thrift/config.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#include "peer.h"

using namespace apache::thrift;
using protocol::TMessageType, transport::TServerSocket, transport::TSocket, transport::TTransport;
// The type of the transport, so that its fast paths are inlined.
using Protocol = protocol::TBinaryProtocolT<transport::TBufferedTransport>;
using ProtocolFactory = protocol::TBinaryProtocolFactoryT<transport::TBufferedTransport>;

// It would count what is read in the life of a connection, and end it at 100 MB.
struct Buffered : transport::TBufferedTransport {
    explicit Buffered(std::shared_ptr<TTransport> socket) : TBufferedTransport(std::move(socket), 64 << 10) {}

    uint32_t readEnd() override {
        resetConsumedMessageSize();
        return 0;
    }
};

struct BufferedFactory : transport::TTransportFactory {
    std::shared_ptr<TTransport> getTransport(std::shared_ptr<TTransport> socket) override {
        return std::make_shared<Buffered>(std::move(socket));
    }
};

// A message of one text, written and read as the code that Thrift generates does it.
void write(Protocol &protocol, TMessageType type, const std::string &text) {
    protocol.writeMessageBegin("current", type, 0);
    protocol.writeStructBegin("Text");
    protocol.writeFieldBegin("text", protocol::T_STRING, 1);
    protocol.writeString(text);
    protocol.writeFieldEnd();
    protocol.writeFieldStop();
    protocol.writeStructEnd();
    protocol.writeMessageEnd();
    protocol.getTransport()->writeEnd();
    protocol.getTransport()->flush();
}

void read(Protocol &protocol, std::string &text) {
    std::string name;
    TMessageType type;
    int32_t number;
    protocol::TType field;
    int16_t id;
    protocol.readMessageBegin(name, type, number);
    protocol.readStructBegin(name);
    while (protocol.readFieldBegin(name, field, id), field != protocol::T_STOP) {
        if (id == 1 && field == protocol::T_STRING) protocol.readString(text);
        else protocol.skip(field);
        protocol.readFieldEnd();
    }
    protocol.readStructEnd();
    protocol.readMessageEnd();
    protocol.getTransport()->readEnd();
}

struct Service : TProcessor {
    bool process(
        std::shared_ptr<protocol::TProtocol> in, std::shared_ptr<protocol::TProtocol> out, void *) override {
        std::string text;
        read(static_cast<Protocol &>(*in), text);
        write(static_cast<Protocol &>(*out), protocol::T_REPLY, text.empty() ? peer::now : text);
        return true;
    }
};

void serve([[maybe_unused]] const std::string &folder) {
#ifdef TCP
    auto socket = std::make_shared<TServerSocket>("127.0.0.1", 0);
#else
    auto socket = std::make_shared<TServerSocket>(folder + "/thrift.sock");
#endif
    struct Announcing : server::TServerEventHandler {
        std::function<void()> ready;
        void preServe() override { ready(); }
    };
    auto events = std::make_shared<Announcing>();
    events->ready = [&] {
        peer::announce(socket->isUnixDomainSocket() ? socket->getPath() : std::to_string(socket->getPort()));
    };
    server::TThreadedServer server(
        std::make_shared<Service>(), socket, std::make_shared<BufferedFactory>(), std::make_shared<ProtocolFactory>());
    server.setServerEventHandler(events);
    server.serve();
}

peer::Taking makeCalls(const std::string &address) {
    return peer::blocking([address] {
#ifdef TCP
        auto socket = std::make_shared<TSocket>("127.0.0.1", std::stoi(address));
        socket->setNoDelay(true);
#else
        auto socket = std::make_shared<TSocket>(address);
#endif
        auto buffered = std::make_shared<Buffered>(socket);
        buffered->open();
        auto protocol = std::make_shared<Protocol>(buffered);
        return [protocol, answer = std::string()](const std::string &text) mutable {
            write(*protocol, protocol::T_CALL, text);
            read(*protocol, answer);
            return answer.size();
        };
    });
}

int main(int count, char **arguments) {
#ifdef TCP
    const auto name = "Thrift C++, tcp";
#else
    const auto name = "Thrift C++";
#endif
    return peer::run(count, arguments, name, "Thrift " PACKAGE_VERSION, serve, makeCalls);
}
