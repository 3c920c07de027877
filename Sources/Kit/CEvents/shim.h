// What Swift's Glibc module leaves out: waiting for descriptors and for time.
#include <sys/epoll.h>
#include <sys/timerfd.h>

// Declared by the system for GNU sources only, which Swift's Glibc module is not compiled as.
struct sockaddr;
int accept4(int socket, struct sockaddr *address, unsigned int *size, int flags);
