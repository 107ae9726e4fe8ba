// Adam. At the k-th update of the parameters their means are divided by 1 − βᵏ.

RULE_2(
    adam, m, s,
    FACTS(
        .rate = 0.001,
        .formula = "m ← β₁·m + (1−β₁)·g, s ← β₂·s + (1−β₂)·g², "
                   "θ ← θ − η·(m/(1−β₁ᵏ))/(√(s/(1−β₂ᵏ)) + ε)",
        .constants = "β₁ = 0.9, β₂ = 0.999, ε = 1e-8",
        .source = "Kingma, Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1"),
    CONSTANTS(
        const T beta1 = 0.9, rest1 = 1 - 0.9, beta2 = 0.999, rest2 = 1 - 0.999;
        const T correction1 = 1 - lockstep_whole_power(0.9, step);
        const T correction2 = 1 - lockstep_whole_power(0.999, step);
        const T epsilon = 1e-8;),
    STEP(
        m = beta1 * m + rest1 * g; s = beta2 * s + rest2 * g * g;
        w -= rate * (m / correction1) / (SQRT(s / correction2) + epsilon);))
