// Lion: every parameter moves by the rate, whatever the size of its gradient, besides the decay.

RULE_1(
    lion, m,
    FACTS(
        .argument = "DECAY", .below = INFINITY, .usual = 0, .example = 0.1, .rate = 0.0001,
        .reads_parameters = true,
        .formula = "θ ← θ − η·(sign(β₁·m + (1−β₁)·g) + DECAY·θ), m ← β₂·m + (1−β₂)·g",
        .constants = "β₁ = 0.9, β₂ = 0.99, sign(0) = 0",
        .source = "Chen et al., Symbolic Discovery of Optimization Algorithms, NeurIPS 2023, "
                  "algorithm 2"),
    CONSTANTS(
        const T beta1 = 0.9, rest1 = 1 - 0.9, beta2 = 0.99, rest2 = 1 - 0.99, decay = argument;),
    STEP(
        w -= rate * (SIGN(beta1 * m + rest1 * g) + decay * w);
        m = beta2 * m + rest2 * g;))
