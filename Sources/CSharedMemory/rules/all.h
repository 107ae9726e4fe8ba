// Every gradient rule, in the order in which help and documents list them. A new one is a line here
// and its file, which says what it is in these words:
//
//   RULE_0(name, FACTS(…), CONSTANTS(…), STEP(…))          keeps no state
//   RULE_1(name, v, FACTS(…), CONSTANTS(…), STEP(…))       keeps one number v for each parameter
//   RULE_2(name, m, s, FACTS(…), CONSTANTS(…), STEP(…))    keeps two
//
// FACTS are fields of lockstep_rule (include/lockstep_rules.h). CONSTANTS declares numbers of type T,
// formed in double precision and rounded once, from `argument` and from `step`, the number of this
// update of the parameters. STEP is the update of one parameter `w`, and of its state, by `g`, the
// partial derivative, with the learning rate `rate`. It is written once and compiled for float and
// double, one by one and in vectors, relaxed and vectorised: it may use + − × ÷, SQRT and SIGN.
//
// This file is included once for each of those, with RULE_0 … RULE_2 defined for it.

#include "sgd.h"
#include "momentum.h"
#include "nesterov.h"
#include "adagrad.h"
#include "rmsprop.h"
#include "adam.h"
#include "adamw.h"
#include "lion.h"
