// nng over ipc: request and reply, a context for each call in flight, continued where the library ends a step.
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "peer.h"

void check(int code) {
    if (code) throw std::runtime_error(nng_strerror(code));
}

// A context with its operation, whose ends are steps.
struct Context {
    nng_ctx context;
    nng_aio *operation;

    Context(nng_socket socket, void (*step)(void *), void *self) {
        check(nng_ctx_open(&context, socket));
        check(nng_aio_alloc(&operation, step, self));
    }

    void send(nng_msg *message) {
        nng_aio_set_msg(operation, message);
        nng_ctx_send(context, operation);
    }

    void receive() { nng_ctx_recv(context, operation); }
    bool isRight() { return nng_aio_result(operation) == 0; }
};

// Gives back each message, or the time for an empty one.
struct Served {
    Context context;
    bool isAnswering = false;

    explicit Served(nng_socket socket)
        : context(socket, [](void *self) { static_cast<Served *>(self)->step(); }, this) {
        context.receive();
    }

    void step() {
        if (!std::exchange(isAnswering, !isAnswering) && context.isRight()) {
            auto message = nng_aio_get_msg(context.operation);
            if (!nng_msg_len(message)) nng_msg_append(message, peer::now.data(), peer::now.size());
            context.send(message);
        } else {
            isAnswering = false;
            context.receive();
        }
    }
};

void serve(const std::string &folder) {
    const auto address = "ipc://" + folder + "/nng.sock";
    nng_socket socket;
    check(nng_rep0_open(&socket));
    for (int waiting = 0; waiting < 256; waiting++) new Served(socket);
    check(nng_listen(socket, address.c_str(), nullptr, 0));
    peer::announce(address);
    while (true) pause();
}

// A caller's calls.
struct Made {
    Context context;
    peer::Flight *flight = nullptr;
    int index = 0;
    bool isSent = false;

    explicit Made(nng_socket socket) : context(socket, [](void *self) { static_cast<Made *>(self)->step(); }, this) {}

    void begin(const std::string &text) {
        nng_msg *message;
        check(nng_msg_alloc(&message, 0));
        check(nng_msg_append(message, text.data(), text.size()));
        isSent = false;
        context.send(message);
    }

    void step() {
        if (!context.isRight()) throw std::runtime_error("A call has failed.");
        if (!std::exchange(isSent, true)) return context.receive();
        auto message = nng_aio_get_msg(context.operation);
        const auto size = nng_msg_len(message);
        nng_msg_free(message);
        flight->answered(index, size);
    }
};

peer::Taking makeCalls(const std::string &address) {
    nng_socket socket;
    check(nng_req0_open(&socket));
    check(nng_dial(socket, address.c_str(), nullptr, 0));
    return [socket, calls = std::make_shared<std::vector<std::unique_ptr<Made>>>()](peer::Turn &turn) {
        while (calls->size() < turn.callers.size()) calls->push_back(std::make_unique<Made>(socket));
        const auto text = turn.order.text();
        peer::Flight flight(turn, [&](int index) { (*calls)[index]->begin(text); });
        for (size_t index = 0; index < turn.callers.size(); index++) {
            (*calls)[index]->flight = &flight;
            (*calls)[index]->index = index;
        }
        flight.run([&](peer::Time due) { flight.waitUntil(due); });
    };
}

int main(int count, char **arguments) {
    return peer::run(count, arguments, "nng", std::string("nng ") + nng_version(), serve, makeCalls);
}
