// An open-loop generator of calls, S1 over ipc or tcp, or HTTP: calls are due at a fixed rate, whether or not earlier ones are back,
// and are timed from when they were due. Each call has one line in the ledger.
//
//   load ADDRESS ENDPOINT TOKEN BODY RATE SECONDS TIMEOUT_MS CONNECTIONS [LEDGER|- [throttled]]
//
// ADDRESS is a path or 127.0.0.1:PORT for S1, or http:PORT; ENDPOINT is a name, for HTTP a path. TOKEN and BODY may be "-". RATE 0
// keeps 64 calls in flight on each connection instead, for HTTP one. An HTTP connection has one call at a time, and a call that is
// due while all are busy is never sent. “throttled”: calls are held back as the kit's clients do (CallThrottle), and count as refused.
// The result is one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, OUT = 1 << 20, IN = 1 << 18, MAX_CONNECTIONS = 16384, EVENTS = 512 };

typedef struct { double due, done; int status; } Call;
typedef struct { int fd; char *out, *in; size_t out_size, in_size; long in_flight, call; } Connection;

static Call *calls;
static long call_count, call_limit, answered, unsent;
static Connection connections[MAX_CONNECTIONS];
// Those without a call: for HTTP.
static Connection *idle[MAX_CONNECTIONS];
static int idle_count, is_http, is_throttled;
static double timeout;
static char head[4096], *body = "";
static size_t head_size, body_size;
static char clock_name[16] = "load";

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) { perror(what); exit(1); }

static void transfer(int fd, void *bytes, size_t size, int writing) {
    for (size_t done = 0; done < size;) {
        ssize_t count = writing ? write(fd, (char *)bytes + done, size - done) : read(fd, (char *)bytes + done, size - done);
        if (count <= 0) fail("handshake");
        done += count;
    }
}

