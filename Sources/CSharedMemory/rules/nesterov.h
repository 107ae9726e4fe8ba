// Nesterov's accelerated gradient, as it is usually coded.

RULE_1(
    nesterov, v,
    FACTS(
        .argument = "M", .below = 1, .usual = NAN, .example = 0.9, .rate = 0.01,
        .factorization_rate = 0.02, .formula = "v ← M·v + g, θ ← θ − η·(g + M·v)",
        .source = "Sutskever, Martens, Dahl, Hinton, On the Importance of Initialization and "
                  "Momentum in Deep Learning, ICML 2013"),
    CONSTANTS(const T mu = argument;),
    STEP(v = mu * v + g; w -= rate * (g + mu * v);))
