#!/usr/bin/env python3
"""Compares the rates of two or more commands, run in turn on the same machine.

    pair.py [-n RUNS] [--only-calm LOAD] NAME=COMMAND NAME=COMMAND ...

Each command prints either `rate=NUMBER` somewhere, or a record of `lockstep run --json`, whose
throughput.samplesPerSecond then counts. The commands run one after the other, RUNS times, in an
order that turns round every time, so that a machine that slows down slows all of them. What is
printed is each one's median and range, and the ratio of the first to each of the others, repetition
by repetition. A single absolute figure says little: the same machine differs by a factor of two
within minutes.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time


def rate_of(output):
    """The rate that a command printed, or None."""
    start = output.find("{")
    if start >= 0:
        try:
            record = json.loads(output[start:])
            return float(record["throughput"]["samplesPerSecond"])
        except (ValueError, KeyError, TypeError):
            pass
    found = re.findall(r"\brate=([0-9.eE+]+)", output)
    return float(found[-1]) if found else None


def measure(name, command, limit):
    """Runs a command once; ends the program if it fails or prints no rate."""
    try:
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        sys.exit(f"{name}: not done after {limit} s")
    rate = rate_of(done.stdout)
    if done.returncode != 0 or not rate or rate <= 0:
        sys.exit(
            f"{name}: exit status {done.returncode}, no rate in its output:\n"
            f"{done.stdout[-500:]}{done.stderr[-500:]}")
    return rate


def wait_for_calm(load, limit=600):
    """Waits until the load average of the last minute is low, but not for ever."""
    deadline = time.monotonic() + limit
    while os.getloadavg()[0] > load and time.monotonic() < deadline:
        time.sleep(5)


def spread(values):
    return f"{statistics.median(values):>14,.4g}   {min(values):,.4g} to {max(values):,.4g}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--runs", type=int, default=5, help="how often each is run")
    parser.add_argument(
        "--only-calm", type=float, metavar="LOAD",
        help="before each repetition wait up to 10 minutes for a load average below this")
    parser.add_argument("--limit", type=float, default=600, help="seconds a command may take")
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()
    pairs = []
    for text in options.commands:
        name, separator, command = text.partition("=")
        if not separator or not re.fullmatch(r"[\w.:+-]+", name):
            parser.error(f"not NAME=COMMAND: {text}")
        pairs.append((name, command))
    if len({name for name, _ in pairs}) < max(2, len(pairs)):
        parser.error("give at least two commands with names of their own")
    if options.runs < 1:
        parser.error("--runs is at least 1")

    rates = {name: [] for name, _ in pairs}
    loads = []
    for repetition in range(options.runs):
        if options.only_calm is not None:
            wait_for_calm(options.only_calm)
        loads.append(os.getloadavg()[0])
        for name, command in pairs if repetition % 2 == 0 else reversed(pairs):
            rates[name].append(measure(name, command, options.limit))

    width = max(len(name) for name, _ in pairs)
    print(f"{'':{width}} {'median rate':>14}   range")
    for name, _ in pairs:
        print(f"{name:{width}} {spread(rates[name])}")
    first = pairs[0][0]
    for name, _ in pairs[1:]:
        ratios = [a / b for a, b in zip(rates[first], rates[name])]
        print(
            f"{first} / {name}: {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})")
    print(
        f"{options.runs} runs each, load average {min(loads):.1f} to {max(loads):.1f} before them")


if __name__ == "__main__":
    main()
