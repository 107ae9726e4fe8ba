// The gradient rules: what each is called, what it takes, what it keeps, and its kernels.
//
// A rule is one file in rules/, and its line in rules/all.h.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// A rule that turns the gradient g into an update of the parameters w with the rate η.
typedef struct lockstep_rule {
  // How it is spelled on the command line.
  const char *name;
  // The name of the number that may follow the name and a ':'; NULL where none may.
  const char *argument;
  // That number is at least 0 and less than this.
  double below;
  // What it is where nothing is said; NAN where something must be said.
  double usual;
  // A number to show as an example.
  double example;

  // The learning rate where none is given; the same for factorisations, and for networks whose rate
  // falls to 0 along the run, where they differ.
  double rate;
  double factorization_rate;
  double falling_network_rate;

  // The number of vectors of state, 0 … 2, each as long as the parameters and at first 0.
  int state_vectors;
  // Whether the update depends on the parameters themselves, not on the gradient and the state alone.
  bool reads_parameters;

  // The update, its constants and where it is from, for the documents.
  const char *formula;
  const char *constants;
  const char *source;

  // Makes one update of `count` shared parameters, with their state, in place.
  //
  // `step` is the number of this update of these parameters, from 1.
  void (*apply_f32)(
      float *parameters, float *first, float *second, const float *gradient, float rate,
      double argument, ptrdiff_t step, ptrdiff_t count);
  void (*apply_f64)(
      double *parameters, double *first, double *second, const double *gradient, double rate,
      double argument, ptrdiff_t step, ptrdiff_t count);
} lockstep_rule;

// A number to a whole power from 0, by squaring: the same bits everywhere.
double lockstep_whole_power(double base, ptrdiff_t exponent);

// The number of rules.
ptrdiff_t lockstep_rule_count(void);

// A rule, by its place in the list.
const lockstep_rule *lockstep_rule_at(ptrdiff_t index);

#ifdef __cplusplus
}
#endif
