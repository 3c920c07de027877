#include <sodium.h>

// What Swift's Glibc module leaves out: how heaps grow.
#ifdef __GLIBC__
#include <malloc.h>
#endif
