// The part of Glibc that Swift's module leaves out: giving memory back to the system.
#include <malloc.h>
