#include <hwloc.h>

// glibc declares these two only with _GNU_SOURCE, which Swift's view of it lacks. The names here are
// aliases of the library's own functions; the masks are what the kernel takes: arrays of long words.
// `bytes` is the size of the mask, a multiple of the size of a word. Thread 0 is the calling one.
int lockstep_sched_getaffinity(int thread, size_t bytes, unsigned long *mask)
    __asm__("sched_getaffinity");
int lockstep_sched_setaffinity(int thread, size_t bytes, const unsigned long *mask)
    __asm__("sched_setaffinity");
