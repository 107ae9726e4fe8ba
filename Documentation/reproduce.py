#!/usr/bin/env python3
"""Repeat a barrier run of Lockstep outside Lockstep, and say how far the two are apart.

Under the policy `barrier` every view is exactly the parameters that all workers have agreed on, so a
run must follow plain minibatch gradient descent, however many workers share it. This script is that
descent in NumPy: it takes the same data, the same first parameters and the same minibatches, makes
the same number of rounds in double precision, and compares with what `--save` wrote.

Parameters, in the order of the .npy files: layer by layer, first the weights (outputs x inputs, row
by row), then the biases. Loss: mean softmax cross-entropy, plus l2/2 times the squared norm of all
parameters. Minibatches: one a line, example numbers from 0. In `blocks` every worker uses the line of
the round; in `samples` the line is one joint update that the workers share evenly. Either way one
line is one step of this descent.

Example, on made-up points, three workers, 200 rounds (600 updates: in `blocks` each of the three
workers makes one in every round):

    python3 Documentation/reproduce.py example /tmp/reproduce      # writes points.csv and b.txt
    cd /tmp/reproduce
    lockstep run --model mlp:16x8,activation=tanh --data csv:points.csv --precision double \\
      --updates 1 --save a.npy                                     # some parameters to start from
    lockstep run --model mlp:16x8,activation=tanh --data csv:points.csv --precision double \\
      --workers 3 --policy barrier --updates 600 --learning-rate 0.1 \\
      --batches b.txt --init a.npy --save c.npy
    python3 .../Documentation/reproduce.py check --model mlp:16x8,activation=tanh \\
      --data csv:points.csv --learning-rate 0.1 --rounds 200 \\
      --batches b.txt --init a.npy --saved c.npy

The same with `--decomposition samples --workers 4 --updates 200`: there one update is one round.
Images in IDX files work as well (`--data idx:DIR`, plain or gzip).

Exit code 0 if the relative difference is at most --tolerance (1e-9), otherwise 1.
"""

import argparse
import gzip
import os
import sys

import numpy as np


def read_csv(path):
    """Numbers separated by commas, the label last; a first line without numbers is a header."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    try:
        float(lines[0].split(",")[-1])
    except ValueError:
        lines = lines[1:]
    table = np.array([[float(field) for field in line.split(",")] for line in lines])
    # Lockstep numbers the classes in ascending order of their labels.
    _, labels = np.unique(table[:, -1], return_inverse=True)
    return table[:, :-1], labels


def read_idx(directory, stem, dimensions):
    """One of MNIST's files: big-endian sizes, then bytes."""
    for separator in "-.":
        for suffix in ("", ".gz"):
            path = f"{directory}/{stem}{separator}idx{dimensions}-ubyte{suffix}"
            if os.path.exists(path):
                with (gzip.open if suffix else open)(path, "rb") as file:
                    data = file.read()
                shape = np.frombuffer(data, ">u4", dimensions, 4).astype(int)
                return np.frombuffer(data, np.uint8, -1, 4 + 4 * dimensions).reshape(shape)
    sys.exit(f"{directory}: no {stem} file")


def read_data(specification):
    """The training examples `[count, features]` and their classes from 0."""
    kind, _, path = specification.partition(":")
    if kind == "csv":
        return read_csv(path)
    if kind == "idx":
        images = read_idx(path, "train-images", 3)
        _, labels = np.unique(read_idx(path, "train-labels", 1), return_inverse=True)
        return images.reshape(len(images), -1) / 255.0, labels
    sys.exit(f"--data {specification}: write csv:FILE or idx:DIR")


def read_model(specification):
    """Hidden widths, activation and l2 of `mlp:16x8,activation=tanh,l2=0.1`."""
    kind, _, rest = specification.partition(":")
    if kind != "mlp":
        sys.exit(f"--model {specification}: only mlp:H1xH2... can be repeated")
    widths, *options = rest.split(",")
    values = dict(option.split("=") for option in options)
    hidden = [] if widths == "0" else [int(width) for width in widths.split("x")]
    return hidden, values.get("activation", "relu"), float(values.get("l2", "0"))


