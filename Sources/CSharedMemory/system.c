#define _GNU_SOURCE
#include "lockstep_shared.h"

#include <linux/futex.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void lockstep_futex_wait(const void *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void lockstep_futex_wake(const void *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

uint64_t lockstep_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int lockstep_thread_number(void) { return (int)syscall(SYS_gettid); }

static int argument_count;
static char **argument_values;

// The C library hands the arguments of the program to whatever runs before `main`, also without /proc.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  argument_values = values;
}

const char *lockstep_argument(int index) {
  return index >= 0 && index < argument_count ? argument_values[index] : NULL;
}

void lockstep_share_arenas(void) {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 1);
#endif
}
