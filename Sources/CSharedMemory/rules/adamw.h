// Adam with decoupled weight decay: the parameters shrink by η·λ of themselves beside Adam's step,
// in which their size has no part.

RULE_2(
    adamw, m, s,
    FACTS(
        .argument = "DECAY", .below = INFINITY, .usual = 0.01, .example = 0.01, .rate = 0.001,
        .reads_parameters = true,
        .formula = "m, s as in adam, θ ← θ − η·((m/(1−β₁ᵏ))/(√(s/(1−β₂ᵏ)) + ε) + DECAY·θ)",
        .constants = "β₁ = 0.9, β₂ = 0.999, ε = 1e-8",
        .source = "Loshchilov, Hutter, Decoupled Weight Decay Regularization, ICLR 2019, "
                  "algorithm 2, with the rate before the decay"),
    CONSTANTS(
        const T beta1 = 0.9, rest1 = 1 - 0.9, beta2 = 0.999, rest2 = 1 - 0.999;
        const T correction1 = 1 - lockstep_whole_power(0.9, step);
        const T correction2 = 1 - lockstep_whole_power(0.999, step);
        const T epsilon = 1e-8, decay = argument;),
    STEP(
        m = beta1 * m + rest1 * g; s = beta2 * s + rest2 * g * g;
        w -= rate * ((m / correction1) / (SQRT(s / correction2) + epsilon) + decay * w);))
