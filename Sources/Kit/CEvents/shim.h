// The parts of Glibc that Swift's module leaves out: waiting for descriptors and for time, and the names of threads.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

// Declared by the system for GNU sources only, which Swift's Glibc module is not compiled as.
struct sockaddr;
int accept4(int socket, struct sockaddr *address, unsigned int *size, int flags);

// prctl is variadic, which Swift cannot call. The kernel keeps the first 15 bytes.
static inline void nameThisThread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
