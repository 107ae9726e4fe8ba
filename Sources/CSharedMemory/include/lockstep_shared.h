// The only C of Lockstep: loads and stores of parameters that race by design, the processor's pause
// hint, and the futex that a waiting worker parks on.
//
// Every function named racy reads and writes memory that other threads write at the same time. Each
// element of 32 or 64 bits is read or written whole; nothing more is promised about order. Swift and
// C call a plain access of that kind undefined, so it is made here, where it can be made well
// defined: as a relaxed atomic access to each element, or, where the processor has 256-bit vectors
// and the thread sanitizer isn't watching, as a volatile vector access, which x86-64 and arm64 carry
// out without tearing an aligned element.
//
// Both paths make the same additions, multiplications and divisions in the same order and never a
// fused one, so they give the same bits.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Names the path in use: "avx2", "neon" or "relaxed".
const char *lockstep_racy_path(void);

// Forces the relaxed path (1) or gives the choice back to the processor check (0). For tests.
void lockstep_racy_force_relaxed(int relaxed);

#define LOCKSTEP_DECLARE(T, S)                                                                    \
  /* private[i] = shared[i] */                                                                    \
  void lockstep_racy_read_##S(T *private_copy, const T *shared, ptrdiff_t count);                 \
  /* shared[i] = private[i] */                                                                    \
  void lockstep_racy_write_##S(T *shared, const T *private_copy, ptrdiff_t count);                \
  /* w -= rate*g, the step of the rule sgd */                                                     \
  void lockstep_racy_sgd_##S(T *w, const T *g, T rate, ptrdiff_t count);                          \
  /* sum of a[i]*b[i], both shared */                                                             \
  T lockstep_racy_dot_##S(const T *a, const T *b, ptrdiff_t count);                               \
  /* e = p.q - rating; p -= rate*(2*e*q + l2_p*p), q -= rate*(2*e*p + l2_q*q), old values on the  \
     right; returns e */                                                                          \
  T lockstep_racy_factor_step_##S(                                                                \
      T *p, T *q, ptrdiff_t rank, T rating, T rate, T l2_p, T l2_q);                              \
  /* sum of w[index[i]]*value[i] */                                                               \
  T lockstep_racy_sparse_dot_##S(                                                                 \
      const T *w, const int32_t *index, const T *value, ptrdiff_t count);                         \
  /* w[index[i]] -= rate*(scale*value[i]) */                                                      \
  void lockstep_racy_sparse_descend_##S(                                                          \
      T *w, const int32_t *index, const T *value, T scale, T rate, ptrdiff_t count);

LOCKSTEP_DECLARE(float, f32)
LOCKSTEP_DECLARE(double, f64)

// Hints to the processor that this is a spin loop.
static inline void lockstep_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb" ::: "memory");
#endif
}

// Hints to the processor that the cache line at `address` is about to be written.
static inline void lockstep_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

// Hints to the processor that the cache line at `address` is about to be read once.
static inline void lockstep_prefetch_read(const void *address) { __builtin_prefetch(address, 0, 0); }

// Sleeps while *word == expected, until woken. May also return for no reason.
void lockstep_futex_wait(const void *word, uint32_t expected);

// Wakes up to `count` threads that sleep on `word`.
void lockstep_futex_wake(const void *word, int count);

// Nanoseconds on the monotonic clock.
uint64_t lockstep_nanoseconds(void);

// The kernel's number of the calling thread, as /proc/self/task lists it.
int lockstep_thread_number(void);

// An argument of the program, 0 for its name; NULL beyond the last.
const char *lockstep_argument(int index);

// Lets all threads allocate from the same arena, where the address space is limited.
void lockstep_share_arenas(void);

#ifdef __cplusplus
}
#endif
