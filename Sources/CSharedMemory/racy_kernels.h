// The racing kernels, written once over a vector type; included by racy.c for each path and scalar.
//
// Expects: T, V (a vector of LANES values of T), LANES, NAME(f), TARGET, LOAD(p), STORE(p, v),
// LOAD1(p), STORE1(p, x). LOAD and STORE touch LANES consecutive shared elements, LOAD1 and STORE1
// one. Private memory is read through PRIVATE(p), an unaligned plain vector load.

#define SPLAT(x) ((V){} + (x))
#define SCALAR_SQRT(x) __builtin_elementwise_sqrt(x)

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

TARGET static void NAME(sgd)(T *w, const T *g, T rate, ptrdiff_t count) {
  const V eta = SPLAT(rate);
  ptrdiff_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    V a = LOAD(w + i), b = LOAD(w + i + LANES);
    STORE(w + i, a - eta * PRIVATE(g + i));
    STORE(w + i + LANES, b - eta * PRIVATE(g + i + LANES));
  }
  for (; i < count; i++) STORE1(w + i, LOAD1(w + i) - rate * g[i]);
}

TARGET static void NAME(momentum)(T *w, T *v, const T *g, T rate, T mu, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    V velocity = SPLAT(mu) * LOAD(v + i) + PRIVATE(g + i);
    STORE(v + i, velocity);
    STORE(w + i, LOAD(w + i) - SPLAT(rate) * velocity);
  }
  for (; i < count; i++) {
    T velocity = mu * LOAD1(v + i) + g[i];
    STORE1(v + i, velocity);
    STORE1(w + i, LOAD1(w + i) - rate * velocity);
  }
}

TARGET static void NAME(nesterov)(T *w, T *v, const T *g, T rate, T mu, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    V gradient = PRIVATE(g + i);
    V velocity = SPLAT(mu) * LOAD(v + i) + gradient;
    STORE(v + i, velocity);
    STORE(w + i, LOAD(w + i) - SPLAT(rate) * (gradient + SPLAT(mu) * velocity));
  }
  for (; i < count; i++) {
    T velocity = mu * LOAD1(v + i) + g[i];
    STORE1(v + i, velocity);
    STORE1(w + i, LOAD1(w + i) - rate * (g[i] + mu * velocity));
  }
}

TARGET static void NAME(adagrad)(T *w, T *s, const T *g, T rate, T epsilon, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    V gradient = PRIVATE(g + i);
    V square = LOAD(s + i) + gradient * gradient;
    STORE(s + i, square);
    STORE(
        w + i,
        LOAD(w + i) - SPLAT(rate) * gradient / (__builtin_elementwise_sqrt(square) + SPLAT(epsilon)));
  }
  for (; i < count; i++) {
    T square = LOAD1(s + i) + g[i] * g[i];
    STORE1(s + i, square);
    STORE1(w + i, LOAD1(w + i) - rate * g[i] / (SCALAR_SQRT(square) + epsilon));
  }
}

TARGET static void NAME(rmsprop)(
    T *w, T *s, const T *g, T rate, T rho, T rest, T epsilon, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    V gradient = PRIVATE(g + i);
    V square = SPLAT(rho) * LOAD(s + i) + SPLAT(rest) * gradient * gradient;
    STORE(s + i, square);
    STORE(
        w + i,
        LOAD(w + i) - SPLAT(rate) * gradient / (__builtin_elementwise_sqrt(square) + SPLAT(epsilon)));
  }
  for (; i < count; i++) {
    T square = rho * LOAD1(s + i) + rest * g[i] * g[i];
    STORE1(s + i, square);
    STORE1(w + i, LOAD1(w + i) - rate * g[i] / (SCALAR_SQRT(square) + epsilon));
  }
}

TARGET static void NAME(adam)(
    T *w, T *m, T *s, const T *g, T rate, T beta1, T rest1, T beta2, T rest2, T epsilon,
    T correction1, T correction2, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    V gradient = PRIVATE(g + i);
    V mean = SPLAT(beta1) * LOAD(m + i) + SPLAT(rest1) * gradient;
    V square = SPLAT(beta2) * LOAD(s + i) + SPLAT(rest2) * gradient * gradient;
    STORE(m + i, mean);
    STORE(s + i, square);
    V root = __builtin_elementwise_sqrt(square / SPLAT(correction2));
    STORE(
        w + i,
        LOAD(w + i) - SPLAT(rate) * (mean / SPLAT(correction1)) / (root + SPLAT(epsilon)));
  }
  for (; i < count; i++) {
    T mean = beta1 * LOAD1(m + i) + rest1 * g[i];
    T square = beta2 * LOAD1(s + i) + rest2 * g[i] * g[i];
    STORE1(m + i, mean);
    STORE1(s + i, square);
    T root = SCALAR_SQRT(square / correction2);
    STORE1(w + i, LOAD1(w + i) - rate * (mean / correction1) / (root + epsilon));
  }
}

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
#undef SCALAR_SQRT
