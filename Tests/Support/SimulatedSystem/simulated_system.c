// The functions of the C library and of libdispatch by which a Swift program reads the time, waits, and runs jobs. Those of a
// program go before those of its libraries, which call these. For threads that are not simulated each passes everything on.
#define _GNU_SOURCE
#include "simulated_system.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>

struct job {
    uint64_t due, order;
    void *context;
    void (*function)(void *);
};

struct jobs {
    struct job *list;
    size_t count, capacity;
};

static const uint64_t beginning = 1000ull * 1000 * 1000 * 1000;
// Of a thread: libdispatch has some of its own.
static _Thread_local bool is_simulated;
static uint64_t now, random_state, last_order;
static int64_t calendar;
// The first are in no order, the second are a heap by their time.
static struct jobs ready, timers;

static void *original(const char *name) { return dlsym(RTLD_NEXT, name); }

// SplitMix64.
static uint64_t random_number(void) {
    uint64_t mixed = random_state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
}

static void append(struct jobs *jobs, struct job job) {
    if (jobs->count == jobs->capacity) {
        jobs->capacity = jobs->capacity ? jobs->capacity * 2 : 1024;
        jobs->list = realloc(jobs->list, jobs->capacity * sizeof job);
        if (!jobs->list) abort();
    }
    jobs->list[jobs->count++] = job;
}

static bool is_before(struct job one, struct job other) {
    return one.due < other.due || (one.due == other.due && one.order < other.order);
}

static void exchange(size_t one, size_t other) {
    struct job job = timers.list[one];
    timers.list[one] = timers.list[other];
    timers.list[other] = job;
}

static void add_timer(uint64_t due, void *context, void (*function)(void *)) {
    append(&timers, (struct job){due, ++last_order, context, function});
    for (size_t place = timers.count - 1; place; place = (place - 1) / 2) {
        if (!is_before(timers.list[place], timers.list[(place - 1) / 2])) return;
        exchange(place, (place - 1) / 2);
    }
}

static struct job pop_timer(void) {
    struct job first = timers.list[0];
    timers.list[0] = timers.list[--timers.count];
    for (size_t place = 0, next; (next = 2 * place + 1) < timers.count; place = next) {
        if (next + 1 < timers.count && is_before(timers.list[next + 1], timers.list[next])) next++;
        if (!is_before(timers.list[next], timers.list[place])) break;
        exchange(place, next);
    }
    return first;
}

void simulation_begin(void) { is_simulated = true; }

void simulation_reset(uint64_t seed) {
    if (ready.count || timers.count) abort();
    now = beginning;
    calendar = 0;
    random_state = seed;
    last_order = 0;
}

bool simulation_step(void) {
    if (!ready.count) {
        if (!timers.count) return false;
        if (timers.list[0].due > now) now = timers.list[0].due;
    }
    while (timers.count && timers.list[0].due <= now) append(&ready, pop_timer());
    size_t place = random_number() % ready.count;
    struct job job = ready.list[place];
    ready.list[place] = ready.list[--ready.count];
    // Each job takes some time.
    now += random_number() % 10000;
    job.function(job.context);
    return true;
}

uint64_t simulation_time(void) { return now - beginning; }

void simulation_step_calendar(int64_t nanoseconds) { calendar += nanoseconds; }

// MARK: - The C library

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!is_simulated || clock == CLOCK_PROCESS_CPUTIME_ID) {
        if (!real) real = original("clock_gettime");
        return real(clock, time);
    }
    uint64_t reading = now;
    if (clock == CLOCK_REALTIME) reading += 1800000000ull * 1000000000 + calendar;
    time->tv_sec = reading / 1000000000;
    time->tv_nsec = reading % 1000000000;
    return 0;
}

// Swift has its random numbers from here.
long syscall(long number, ...) {
    static long (*real)(long, ...);
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int index = 0; index < 6; index++) arguments[index] = va_arg(list, long);
    va_end(list);
    if (is_simulated && number == SYS_getrandom) {
        for (long index = 0; index < arguments[1]; index++) ((char *)arguments[0])[index] = (char)random_number();
        return arguments[1];
    }
    if (!real) real = original("syscall");
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

// MARK: - Dispatch: all queues are one

struct block {
    void *class;
    int flags, reserved;
    void (*invoke)(struct block *);
};

extern struct block *_Block_copy(struct block *);
extern void _Block_release(struct block *);

static void run_block(void *block) {
    ((struct block *)block)->invoke(block);
    _Block_release(block);
}

// The first two bits say which clock it is.
static uint64_t due(uint64_t when) { return when & ~(3ull << 62); }

void dispatch_async_f(void *queue, void *context, void (*function)(void *)) {
    static void (*real)(void *, void *, void (*)(void *));
    if (is_simulated) return append(&ready, (struct job){0, 0, context, function});
    if (!real) real = original("dispatch_async_f");
    real(queue, context, function);
}

void dispatch_after_f(uint64_t when, void *queue, void *context, void (*function)(void *)) {
    static void (*real)(uint64_t, void *, void *, void (*)(void *));
    if (is_simulated) return add_timer(due(when), context, function);
    if (!real) real = original("dispatch_after_f");
    real(when, queue, context, function);
}

void dispatch_after(uint64_t when, void *queue, struct block *block) {
    static void (*real)(uint64_t, void *, struct block *);
    if (is_simulated) return add_timer(due(when), _Block_copy(block), run_block);
    if (!real) real = original("dispatch_after");
    real(when, queue, block);
}
