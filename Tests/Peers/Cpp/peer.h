// The common part of the peers of `star bench` in C++; the article “Peers” of Measuring says how they are spoken to.
#pragma once

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace peer {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Seconds = std::chrono::duration<double>;

inline Clock::duration length(double seconds) { return std::chrono::duration_cast<Clock::duration>(Seconds(seconds)); }

// The reply to a call without a text; others get their own back.
inline const std::string now = "2026-11-23T12:00:00+00:00";

struct Order {
    size_t payload;
    int callers;
    double callsPerSecond;  // 0 for back to back
    Clock::duration time;

    explicit Order(const std::string &line)
        : payload(number(line, "payload")), callers(number(line, "callers")),
          callsPerSecond(number(line, "calls_per_second")), time(length(number(line, "milliseconds") / 1000)) {}

    std::string text() const { return std::string(payload, 'x'); }
    size_t answerSize() const { return payload ? payload : now.size(); }

private:
    // The number behind a name, 0 where it is not there.
    static double number(const std::string &line, const std::string &name) {
        auto place = line.find('"' + name + '"');
        return place == line.npos ? 0 : strtod(line.c_str() + line.find(':', place) + 1, nullptr);
    }
};

// The times at which one caller's calls are due, and what it has observed.
class Caller {
public:
    enum Action { call, wait, end };

    Caller(const Order &order, int index, Time start)
        : interval(order.callsPerSecond ? length(order.callers / order.callsPerSecond) : Clock::duration::zero()),
          finish(start + order.time), limit(finish + order.time), due(start + interval * index / order.callers) {}

    // The action of this time: a call is timed from then on, or waited for until `due`.
    Action next(Time time) {
        if (interval == interval.zero()) return from = time, time < finish ? call : end;
        if (due >= finish || time >= limit) return end;
        if (time < due) return isBusy = false, wait;
        from = isBusy || time - due > std::chrono::milliseconds(1) ? due : time;
        due += interval;
        isBusy = true;
        return call;
    }

    void answered(Time time, bool isRight) {
        if (isRight) times.push_back((time - from).count());
        else failures++;
    }

    long unanswered() const {
        if (interval == interval.zero() || due >= finish) return failures;
        return failures + long(std::ceil(Seconds(finish - due) / interval));
    }

    Time nextDue() const { return due; }

    std::vector<int64_t> times;

private:
    Clock::duration interval;
    Time finish, limit, due, from;
    bool isBusy = false;
    long failures = 0;
};

// A turn of all callers.
class Turn {
public:
    explicit Turn(const Order &order) : order(order), start(Clock::now()) {
        for (int index = 0; index < order.callers; index++) callers.emplace_back(order, index, start);
    }

    void report() const {
        auto elapsed = Clock::now() - start;
        if (order.callsPerSecond) elapsed = std::max(elapsed, order.time);
        long failures = 0;
        std::map<int64_t, long> counts;
        for (auto &caller : callers) {
            failures += caller.unanswered();
            for (auto time : caller.times) counts[rounded(time)]++;
        }
        std::cout << "{\"elapsed_ns\":" << elapsed.count() << ",\"failures\":" << failures << ",\"times_ns\":[";
        const char *comma = "";
        for (auto [time, count] : counts) std::cout << comma << '[' << time << ',' << count << ']', comma = ",";
        std::cout << "]}" << std::endl;
    }

    const Order order;
    std::vector<Caller> callers;

private:
    // At least three digits of it.
    static int64_t rounded(int64_t time) {
        int64_t unit = 1;
        while (time / unit >= 10000) unit *= 10;
        return time / unit * unit;
    }

    const Time start;
};

// Takes turns, until there are no more.
using Taking = std::function<void(Turn &)>;

// Callers that wait for their answers, each in a thread and with a connection of its own.
//
// `connect` makes one: a function that calls with a text, and returns the size of the answer.
template <class Connect>
Taking blocking(Connect connect) {
    using Call = decltype(connect());
    return [connect, connections = std::make_shared<std::vector<Call>>()](Turn &turn) {
        while (connections->size() < turn.callers.size()) connections->push_back(connect());
        std::vector<std::thread> threads;
        for (size_t index = 0; index < turn.callers.size(); index++) {
            threads.emplace_back([&caller = turn.callers[index], &call = (*connections)[index], &order = turn.order] {
                const auto text = order.text();
                for (Caller::Action action; (action = caller.next(Clock::now())) != Caller::end;) {
                    if (action == Caller::wait) std::this_thread::sleep_until(caller.nextDue());
                    else caller.answered(Clock::now(), call(text) == order.answerSize());
                }
            });
        }
        for (auto &thread : threads) thread.join();
    };
}

// Callers that are calls in flight, begun where the one before is answered, on whichever thread.
class Flight {
public:
    // `begin` begins the call of the caller with this index.
    Flight(Turn &turn, std::function<void(int)> begin) : turn(turn), begin(std::move(begin)) {
        for (size_t index = 0; index < turn.callers.size(); index++) resting.push_back(index);
    }

    void answered(int index, size_t size) {
        std::unique_lock lock(mutex);
        auto time = Clock::now();
        turn.callers[index].answered(time, size == turn.order.answerSize());
        inFlight--;
        proceed(index, time, lock);
        if (!inFlight) isIdle.notify_all();
    }

    // Begins calls when they are due, and waits for the rest.
    //
    // `wait` sees to answers until none is to come, or for less long.
    template <class Wait>
    void run(Wait wait) {
        for (std::unique_lock lock(mutex); inFlight || !resting.empty();) {
            auto due = Time::max();
            auto time = Clock::now();
            for (auto index : std::exchange(resting, {})) proceed(index, time, lock);
            for (auto index : resting) due = std::min(due, turn.callers[index].nextDue());
            const bool mustWait = inFlight;
            lock.unlock();
            if (mustWait) wait(due);
            else if (due < Time::max()) std::this_thread::sleep_until(due);
            lock.lock();
        }
    }

    // Waits for answers that come on other threads.
    void waitUntil(Time due) {
        std::unique_lock lock(mutex);
        if (due == Time::max()) isIdle.wait(lock, [this] { return !inFlight; });
        else isIdle.wait_until(lock, due, [this] { return !inFlight; });
    }

    bool isOver() const { return !inFlight; }

private:
    void proceed(int index, Time time, std::unique_lock<std::mutex> &lock) {
        switch (turn.callers[index].next(time)) {
            case Caller::end: return;
            case Caller::wait: return resting.push_back(index);
            case Caller::call:
                inFlight++;
                lock.unlock();
                begin(index);
                lock.lock();
        }
    }

    Turn &turn;
    const std::function<void(int)> begin;
    std::mutex mutex;
    std::condition_variable isIdle;
    std::vector<int> resting;
    int inFlight = 0;
};

// Says where the server listens.
inline void announce(const std::string &address) { std::cout << address << std::endl; }

// This program again, as its server.
class Server {
public:
    explicit Server(const std::string &folder) {
        int input[2], output[2];
        if (pipe2(input, O_CLOEXEC) || pipe2(output, O_CLOEXEC)) throw std::runtime_error("There is no pipe.");
        id = fork();
        if (!id) {
            dup2(input[0], 0);
            dup2(output[1], 1);
            execl("/proc/self/exe", "peer", folder.c_str(), nullptr);
            _exit(1);
        }
        close(input[0]);
        close(output[1]);
        end = input[1];
        auto lines = fdopen(output[0], "r");
        char line[256];
        if (!fgets(line, sizeof line, lines)) throw std::runtime_error("The server has ended.");
        address = std::string(line, strcspn(line, "\n"));
    }

    ~Server() {
        close(end);
        waitpid(id, nullptr, 0);
    }

    std::string address;
    pid_t id;

private:
    int end;
};

// Serves, or measures the server that it starts.
//
// `serve` is given a folder for its socket, and announces its address; `makeCalls` is given the address.
inline int run(
    int count, char **arguments, const std::string &name, const std::string &version,
    const std::function<void(std::string)> &serve, const std::function<Taking(std::string)> &makeCalls) {
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    // Large messages are freed at each call: giving their pages back takes longer than all else.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    if (count > 1) {
        std::thread([] {
            while (std::cin.get() != EOF) {}
            _exit(0);
        }).detach();
        serve(arguments[1]);
        return 0;
    }
    auto folder = (std::filesystem::temp_directory_path() / "peer-XXXXXX").string();
    if (!mkdtemp(folder.data())) throw std::runtime_error("There is no folder for a socket.");
    {
        Server server(folder);
        auto take = makeCalls(server.address);
        std::cout << "{\"name\":\"" << name << "\",\"version\":\"" << version << "\",\"callers\":[" << getpid()
                  << "],\"servers\":[" << server.id << "]}" << std::endl;
        for (std::string line; std::getline(std::cin, line);) {
            Turn turn{Order(line)};
            take(turn);
            turn.report();
        }
    }
    std::filesystem::remove_all(folder);
    _exit(0);  // without the libraries' ends, which wait for threads of theirs
}

}  // namespace peer
