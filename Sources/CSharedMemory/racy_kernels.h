// The racing kernels, written once over a vector type; included by racy.c for each path and scalar.
//
// Expects: T, V (a vector of LANES values of T), LANES, NAME(f), TARGET, LOAD(p), STORE(p, v),
// LOAD1(p), STORE1(p, x). LOAD and STORE touch LANES consecutive shared elements, LOAD1 and STORE1
// one. Private memory is read through PRIVATE(p), an unaligned plain vector load.

#define SPLAT(x) ((V){} + (x))

TARGET static void NAME(read)(T *private_copy, const T *shared, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES) {
    V a = LOAD(shared + i), b = LOAD(shared + i + LANES);
    V c = LOAD(shared + i + 2 * LANES), d = LOAD(shared + i + 3 * LANES);
    __builtin_memcpy(private_copy + i, &a, sizeof a);
    __builtin_memcpy(private_copy + i + LANES, &b, sizeof b);
    __builtin_memcpy(private_copy + i + 2 * LANES, &c, sizeof c);
    __builtin_memcpy(private_copy + i + 3 * LANES, &d, sizeof d);
  }
  for (; i + LANES <= count; i += LANES) {
    V a = LOAD(shared + i);
    __builtin_memcpy(private_copy + i, &a, sizeof a);
  }
  for (; i < count; i++) private_copy[i] = LOAD1(shared + i);
}

TARGET static void NAME(write)(T *shared, const T *private_copy, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) STORE(shared + i, PRIVATE(private_copy + i));
  for (; i < count; i++) STORE1(shared + i, private_copy[i]);
}

// The sign of a number, 0 where it is 0 or no number; a comparison of vectors is −1 where it holds.
TARGET static inline __attribute__((always_inline)) void NAME(sign_all)(const V *x, V *sign) {
  *sign = __builtin_convertvector((*x < 0) - (*x > 0), V);
}
TARGET static inline __attribute__((always_inline)) void NAME(sign_one)(const T *x, T *sign) {
  *sign = (*x > 0) - (*x < 0);
}
#define SIGN(number)                                                                              \
  ({                                                                                              \
    __typeof__((number)) signless = (number), sign;                                               \
    _Generic(sign, T: NAME(sign_one), default: NAME(sign_all))(&signless, &sign);                 \
    sign;                                                                                         \
  })
#define SQRT(x) __builtin_elementwise_sqrt(x)

// The kernel of each rule: first vector by vector, then what is left one by one.
#define FACTS(...)
#define CONSTANTS(...) __VA_ARGS__
#define STEP(...) __VA_ARGS__
#define KERNEL(rule)                                                                              \
  TARGET static void NAME(rule)(                                                                  \
      T *parameters, T *first, T *second, const T *gradient, T rate, double argument,             \
      ptrdiff_t step, ptrdiff_t count)
// Two vectors a turn cost half of the counting; fewer elements than a vector has aren't worth it.
#define FOR_VECTORS                                                                               \
  _Pragma("clang loop unroll_count(2)") for (; i + LANES <= count; i += LANES)
#define FOR_REST _Pragma("clang loop unroll(disable)") for (; i < count; i++)
#define EACH(read_vector, read_one, keep_vector, keep_one, ...)                                   \
  ptrdiff_t i = 0;                                                                                \
  FOR_VECTORS {                                                                                   \
    const V g = PRIVATE(gradient + i);                                                            \
    V w = LOAD(parameters + i);                                                                   \
    read_vector __VA_ARGS__ keep_vector STORE(parameters + i, w);                                 \
  }                                                                                               \
  FOR_REST {                                                                                      \
    const T g = gradient[i];                                                                      \
    T w = LOAD1(parameters + i);                                                                  \
    read_one __VA_ARGS__ keep_one STORE1(parameters + i, w);                                      \
  }
#define RULE_0(rule, facts, constants, step_of_one)                                               \
  KERNEL(rule) { constants EACH(, , , , step_of_one) }
#define RULE_1(rule, a, facts, constants, step_of_one)                                            \
  KERNEL(rule) {                                                                                  \
    constants EACH(                                                                               \
        V a = LOAD(first + i);, T a = LOAD1(first + i);, STORE(first + i, a);,                    \
        STORE1(first + i, a);, step_of_one)                                                       \
  }
#define RULE_2(rule, a, b, facts, constants, step_of_one)                                         \
  KERNEL(rule) {                                                                                  \
    constants EACH(                                                                               \
        V a = LOAD(first + i); V b = LOAD(second + i);,                                           \
        T a = LOAD1(first + i); T b = LOAD1(second + i);,                                         \
        STORE(first + i, a); STORE(second + i, b);,                                               \
        STORE1(first + i, a); STORE1(second + i, b);, step_of_one)                                \
  }
#include "rules/all.h"
#undef RULE_0
#undef RULE_1
#undef RULE_2
#undef EACH
#undef KERNEL
#undef FOR_VECTORS
#undef FOR_REST
#undef FACTS
#undef CONSTANTS
#undef STEP
#undef SIGN
#undef SQRT

// The lanes are added pairwise, the far half onto the near half, so that every path agrees.
TARGET static inline T NAME(reduce)(const V *v) {
  T lane[LANES];
  __builtin_memcpy(lane, v, sizeof lane);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int k = 0; k < half; k++) lane[k] += lane[k + half];
  return lane[0];
}

TARGET static T NAME(dot)(const T *a, const T *b, ptrdiff_t count) {
  V sum = {};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) sum += LOAD(a + i) * LOAD(b + i);
  T total = NAME(reduce)(&sum);
  for (; i < count; i++) total += LOAD1(a + i) * LOAD1(b + i);
  return total;
}

TARGET static T NAME(factor_step)(
    T *p, T *q, ptrdiff_t rank, T rating, T rate, T l2_p, T l2_q) {
  const T error = NAME(dot)(p, q, rank) - rating;
  const T step = 2 * error;
  ptrdiff_t i = 0;
  for (; i + LANES <= rank; i += LANES) {
    V user = LOAD(p + i), item = LOAD(q + i);
    STORE(p + i, user - SPLAT(rate) * (SPLAT(step) * item + SPLAT(l2_p) * user));
    STORE(q + i, item - SPLAT(rate) * (SPLAT(step) * user + SPLAT(l2_q) * item));
  }
  for (; i < rank; i++) {
    T user = LOAD1(p + i), item = LOAD1(q + i);
    STORE1(p + i, user - rate * (step * item + l2_p * user));
    STORE1(q + i, item - rate * (step * user + l2_q * item));
  }
  return error;
}

#undef SPLAT
