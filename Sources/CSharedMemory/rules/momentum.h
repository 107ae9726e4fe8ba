// The heavy ball.

RULE_1(
    momentum, v,
    FACTS(
        .argument = "M", .below = 1, .usual = NAN, .example = 0.9, .rate = 0.01,
        .factorization_rate = 0.02, .formula = "v ← M·v + g, θ ← θ − η·v",
        .source = "Polyak, Some Methods of Speeding Up the Convergence of Iteration Methods, 1964"),
    CONSTANTS(const T mu = argument;),
    STEP(v = mu * v + g; w -= rate * v;))
