// RMSProp.

RULE_1(
    rmsprop, s,
    FACTS(
        .rate = 0.001, .formula = "s ← ρ·s + (1−ρ)·g², θ ← θ − η·g/(√s + ε)",
        .constants = "ρ = 0.99, ε = 1e-8",
        .source = "Tieleman, Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012"),
    CONSTANTS(const T rho = 0.99, rest = 1 - 0.99, epsilon = 1e-8;),
    STEP(s = rho * s + rest * g * g; w -= rate * g / (SQRT(s) + epsilon);))
