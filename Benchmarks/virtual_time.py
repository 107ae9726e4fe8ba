#!/usr/bin/env python3
"""Compares the virtual-time engine with the same simulation in SimPy and in plain NumPy.

    virtual_time.py [--lockstep PATH] [-n RUNS]

Needs NumPy and SimPy (`pip install numpy simpy`). Asynchronous workers with exponential service times
descend on a one-dimensional quadratic, each at the value it read when it began. One event is one
update. What is timed is the simulation alone: no start of a process, no import. All programs are run
in turn, RUNS times, and the ratios are taken repetition by repetition, because a machine's speed
drifts. The mean staleness, which theory puts at P - 1, shows that all simulate the same thing.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import time

try:
    import numpy
    import simpy
except ImportError as error:
    raise SystemExit(f"virtual_time.py: {error}; install it with: pip install numpy simpy")

RATE = 0.01


def run_lockstep(program, workers, updates, replicas):
    command = [
        program, "run", "--engine", "virtual", "--model", "quadratic:eigenvalues=1,noise=1",
        "--decomposition", "samples", "--policy", "hogwild", "--workers", str(workers),
        "--service", "exponential:1", "--learning-rate", str(RATE), "--updates", str(updates),
        "--record", "loss=1000000000", "--quiet", "--json"]
    if replicas > 1:
        command += ["--replicas", str(replicas)]
    else:
        command += ["--host-threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    record = json.loads(done.stdout)
    return record["wallSeconds"], record["staleness"]["mean"]


def run_simpy(workers, updates, replicas):
    """Processes that wait for their own timeouts, as the SimPy manual writes them."""
    draw = random.Random(1)
    stale = 0

    def worker(environment, state):
        nonlocal stale
        while True:
            view, seen = state[0], state[1]
            yield environment.timeout(draw.expovariate(1))
            state[0] -= RATE * (view + draw.gauss(0, 1))
            stale += state[1] - seen
            state[1] += 1
            if state[1] == updates:
                state[2].succeed()

    begin = time.perf_counter()
    for _ in range(replicas):
        environment = simpy.Environment()
        state = [1.0, 0, environment.event()]
        for _ in range(workers):
            environment.process(worker(environment, state))
        environment.run(until=state[2])
    return time.perf_counter() - begin, stale / updates / replicas


def run_numpy(workers, updates, replicas):
    """All replicas at once: the next to finish is the smallest of each row."""
    draw = numpy.random.default_rng(1)
    begin = time.perf_counter()
    finish = draw.exponential(size=(replicas, workers))
    views = numpy.ones((replicas, workers))
    seen = numpy.zeros((replicas, workers), dtype=numpy.int64)
    x = numpy.ones(replicas)
    rows = numpy.arange(replicas)
    stale = 0
    for update in range(updates):
        who = finish.argmin(axis=1)
        stale += int((update - seen[rows, who]).sum())
        x -= RATE * (views[rows, who] + draw.standard_normal(replicas))
        views[rows, who] = x
        seen[rows, who] = update + 1
        finish[rows, who] += draw.exponential(size=replicas)
    return time.perf_counter() - begin, stale / updates / replicas


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    parser.add_argument(
        "--lockstep", default=os.path.join(beside, ".build/release/lockstep"), metavar="PATH")
    parser.add_argument("-n", "--runs", type=int, default=5, help="how often each is run")
    options = parser.parse_args()

    # Name, workers, then updates and replicas of each program: enough for half a second or so.
    cases = [
        ("64 workers", 64, (3_000_000, 1), (200_000, 1), (60_000, 1)),
        ("1,024 workers", 1_024, (3_000_000, 1), (200_000, 1), (60_000, 1)),
        ("65,536 workers", 65_536, (2_000_000, 1), (200_000, 1), (20_000, 1)),
        ("2,000 replicas x 3,000 updates x 8 workers", 8, (3_000, 2_000), (3_000, 60), (3_000, 2_000)),
    ]
    for name, workers, ours, simpys, numpys in cases:
        programs = {
            "lockstep": (lambda u, r: run_lockstep(options.lockstep, workers, u, r), ours),
            "simpy": (lambda u, r: run_simpy(workers, u, r), simpys),
            "numpy": (lambda u, r: run_numpy(workers, u, r), numpys),
        }
        rates = {program: [] for program in programs}
        means = {}
        for repetition in range(options.runs):
            order = list(programs) if repetition % 2 == 0 else list(reversed(programs))
            for program in order:
                run, (updates, replicas) = programs[program]
                seconds, means[program] = run(updates, replicas)
                rates[program].append(updates * replicas / seconds)
        print(name)
        for program, values in rates.items():
            ratios = [a / b for a, b in zip(rates["lockstep"], values)]
            ratio = "" if program == "lockstep" else (
                f"   lockstep/{program} {statistics.median(ratios):.1f}"
                f" ({min(ratios):.1f} to {max(ratios):.1f})")
            print(
                f"  {program:9} {statistics.median(values) / 1e6:8.3f} M events/s"
                f" ({min(values) / 1e6:.3f} to {max(values) / 1e6:.3f})"
                f"   mean staleness {means[program]:.4g}{ratio}")


if __name__ == "__main__":
    main()
