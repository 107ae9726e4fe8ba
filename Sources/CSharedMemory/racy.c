#include "lockstep_rules.h"
#include "lockstep_shared.h"

#include <math.h>

// Equal bits on both paths and on every processor: a product and a sum are rounded separately.
#pragma clang fp contract(off)

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LOCKSTEP_THREAD_SANITIZER 1
#endif
#endif

#if defined(__x86_64__) && !defined(LOCKSTEP_THREAD_SANITIZER)
#define LOCKSTEP_VECTOR_PATH "avx2"
#define LOCKSTEP_VECTOR_TARGET __attribute__((target("avx2")))
#elif defined(__aarch64__) && !defined(LOCKSTEP_THREAD_SANITIZER)
#define LOCKSTEP_VECTOR_PATH "neon"
#define LOCKSTEP_VECTOR_TARGET
#endif

typedef float v8f __attribute__((vector_size(32)));
typedef double v4d __attribute__((vector_size(32)));
// The same without the claim that an address is a multiple of 32.
typedef float v8f_unaligned __attribute__((vector_size(32), aligned(4)));
typedef double v4d_unaligned __attribute__((vector_size(32), aligned(8)));

static inline float load_f32(const float *p) {
  float x;
  __atomic_load(p, &x, __ATOMIC_RELAXED);
  return x;
}
static inline void store_f32(float *p, float x) { __atomic_store(p, &x, __ATOMIC_RELAXED); }
static inline double load_f64(const double *p) {
  double x;
  __atomic_load(p, &x, __ATOMIC_RELAXED);
  return x;
}
static inline void store_f64(double *p, double x) { __atomic_store(p, &x, __ATOMIC_RELAXED); }

// Vectors of elements that are loaded and stored one relaxed atomic access at a time. Passed through
// memory, not returned: without AVX a 32-byte vector has no register to come back in.
static inline __attribute__((always_inline)) void load_v8f(const float *p, v8f *v) {
  for (int k = 0; k < 8; k++) (*v)[k] = load_f32(p + k);
}
static inline __attribute__((always_inline)) void store_v8f(float *p, const v8f *v) {
  for (int k = 0; k < 8; k++) store_f32(p + k, (*v)[k]);
}
static inline __attribute__((always_inline)) void load_v4d(const double *p, v4d *v) {
  for (int k = 0; k < 4; k++) (*v)[k] = load_f64(p + k);
}
static inline __attribute__((always_inline)) void store_v4d(double *p, const v4d *v) {
  for (int k = 0; k < 4; k++) store_f64(p + k, (*v)[k]);
}

