#include <sodium.h>

// The part of Glibc that Swift's module leaves out: how heaps grow.
#ifdef __GLIBC__
#include <malloc.h>
#endif
