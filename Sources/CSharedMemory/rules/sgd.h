// Stochastic gradient descent.

RULE_0(
    sgd,
    FACTS(
        .rate = 0.1, .factorization_rate = 0.02, .falling_network_rate = 0.2,
        .formula = "θ ← θ − η·g",
        .source = "Robbins, Monro, A Stochastic Approximation Method, 1951"),
    CONSTANTS(),
    STEP(w -= rate * g;))
