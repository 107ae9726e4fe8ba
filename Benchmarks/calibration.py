#!/usr/bin/env python3
"""Compares real threads with a simulation that was calibrated on them.

    calibration.py [--lockstep PATH] [--workers P] [-n RUNS] [MODEL ...]

For `bounded:2` and `hogwild`, `samples`: RUNS times, threads run and store how long iterations took,
then the virtual-time engine predicts their staleness and throughput from that. What is printed is the
median over the runs: the total variation distance between the two distributions of staleness (0 is
equal, 1 is disjoint), both means, both shares of torn copies, and predicted by measured throughput;
once with iterations drawn whole, and once with their reading, computing and applying drawn apart. With `--from 1` the times of a
single worker predict those of P workers: what is left out then is what workers cost each other.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile


def run(program, *options):
    command = [program, "run", "--quiet", "--json", "--decomposition", "samples", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def shares(record):
    histogram = dict(record["staleness"]["histogram"])
    total = sum(histogram.values())
    return {delay: count / total for delay, count in histogram.items()}


LAWS = {
    "whole": ["--service", "calibrated:{}"],
    "parts": ["--service", "calibrated:{}", "--read-time", "calibrated:{}",
              "--apply-time", "calibrated:{}"],
}


def torn(record):
    views = record["tornViews"]
    return (views["torn"] or 0) / views["reads"] if views["reads"] else 0.0


def compare(real, virtual):
    first, second = shares(real), shares(virtual)
    distance = sum(
        abs(first.get(delay, 0) - second.get(delay, 0)) for delay in {*first, *second}) / 2
    return (distance, real["staleness"]["mean"], virtual["staleness"]["mean"], torn(real),
            torn(virtual), virtual["throughput"]["updatesPerSecond"] * 1e6
            / real["throughput"]["updatesPerSecond"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    parser.add_argument(
        "--lockstep", default=os.path.join(beside, ".build/release/lockstep"), metavar="PATH")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--from", dest="source", type=int, help="calibrate on so many workers")
    parser.add_argument("-n", "--runs", type=int, default=5)
    parser.add_argument("models", nargs="*", default=["mlp:128", "mlp:16"])
    options = parser.parse_args()
    print("model        policy     drawn  distance  tau threads  tau virtual  torn threads  "
          "torn virtual  predicted/measured")
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "calibration.json")
        for model in options.models:
            for policy in ["bounded:2", "hogwild"]:
                rows = {"whole": [], "parts": []}
                for _ in range(options.runs):
                    common = ["--model", model, "--policy", policy, "--updates", "20000",
                              "--record", "loss=100000000"]
                    workers = ["--workers", str(options.workers)]
                    source = ["--workers", str(options.source or options.workers)]
                    run(options.lockstep, *common, *source, "--calibrate", file)
                    real = run(options.lockstep, *common, *workers)
                    for drawn, laws in LAWS.items():
                        virtual = run(options.lockstep, *common, *workers, "--engine", "virtual",
                                      "--precision", "single",
                                      *(word.format(file) for word in laws))
                        rows[drawn].append(compare(real, virtual))
                for drawn, compared in rows.items():
                    middle = [statistics.median(column) for column in zip(*compared)]
                    print(f"{model:12} {policy:10} {drawn:6} {middle[0]:8.3f} {middle[1]:12.3f} "
                          f"{middle[2]:12.3f} {middle[3]:13.5f} {middle[4]:13.5f} "
                          f"{middle[5]:19.3f}", flush=True)


if __name__ == "__main__":
    main()
