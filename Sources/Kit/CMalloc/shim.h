// What Swift's Glibc module leaves out: giving memory back to the system.
#include <malloc.h>