class Network:
    """Views of one flat vector as weights and biases, and its gradient."""

    def __init__(self, widths, activation, l2):
        self.widths, self.activation, self.l2 = widths, activation, l2

    def layers(self, vector):
        start, layers = 0, []
        for inputs, outputs in zip(self.widths, self.widths[1:]):
            middle = start + inputs * outputs
            weights = vector[start:middle].reshape(outputs, inputs)
            layers.append((weights, vector[middle : middle + outputs]))
            start = middle + outputs
        if start != len(vector):
            sys.exit(f"the network has {start} parameters, the file {len(vector)}")
        return layers

    def gradient(self, vector, features, labels):
        layers = self.layers(vector)
        activations = [features]
        for index, (weights, biases) in enumerate(layers):
            outputs = activations[-1] @ weights.T + biases
            if index < len(layers) - 1:
                outputs = np.tanh(outputs) if self.activation == "tanh" else np.maximum(outputs, 0)
            activations.append(outputs)
        scores = activations[-1] - activations[-1].max(axis=1, keepdims=True)
        delta = np.exp(scores)
        delta /= delta.sum(axis=1, keepdims=True)
        delta[np.arange(len(labels)), labels] -= 1
        delta /= len(labels)
        gradient = np.empty_like(vector)
        parts = self.layers(gradient)
        for index in reversed(range(len(layers))):
            parts[index][0][:] = delta.T @ activations[index]
            parts[index][1][:] = delta.sum(axis=0)
            below = activations[index]
            slope = 1 - below**2 if self.activation == "tanh" else below > 0
            delta = (delta @ layers[index][0]) * slope
        return gradient + self.l2 * vector


def check(options):
    features, labels = read_data(options.data)
    hidden, activation, l2 = read_model(options.model)
    network = Network([features.shape[1], *hidden, labels.max() + 1], activation, l2)
    with open(options.batches, encoding="ascii") as file:
        batches = [[int(word) for word in line.replace(",", " ").split()] for line in file]
    if len(batches) < options.rounds:
        sys.exit(f"{options.batches}: {len(batches)} lines, but {options.rounds} rounds")
    first = np.load(options.init).astype(float)
    vector = first.copy()
    for batch in batches[: options.rounds]:
        vector -= options.learning_rate * network.gradient(vector, features[batch], labels[batch])
    saved = np.load(options.saved).astype(float)
    if saved.shape != vector.shape:
        sys.exit(f"{options.saved}: {saved.shape}, but the network has {vector.shape}")
    difference = np.linalg.norm(saved - vector) / np.linalg.norm(vector)
    largest = np.abs(saved - vector).max()
    moved = np.linalg.norm(vector - first) / np.linalg.norm(first)
    print(f"{options.rounds} rounds, {len(vector)} parameters, which moved by {moved:.3g}")
    print(f"relative difference {difference:.3e}, largest {largest:.3e}")
    if not difference <= options.tolerance:
        sys.exit(f"more than {options.tolerance:g}")


def example(options):
    """Writes a small classification problem and minibatches."""
    random = np.random.default_rng(1)
    os.makedirs(options.folder, exist_ok=True)
    classes, count, size = 10, 1500, 64
    labels = random.integers(classes, size=count)
    centres = random.normal(size=(classes, size))
    features = centres[labels] + random.normal(size=(count, size))
    with open(f"{options.folder}/points.csv", "w", encoding="ascii") as file:
        for row, label in zip(features, labels):
            file.write(",".join(repr(float(value)) for value in row) + f",{label}\n")
    with open(f"{options.folder}/b.txt", "w", encoding="ascii") as file:
        for _ in range(200):
            # A multiple of 3 and of 4, to be shared evenly.
            file.write(" ".join(map(str, random.integers(count, size=36))) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    checking = commands.add_parser("check", help="repeat a run and compare")
    checking.set_defaults(run=check)
    for name in ("model", "data", "batches", "init", "saved"):
        checking.add_argument(f"--{name}", required=True)
    checking.add_argument("--learning-rate", type=float, required=True)
    checking.add_argument("--rounds", type=int, required=True)
    checking.add_argument("--tolerance", type=float, default=1e-9)
    making = commands.add_parser("example", help="write data and minibatches to try it on")
    making.set_defaults(run=example)
    making.add_argument("folder")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