double lockstep_whole_power(double base, ptrdiff_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

#define T float
#define V v8f
#define LANES 8
#define LOAD1(p) load_f32(p)
#define STORE1(p, x) store_f32(p, x)
#define PRIVATE(p) (*(const v8f_unaligned *)(p))

#define NAME(f) f##_relaxed_f32
#define TARGET
#define LOAD(p) ({ v8f loaded; load_v8f(p, &loaded); loaded; })
#define STORE(p, x) ({ v8f stored = (x); store_v8f(p, &stored); })
#include "racy_kernels.h"
#undef NAME
#undef TARGET
#undef LOAD
#undef STORE

#ifdef LOCKSTEP_VECTOR_PATH
#define NAME(f) f##_vector_f32
#define TARGET LOCKSTEP_VECTOR_TARGET
#define LOAD(p) ((v8f)(*(const volatile v8f_unaligned *)(p)))
#define STORE(p, x) (*(volatile v8f_unaligned *)(p) = (x))
#include "racy_kernels.h"
#undef NAME
#undef TARGET
#undef LOAD
#undef STORE
#endif

#undef T
#undef V
#undef LANES
#undef LOAD1
#undef STORE1
#undef PRIVATE

#define T double
#define V v4d
#define LANES 4
#define LOAD1(p) load_f64(p)
#define STORE1(p, x) store_f64(p, x)
#define PRIVATE(p) (*(const v4d_unaligned *)(p))

#define NAME(f) f##_relaxed_f64
#define TARGET
#define LOAD(p) ({ v4d loaded; load_v4d(p, &loaded); loaded; })
#define STORE(p, x) ({ v4d stored = (x); store_v4d(p, &stored); })
#include "racy_kernels.h"
#undef NAME
#undef TARGET
#undef LOAD
#undef STORE

#ifdef LOCKSTEP_VECTOR_PATH
#define NAME(f) f##_vector_f64
#define TARGET LOCKSTEP_VECTOR_TARGET
#define LOAD(p) ((v4d)(*(const volatile v4d_unaligned *)(p)))
#define STORE(p, x) (*(volatile v4d_unaligned *)(p) = (x))
#include "racy_kernels.h"
#undef NAME
#undef TARGET
#undef LOAD
#undef STORE
#endif

#undef T
#undef V
#undef LANES
#undef LOAD1
#undef STORE1
#undef PRIVATE

// Which path to take is settled before main and, but for the tests, never changes.
static int uses_vectors;

__attribute__((constructor)) static void choose_path(void) { lockstep_racy_force_relaxed(0); }

void lockstep_racy_force_relaxed(int relaxed) {
  int vectors = 0;
#ifdef LOCKSTEP_VECTOR_PATH
#if defined(__x86_64__)
  __builtin_cpu_init();
  vectors = __builtin_cpu_supports("avx2") != 0;
#else
  vectors = 1;
#endif
#endif
  __atomic_store_n(&uses_vectors, vectors && !relaxed, __ATOMIC_RELAXED);
}

const char *lockstep_racy_path(void) {
#ifdef LOCKSTEP_VECTOR_PATH
  if (__atomic_load_n(&uses_vectors, __ATOMIC_RELAXED)) return LOCKSTEP_VECTOR_PATH;
#endif
  return "relaxed";
}

#ifdef LOCKSTEP_VECTOR_PATH
#define DISPATCH(f, S, ...)                                                                       \
  return __builtin_expect(__atomic_load_n(&uses_vectors, __ATOMIC_RELAXED), 1)                    \
             ? f##_vector_##S(__VA_ARGS__)                                                        \
             : f##_relaxed_##S(__VA_ARGS__)
#else
#define DISPATCH(f, S, ...) return f##_relaxed_##S(__VA_ARGS__)
#endif

#define DEFINE(T, S)                                                                              \
  void lockstep_racy_read_##S(T *private_copy, const T *shared, ptrdiff_t count) {                \
    DISPATCH(read, S, private_copy, shared, count);                                               \
  }                                                                                               \
  void lockstep_racy_write_##S(T *shared, const T *private_copy, ptrdiff_t count) {               \
    DISPATCH(write, S, shared, private_copy, count);                                              \
  }                                                                                               \
  void lockstep_racy_sgd_##S(T *w, const T *g, T rate, ptrdiff_t count) {                         \
    DISPATCH(sgd, S, w, NULL, NULL, g, rate, 0, 1, count);                                        \
  }                                                                                               \
  T lockstep_racy_dot_##S(const T *a, const T *b, ptrdiff_t count) {                              \
    DISPATCH(dot, S, a, b, count);                                                                \
  }                                                                                               \
  T lockstep_racy_factor_step_##S(                                                                \
      T *p, T *q, ptrdiff_t rank, T rating, T rate, T l2_p, T l2_q) {                             \
    DISPATCH(factor_step, S, p, q, rank, rating, rate, l2_p, l2_q);                               \
  }                                                                                               \
  /* Scattered elements: four partial sums hide the latency, vectors would not help. */           \
  T lockstep_racy_sparse_dot_##S(                                                                 \
      const T *w, const int32_t *index, const T *value, ptrdiff_t count) {                        \
    T a = 0, b = 0, c = 0, d = 0;                                                                 \
    ptrdiff_t i = 0;                                                                              \
    for (; i + 4 <= count; i += 4) {                                                              \
      a += load_##S(w + index[i]) * value[i];                                                     \
      b += load_##S(w + index[i + 1]) * value[i + 1];                                             \
      c += load_##S(w + index[i + 2]) * value[i + 2];                                             \
      d += load_##S(w + index[i + 3]) * value[i + 3];                                             \
    }                                                                                             \
    for (; i < count; i++) a += load_##S(w + index[i]) * value[i];                                \
    return (a + c) + (b + d);                                                                     \
  }                                                                                               \
  void lockstep_racy_sparse_descend_##S(                                                          \
      T *w, const int32_t *index, const T *value, T scale, T rate, ptrdiff_t count) {             \
    for (ptrdiff_t i = 0; i < count; i++) {                                                       \
      T *p = w + index[i];                                                                        \
      store_##S(p, load_##S(p) - rate * (scale * value[i]));                                      \
    }                                                                                             \
  }

DEFINE(float, f32)
DEFINE(double, f64)

// The list of rules, with the kernels of each behind the choice of the path.
#define FACTS(...) __VA_ARGS__
#define CONSTANTS(...)
#define STEP(...)
#define APPLY(rule, T, S)                                                                         \
  static void apply_##rule##_##S(                                                                 \
      T *parameters, T *first, T *second, const T *gradient, T rate, double argument,             \
      ptrdiff_t step, ptrdiff_t count) {                                                          \
    DISPATCH(rule, S, parameters, first, second, gradient, rate, argument, step, count);          \
  }
#define RULE(rule, states, ...)                                                                   \
  APPLY(rule, float, f32)                                                                         \
  APPLY(rule, double, f64)                                                                        \
  static const lockstep_rule rule##_rule = {                                                      \
      .name = #rule, .state_vectors = states, .apply_f32 = apply_##rule##_f32,                    \
      .apply_f64 = apply_##rule##_f64, __VA_ARGS__};
#define RULE_0(rule, facts, constants, step) RULE(rule, 0, facts)
#define RULE_1(rule, a, facts, constants, step) RULE(rule, 1, facts)
#define RULE_2(rule, a, b, facts, constants, step) RULE(rule, 2, facts)
#include "rules/all.h"
#undef RULE_0
#undef RULE_1
#undef RULE_2

static const lockstep_rule *const all_rules[] = {
#define RULE_0(rule, ...) &rule##_rule,
#define RULE_1(rule, ...) &rule##_rule,
#define RULE_2(rule, ...) &rule##_rule,
#include "rules/all.h"
};

ptrdiff_t lockstep_rule_count(void) { return sizeof all_rules / sizeof *all_rules; }

const lockstep_rule *lockstep_rule_at(ptrdiff_t index) { return all_rules[index]; }
