// ZeroC Ice over tcp: one connection, all calls at a time, each begun in the thread that reads the answer before.
#include <Ice/Ice.h>

#include "peer.h"
#include "current.h"

std::shared_ptr<Ice::Communicator> communicator() {
    Ice::InitializationData data;
    data.properties = Ice::createProperties();
    data.properties->setProperty("Ice.MessageSizeMax", "0");  // no limit
    return Ice::initialize(data);
}

struct Service : Peers::Time {
    std::string current(std::string text, const Ice::Current &) override { return text.empty() ? peer::now : text; }
};

void serve(const std::string &) {
    auto ice = communicator();
    auto adapter = ice->createObjectAdapterWithEndpoints("Time", "tcp -h 127.0.0.1");
    auto proxy = adapter->add(std::make_shared<Service>(), Ice::stringToIdentity("time"));
    adapter->activate();
    peer::announce(proxy->ice_toString());
    ice->waitForShutdown();
}

peer::Taking makeCalls(const std::string &address) {
    auto ice = communicator();
    auto time = Ice::uncheckedCast<Peers::TimePrx>(ice->stringToProxy(address));
    return [ice, time](peer::Turn &turn) {
        const auto text = turn.order.text();
        std::function<void(int)> begin;
        peer::Flight flight(turn, [&](int index) { begin(index); });
        begin = [&](int index) {
            time->currentAsync(
                text, [&, index](std::string answer) { flight.answered(index, answer.size()); },
                [&, index](std::exception_ptr) { flight.answered(index, 0); });
        };
        flight.run([&](peer::Time due) { flight.waitUntil(due); });
    };
}

int main(int count, char **arguments) {
    return peer::run(count, arguments, "ZeroC Ice C++, tcp", "Ice " ICE_STRING_VERSION, serve, makeCalls);
}
