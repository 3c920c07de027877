// Cap'n Proto over a Unix socket: an event loop on each side, one connection, all calls at a time.
#include <capnp/common.h>
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include "peer.h"
#include "current.capnp.h"

// Of a message with a text, in words, so that it is one piece.
capnp::MessageSize size(size_t text) { return {text / sizeof(capnp::word) + 16, 0}; }

struct Service final : Time::Server {
    kj::Promise<void> current(CurrentContext context) override {
        const auto text = context.getParams().getText();
        context.getResults(size(text.size())).setText(text.size() ? text : capnp::Text::Reader(peer::now));
        return kj::READY_NOW;
    }
};

void serve(const std::string &folder) {
    const auto address = "unix:" + folder + "/capnp.sock";
    auto io = kj::setupAsyncIo();
    auto listener = io.provider->getNetwork().parseAddress(address).wait(io.waitScope)->listen();
    capnp::TwoPartyServer server(kj::heap<Service>());
    peer::announce(address);
    server.listen(*listener).wait(io.waitScope);
}

struct Connection {
    kj::AsyncIoContext io = kj::setupAsyncIo();
    kj::Own<kj::AsyncIoStream> stream;
    kj::Own<capnp::TwoPartyClient> client;
    Time::Client time = nullptr;

    explicit Connection(const std::string &address) {
        stream = io.provider->getNetwork().parseAddress(address).wait(io.waitScope)->connect().wait(io.waitScope);
        client = kj::heap<capnp::TwoPartyClient>(*stream);
        time = client->bootstrap().castAs<Time>();
    }
};

// Ends the process where a call fails otherwise than by its answer.
struct Failing : kj::TaskSet::ErrorHandler {
    void taskFailed(kj::Exception &&failure) override { kj::throwFatalException(kj::mv(failure)); }
};

peer::Taking makeCalls(const std::string &address) {
    auto connection = std::make_shared<Connection>(address);
    return [connection](peer::Turn &turn) {
        auto &scope = connection->io.waitScope;
        auto &timer = connection->io.provider->getTimer();
        const auto text = turn.order.text();
        Failing failing;
        kj::TaskSet calls(failing);
        kj::Own<kj::PromiseFulfiller<void>> over;
        std::function<void(int, size_t)> answered;
        peer::Flight flight(turn, [&](int index) {
            auto request = connection->time.currentRequest(size(text.size()));
            request.setText(text);
            calls.add(request.send().then(
                [&, index](auto answer) { answered(index, answer.getText().size()); },
                [&, index](kj::Exception &&) { answered(index, 0); }));
        });
        answered = [&](int index, size_t size) {
            flight.answered(index, size);
            if (flight.isOver()) over->fulfill();
        };
        flight.run([&](peer::Time due) {
            auto end = kj::newPromiseAndFulfiller<void>();
            over = kj::mv(end.fulfiller);
            if (due < peer::Time::max()) {
                const auto left = (due - peer::Clock::now()).count() * kj::NANOSECONDS;
                end.promise = end.promise.exclusiveJoin(timer.afterDelay(left));
            }
            end.promise.wait(scope);
        });
        calls.onEmpty().wait(scope);
    };
}

int main(int count, char **arguments) {
    char version[64];
    snprintf(
        version, sizeof version, "Cap'n Proto %d.%d.%d", CAPNP_VERSION / 1000000, CAPNP_VERSION / 1000 % 1000,
        CAPNP_VERSION % 1000);
    return peer::run(count, arguments, "Cap'n Proto C++", version, serve, makeCalls);
}
