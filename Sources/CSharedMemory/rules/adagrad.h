// AdaGrad.

RULE_1(
    adagrad, s,
    FACTS(
        .rate = 0.01, .formula = "s ← s + g², θ ← θ − η·g/(√s + ε)", .constants = "ε = 1e-10",
        .source = "Duchi, Hazan, Singer, Adaptive Subgradient Methods for Online Learning and "
                  "Stochastic Optimization, JMLR 2011"),
    CONSTANTS(const T epsilon = 1e-10;),
    STEP(s = s + g * g; w -= rate * g / (SQRT(s) + epsilon);))