// ZMTP 3.1, NULL, DEALER.
static void shake_hands(int fd) {
    char greeting[64] = "\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL", theirs[64], size[2], rest[256];
    static const char ready[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER";
    transfer(fd, greeting, 64, 1);
    transfer(fd, theirs, 64, 0);
    transfer(fd, (void *)ready, sizeof ready - 1, 1);
    transfer(fd, size, 2, 0);
    transfer(fd, rest, (uint8_t)size[1], 0);
}

static int connect_to(const char *address) {
    const char *colon = address[0] == '/' ? NULL : strchr(address, ':');
    int fd = socket(colon ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    if (colon) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(colon + 1))};
        inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
        if (connect(fd, (struct sockaddr *)&in, sizeof in)) fail("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    } else {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        strncpy(un.sun_path, address, sizeof un.sun_path - 1);
        if (connect(fd, (struct sockaddr *)&un, sizeof un)) fail("connect");
    }
    if (!is_http) shake_hands(fd);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// The calls that have ended in this second and the one before, and those that were refused.
static struct { double start; long calls, refused, calls_before, refused_before; } history;

static void record(int is_refused, double time) {
    if (time - history.start >= 1) {
        int follows = time - history.start < 2;
        history.calls_before = follows ? history.calls : 0;
        history.refused_before = follows ? history.refused : 0;
        history.calls = history.refused = 0;
        history.start = time;
    }
    history.calls++;
    history.refused += is_refused;
}

// Enters a call as refused without sending it, if most like it were refused.
static int hold_back(double due) {
    long ended = history.calls + history.calls_before, excess = 2 * (history.refused + history.refused_before) - ended;
    double chance = ended < 100 ? 0 : (double)excess / (ended + 1), time = now();
    if (!is_throttled || drand48() >= (chance < 0.9 ? chance : 0.9)) return 0;
    calls[call_count++] = (Call){.due = due, .done = time, .status = 503};
    answered++;
    record(1, time);
    return 1;
}

static void frame(Connection *to, const void *bytes, size_t size, int more) {
    char *out = to->out + to->out_size;
    if (size > 255) {
        uint64_t big = htobe64(size);
        *out++ = 2 | more;
        memcpy(out, &big, 8);
        out += 8;
    } else {
        *out++ = more;
        *out++ = size;
    }
    memcpy(out, bytes, size);
    to->out_size = out + size - to->out;
}

static void request(Connection *to, double due) {
    if (call_count == call_limit) return;
    double left = timeout - (now() - due);
    uint32_t time = left > 0 ? left * 1000 : 0;
    calls[call_count++] = (Call){.due = due};
    if (time == 0) return;  // Its time was over before it could be written.
    to->in_flight++;
    if (is_http) {
        to->call = call_count;
        char *out = to->out + to->out_size;
        to->out_size += sprintf(out, "%.*sX-Timeout-Ms: %u\r\n\r\n%s", (int)head_size, head, time, body);
        return;
    }
    struct { char magic[2]; uint8_t kind, flags; uint32_t time; uint64_t id; } preamble = {
        {'S', '1'}, 1, 1, time, call_count};
    struct timespec raw;
    clock_gettime(CLOCK_MONOTONIC_RAW, &raw);
    size_t size = head_size + sprintf(head + head_size, "sent: %lld %s\n", raw.tv_sec * 1000ll + raw.tv_nsec / 1000000, clock_name);
    frame(to, &preamble, 16, 1);
    frame(to, head, size, 1);
    frame(to, body, body_size, 0);
}

static void enter(Connection *from, uint64_t id, int status) {
    if (id < 1 || id > (uint64_t)call_count || calls[id - 1].done) {
        fprintf(stderr, "a reply to no call, or a second one: %llu\n", (unsigned long long)id);
        exit(3);
    }
    calls[id - 1].done = now();
    calls[id - 1].status = status;
    if (calls[id - 1].done - calls[id - 1].due <= timeout) record(status == 503, calls[id - 1].done);
    from->in_flight--;
    answered++;
}

// Takes the response out of what has come, once it is whole.
static void response(Connection *from) {
    from->in[from->in_size] = 0;
    char *end = strstr(from->in, "\r\n\r\n"), *length = strcasestr(from->in, "\r\ncontent-length:");
    if (!end || (size_t)(end + 4 - from->in) + (length ? atol(length + 17) : 0) > from->in_size) return;
    enter(from, from->call, atoi(from->in + 9));
    from->in_size = from->call = 0;
    idle[idle_count++] = from;
}

// Takes whole messages out of what has come.
static void replies(Connection *from) {
    size_t start = 0;
    for (;;) {
        size_t offset = start, count = 0, ends[3], begins[3];
        int more = 1, command = 0;
        while (more) {
            if (offset + 9 > from->in_size && (offset + 2 > from->in_size || from->in[offset] & 2)) goto out;
            uint8_t flags = from->in[offset];
            uint64_t size = (uint8_t)from->in[offset + 1];
            offset += 2;
            if (flags & 2) {
                memcpy(&size, from->in + offset - 1, 8);
                size = be64toh(size);
                offset += 7;
            }
            if (offset + size > from->in_size) goto out;
            if (count < 3) begins[count] = offset, ends[count] = offset + size;
            offset += size;
            count++;
            more = flags & 1;
            command = flags & 4;
        }
        start = offset;
        uint64_t id;
        if (command || count != 3 || ends[0] - begins[0] != 16 || from->in[begins[0] + 2] != 2) continue;
        memcpy(&id, from->in + begins[0] + 8, 8);
        enter(from, id, atoi(from->in + begins[1]));
    }
out:
    memmove(from->in, from->in + start, from->in_size - start);
    from->in_size -= start;
}

static int by_value(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}

static double percentile(double *values, long count, double share) {
    return count ? values[(long)((count - 1) * share)] * 1000 : 0;
}

static void send_s1(Connection *to, double start, double time, double rate) {
    if (rate == 0) {
        while (to->in_flight < WINDOW && call_count < call_limit) request(to, now());
        return;
    }
    for (int burst = 0; burst < 64 && to->out_size < OUT; burst++) {
        double due = start + call_count / rate;
        if (due > time) break;
        if (!hold_back(due)) request(to, due);
    }
}

static void send_http(double start, double time, double rate) {
    while (call_count < call_limit) {
        double due = rate > 0 ? start + call_count / rate : time;
        if (due > time || (idle_count == 0 && rate == 0)) break;
        if (rate > 0 && hold_back(due)) continue;
        if (idle_count == 0) {
            calls[call_count++] = (Call){.due = due};
            unsent++;
        } else {
            request(idle[--idle_count], due);
        }
    }
}

int main(int count, char **arguments) {
    if (count < 9) return fprintf(stderr, "see the head of the source\n"), 2;
    double rate = atof(arguments[5]), seconds = atof(arguments[6]);
    timeout = atof(arguments[7]) / 1000;
    is_throttled = count > 10 && !strcmp(arguments[10], "throttled");
    int number = atoi(arguments[8]);
    if (number < 1 || number > MAX_CONNECTIONS) return 2;
    FILE *boot = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (boot && fscanf(boot, "%8[0-9a-f]", clock_name) == 1) fclose(boot);
    is_http = !strncmp(arguments[1], "http:", 5);
    int has_token = strcmp(arguments[3], "-"), has_body = strcmp(arguments[4], "-");
    if (has_body) body = arguments[4];
    body_size = strlen(body);
    if (is_http) {
        head_size = sprintf(head, "%s %.200s HTTP/1.1\r\nHost: load\r\n", has_body ? "POST" : "GET", arguments[2]);
        if (has_body) head_size += sprintf(head + head_size, "Content-Length: %zu\r\n", body_size);
        if (has_token) head_size += sprintf(head + head_size, "X-Token: %.3000s\r\n", arguments[3]);
    } else {
        head_size = sprintf(head, "%.200s\n", arguments[2]);
        if (has_token) head_size += sprintf(head + head_size, "x-token: %.3000s\n", arguments[3]);
    }
    call_limit = (rate > 0 ? rate : 400000) * seconds + 1000;
    calls = calloc(call_limit, sizeof *calls);
    int epoll = epoll_create1(0);
    for (int i = 0; i < number; i++) {
        Connection *one = connections + i;
        *one = (Connection){.fd = connect_to(arguments[1]), .out = malloc(OUT + 65536), .in = malloc(IN + 1)};
        idle[number - ++idle_count] = one;
        epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = one});
    }
    double start = now(), end = start + seconds, time;
    // After the end, only replies are waited for.
    while ((time = now()) < end + timeout + 0.05) {
        int is_busy = 0;
        if (time < end && is_http) send_http(start, time, rate);
        for (int i = 0; i < number && time < end && !is_http; i++) send_s1(connections + i, start, time, rate);
        // No connection has room: what is due and too late is entered as such.
        while (rate > 0 && time < end && call_count < call_limit && start + call_count / rate + timeout < time)
            calls[call_count++] = (Call){.due = start + call_count / rate};
        if (time >= end && answered + unsent == call_count) break;
        for (int i = 0; i < number; i++) {
            Connection *one = connections + i;
            if (!one->out_size) continue;
            ssize_t written = send(one->fd, one->out, one->out_size, MSG_NOSIGNAL);
            if (written <= 0) continue;
            memmove(one->out, one->out + written, one->out_size - written);
            one->out_size -= written;
            is_busy = 1;
        }
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, is_busy ? 0 : 1);
        for (int i = 0; i < ready; i++) {
            Connection *one = events[i].data.ptr;
            ssize_t got = recv(one->fd, one->in + one->in_size, IN - one->in_size, 0);
            if (got == 0) return fprintf(stderr, "the service has closed the connection\n"), 4;
            if (got < 0) continue;
            one->in_size += got;
            if (is_http) response(one); else replies(one);
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double processor = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    double *good = calloc(call_count + 1, sizeof(double)), *refused = calloc(call_count + 1, sizeof(double));
    long goods = 0, refusals = 0, late = 0, lost = 0;
    FILE *ledger = count > 9 && strcmp(arguments[9], "-") ? fopen(arguments[9], "w") : NULL;
    for (long i = 0; i < call_count; i++) {
        Call *call = calls + i;
        double taken = call->done - call->due;
        if (ledger) fprintf(ledger, "%ld %.6f %.6f %d\n", i + 1, call->due - start, call->done ? call->done - start : 0, call->status);
        if (!call->done) lost++;
        else if (taken > timeout) late++;
        else if (call->status < 400) good[goods++] = taken;
        else refused[refusals++] = taken;
    }
    if (ledger) fclose(ledger);
    qsort(good, goods, sizeof(double), by_value);
    qsort(refused, refusals, sizeof(double), by_value);
    printf("{\"due\": %ld, \"goodput\": %.0f, \"refused\": %ld, \"late\": %ld, \"unanswered\": %ld, \"unsent\": %ld, \"p50\": %.2f, \"p99\": %.2f, "
           "\"refused_p50\": %.2f, \"refused_p99\": %.2f, \"processor\": %.2f}\n",
           call_count, goods / seconds, refusals, late, lost - unsent, unsent, percentile(good, goods, .5), percentile(good, goods, .99),
           percentile(refused, refusals, .5), percentile(refused, refusals, .99), processor);
    return 0;
}
