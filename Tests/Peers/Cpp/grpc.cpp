// gRPC over a Unix socket: a completion queue and a thread on each side, one connection, all calls at a time.
#include <grpcpp/grpcpp.h>

#include <optional>

#include "peer.h"
#include "current.grpc.pb.h"

// A call that the server waits for, and then answers; it is the tag of both events.
struct Served {
    grpc::ServerContext context;
    Text text;
    grpc::ServerAsyncResponseWriter<Text> writer{&context};
    bool isAnswered = false;

    Served(Time::AsyncService &service, grpc::ServerCompletionQueue &queue) {
        service.RequestCurrent(&context, &text, &writer, &queue, &queue, this);
    }

    void answer() {
        if (text.text().empty()) text.set_text(peer::now);
        isAnswered = true;
        writer.Finish(text, grpc::Status::OK, this);
    }
};

void serve(const std::string &folder) {
    const auto address = "unix:" + folder + "/grpc.sock";
    Time::AsyncService service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    auto queue = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    for (int waiting = 0; waiting < 256; waiting++) new Served(service, *queue);
    peer::announce(address);
    void *tag;
    for (bool isRight; queue->Next(&tag, &isRight);) {
        auto call = static_cast<Served *>(tag);
        if (isRight && !call->isAnswered) {
            new Served(service, *queue);
            call->answer();
        } else {
            delete call;
        }
    }
}

// A caller's call.
struct Made {
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Text>> reader;
    Text answer;
    grpc::Status status;
};

peer::Taking makeCalls(const std::string &address) {
    auto stub = std::shared_ptr(Time::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())));
    auto queue = std::make_shared<grpc::CompletionQueue>();
    return [stub, queue](peer::Turn &turn) {
        Text text;
        text.set_text(turn.order.text());
        std::vector<Made> calls(turn.callers.size());
        peer::Flight flight(turn, [&](int index) {
            auto &call = calls[index];
            call.context.emplace();
            call.reader = stub->AsyncCurrent(&*call.context, text, &*queue);
            call.reader->Finish(&call.answer, &call.status, &call);
        });
        flight.run([&](peer::Time due) {
            const auto limit = due == peer::Time::max() ? gpr_inf_future(GPR_CLOCK_MONOTONIC)
                                                        : gpr_time_add(
                gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos((due - peer::Clock::now()).count(), GPR_TIMESPAN));
            void *tag;
            for (bool isRight; !flight.isOver() && queue->AsyncNext(&tag, &isRight, limit) == queue->GOT_EVENT;) {
                auto call = static_cast<Made *>(tag);
                flight.answered(call - calls.data(), call->status.ok() ? call->answer.text().size() : 0);
            }
        });
    };
}

int main(int count, char **arguments) {
    return peer::run(count, arguments, "gRPC C++", "gRPC " + grpc::Version(), serve, makeCalls);
}
