#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

// prctl is variadic, which Swift cannot call. The kernel keeps the first 15 bytes.
static inline void nameThisThread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
