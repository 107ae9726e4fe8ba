#!/usr/bin/env python3
"""Runs the release build under conditions that unit tests can't make, for as many minutes as wanted.

    Tests/Soak/soak.py [--minutes 3] [--seed N] [--binary .build/release/lockstep]
                       [--only threads,kills,surroundings,fuzz] [--case N]

threads        3 to 64 workers under every policy, interrupted at random: nobody hangs, counts are exact.
kills          sweeps, studies, shares and merges killed at random and resumed: nothing lost or doubled,
               the same records as undisturbed.
surroundings   full disks, small limits, closed and full standard streams: an exit code of the contract,
               no signal, nothing half-written.
fuzz           the fuzz tests of every reader, where a build of the tests is there.

Each case is made from the seed and its number alone, so `--seed S --only CAMPAIGN --case N` repeats it
(threads and kills as far as the machine's own timing allows). Ends with 1 if anything failed. The
last lines are the figures.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONTRACT = {0, 1, 2, 64, 65, 66, 69, 73, 75, 130}
HANG_SECONDS = 30
ANSWER_SECONDS = 1.0
SIGNS_OF_A_CRASH = ("Fatal error", "NSCocoaErrorDomain", "crashed:", "Stack dump", "Backtrace",
                    "failed to allocate", "Segmentation fault", "Illegal instruction")


class Failure(Exception):
    """What a case found wrong, as a sentence."""


class Result:
    """What became of a command."""

    def __init__(self, code, output, errors, seconds, answer=None):
        self.code, self.output, self.errors = code, output, errors
        self.seconds, self.answer = seconds, answer


class Soak:
    def __init__(self, options):
        self.binary = options.binary
        self.seed = options.seed
        self.folder = tempfile.mkdtemp(prefix="lockstep-soak-")
        self.figures = {}
        self.failures = []
        self.deadline = None

    def count(self, name, number=1):
        self.figures[name] = self.figures.get(name, 0) + number

    def most(self, name, number):
        self.figures[name] = max(self.figures.get(name, 0), number)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, arguments, interrupt_after=None, kill_after=None, before=None, **streams):
        """Runs the command; one that outlives the limit is a hang, which is killed and told."""
        command = [self.binary] + arguments
        start = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, cwd=self.folder, preexec_fn=before,
            stdout=streams.get("stdout", subprocess.PIPE),
            stderr=streams.get("stderr", subprocess.PIPE), start_new_session=True)
        asked = None
        try:
            if kill_after is not None or interrupt_after is not None:
                wait = kill_after if kill_after is not None else interrupt_after
                try:
                    output, errors = process.communicate(timeout=wait)
                except subprocess.TimeoutExpired:
                    asked = time.monotonic()
                    process.send_signal(
                        signal.SIGKILL if kill_after is not None else signal.SIGINT)
                    output, errors = process.communicate(timeout=HANG_SECONDS)
            else:
                output, errors = process.communicate(timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            self.count("hangs")
            process.kill()
            process.communicate()
            raise Failure(f"hangs: no end within {HANG_SECONDS} s: {' '.join(command)}")
        end = time.monotonic()
        return Result(
            process.returncode, (output or b"").decode("utf-8", "replace"),
            (errors or b"").decode("utf-8", "replace"), end - start,
            None if asked is None else end - asked)

    # Threads.

    def threads(self, rng):
        workers = rng.choice([3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64])
        decomposition = rng.choice(["blocks", "samples"])
        policy = rng.choice(
            ["sequential", "barrier", "hogwild", "locked"]
            + [f"bounded:{bound}" for bound in (0, 1, 2, 4, 16, 100)])
        model, data = rng.choice([
            ("svm", "synthetic:task=classification,examples=500"),
            ("factorization:4", "synthetic:task=ratings,examples=5000"),
            ("logistic", "synthetic:task=classification,examples=500"),
            ("quadratic:dimension=64,condition=10", None),
            ("mlp:8", "digits"),
        ])
        batch = rng.choice([1, 1, 1, 8])
        # Those that wait for each other at every step are slow where workers share processors.
        most = 10_000 if policy in ("sequential", "barrier", "bounded:0", "bounded:1") else 100_000
        if model == "mlp:8":
            most = 2_000
        steps = max(1, min(rng.choice([10, 100, 1000, 30_000]), most // workers))
        updates = steps * workers
        arguments = [
            "run", "--model", model, "--decomposition", decomposition, "--policy", policy,
            "--workers", str(workers), "--updates", str(updates), "--learning-rate", "0.001",
            "--seed", str(rng.randrange(1000)), "--pin", rng.choice(["compact", "none", "scatter"]),
            "--json", "--quiet"]
        if data:
            arguments += ["--data", data, "--batch", str(batch)]
        # Some while the command starts, some while the workers work, and some not at all.
        interrupt = rng.choice([None, None, rng.uniform(0, 0.06), rng.expovariate(3)])
        result = self.run(arguments, interrupt_after=interrupt)
        command = "lockstep " + " ".join(arguments)
        self.count("runs on threads")
        if interrupt is not None and result.answer is not None:
            self.count("interrupted")
            self.most("slowest answer to SIGINT, ms", int(1000 * result.answer))
            if result.answer > ANSWER_SECONDS:
                # A machine that is busy for a second looks the same, but not three times in a row.
                again = [self.run(arguments, interrupt_after=interrupt).answer or 0 for _ in range(2)]
                self.count("late answers to SIGINT")
                if min(again) > ANSWER_SECONDS:
                    raise Failure(f"takes {result.answer:.1f} s to answer SIGINT: {command}")
        # A signal that comes before the command listens ends it as every command.
        allowed = {0} if result.answer is None else {0, 130, -signal.SIGINT}
        if result.code not in allowed:
            raise Failure(f"ends with {result.code}: {command}\n{result.errors[-600:]}")
        if not result.output.strip():
            if result.code == 0:
                raise Failure(f"prints no record: {command}")
            self.count("interrupted before the run began")
            return
        record = json.loads(result.output)
        wrong = self.wrong_counts(record, updates, workers, decomposition, policy, result.answer)
        if wrong:
            self.count("wrong counts")
            raise Failure(f"{wrong}: {command}")

    @staticmethod
    def wrong_counts(record, asked, workers, decomposition, policy, answer):
        """What is wrong with a record's counts, or None."""
        updates = record["updates"]
        status = record["status"]
        if status == "completed" and updates != asked:
            return f"{updates} updates where {asked} were asked for"
        if status not in ("completed", "diverged") and answer is None:
            return f"status {status} though nobody interrupted it"
        if updates > asked:
            return f"{updates} updates, more than {asked}"
        is_joint = policy == "barrier" and decomposition == "samples"
        iterations = updates * workers if is_joint else updates
        # The last joint step of an interrupted run may have been made by some of its workers only.
        slack = workers if is_joint and answer is not None else 0
        made = sum(worker["updates"] for worker in record["workers"])
        if not iterations <= made <= iterations + slack:
            return f"the workers made {made} updates, the run {updates}"
        staleness = record["staleness"]
        counted = sum(count for _, count in staleness["histogram"])
        each = (workers - 1) if decomposition == "blocks" else 1
        most = iterations * each
        if staleness["sampledEvery"] == 1 and not most <= counted <= most + slack:
            return f"the staleness histogram counts {counted}, not {most}"
        if counted > most + slack:
            return f"the staleness histogram counts {counted}, more than {most}"
        return None

    # Kills.

    PLAN = ["policy=barrier,bounded:1,hogwild", "workers=1..3", "seed=1..3", "--engine", "virtual",
            "--model", "least-squares", "--data", "synthetic:task=regression,examples=200",
            "--updates", "3000", "--record", "loss=100", "--quiet", "--progress", "none"]
    STUDY = """name: soak
title: A study to be killed
options: {engine: virtual, model: least-squares, data: "synthetic:task=regression,examples=200", updates: 3000}
parameters:
  policy: [barrier, hogwild]
  workers: [1, 2, 4]
  seed: {range: [1, 3]}
claims:
- id: stands-still
  statement: Every run makes the updates that were asked for
  source: the definition
  let: {made: updates}
  value: made / 3000
  summary: furthest-from-one
  expect: {between: [1, 1]}
"""

    @staticmethod
    def records(folder):
        """The records of a folder by id, without times and the machine, whose memory may change; fails on torn or
        doubled lines."""
        records = {}
        with open(os.path.join(folder, "results.jsonl"), "rb") as file:
            text = file.read()
        if text and not text.endswith(b"\n"):
            raise Failure(f"a torn line at the end of {folder}/results.jsonl")
        for number, line in enumerate(text.splitlines()):
            try:
                record = json.loads(line)
            except ValueError:
                raise Failure(f"line {number + 1} of {folder}/results.jsonl is torn") from None
            if record["id"] in records:
                raise Failure(f"doubled: {record['id']} in {folder}/results.jsonl")
            for name in ("wallSeconds", "cpuSeconds", "noiseSeconds", "throughput", "machine"):
                record.pop(name, None)
            records[record["id"]] = record
        return records

    def until_done(self, rng, arguments, folder, typical):
        """Carries a command out, killing it at random, until it ends by itself."""
        for attempt in range(200):
            # The longer it takes the more rarely it is killed, so that it comes to an end.
            last = attempt >= 12
            delay = None if last else rng.uniform(0, typical * (1 + attempt / 8))
            result = self.run(arguments, kill_after=delay)
            if result.code == -signal.SIGKILL:
                self.count("kills")
                continue
            if result.code != 0:
                raise Failure(
                    f"ends with {result.code} after {attempt} kills: lockstep "
                    f"{' '.join(arguments)}\n{result.errors[-600:]}")
            break
        left = [name for name in os.listdir(folder) if "partial" in name or name.endswith(".tmp")]
        if left:
            raise Failure(f"left behind in {folder} after kills: {', '.join(left)}")

    def compare(self, name, wanted, found):
        lost = sorted(set(wanted) - set(found))
        added = sorted(set(found) - set(wanted))
        self.count("records compared", len(wanted))
        if lost:
            self.count("lost", len(lost))
            raise Failure(f"{name}: lost {', '.join(lost[:3])}")
        if added:
            raise Failure(f"{name}: {', '.join(added[:3])} were never asked for")
        other = [key for key in wanted if wanted[key] != found[key]]
        if other:
            raise Failure(f"{name}: another record than undisturbed of {', '.join(other[:3])}")

    def reference(self, name, arguments):
        """The records of a command that nobody disturbs, and how long it takes."""
        folder = self.path(f"reference-{name}")
        if not os.path.exists(folder):
            result = self.run(arguments + ["--out", folder])
            if result.code != 0:
                shutil.rmtree(folder, ignore_errors=True)
                raise Failure(f"undisturbed it ends with {result.code}: lockstep "
                              f"{' '.join(arguments)}\n{result.errors[-600:]}")
            self.figures[f"seconds of an undisturbed {name}"] = round(result.seconds, 2)
        return self.records(folder), self.figures[f"seconds of an undisturbed {name}"]

    def kills(self, rng):
        kind = rng.choice(["sweep", "study", "shares"])
        folder = self.path(f"killed-{kind}-{rng.randrange(1 << 40):x}")
        os.mkdir(folder)
        jobs = ["--jobs", str(rng.choice([1, 2, 3]))]
        try:
            if kind == "study":
                file = self.path("soak.yaml")
                with open(file, "w", encoding="utf-8") as stream:
                    stream.write(self.STUDY)
                arguments = ["study", "run", file, "--quiet", "--progress", "none"]
                wanted, typical = self.reference("study", arguments)
                self.until_done(rng, arguments + jobs + ["--out", folder], folder, typical)
                self.compare("study", wanted, self.records(folder))
            else:
                wanted, typical = self.reference("sweep", ["sweep"] + self.PLAN)
                if kind == "sweep":
                    self.until_done(
                        rng, ["sweep"] + self.PLAN + jobs + ["--out", folder], folder, typical)
                    self.compare("sweep", wanted, self.records(folder))
                else:
                    shares = rng.choice([2, 3])
                    parts = [os.path.join(folder, f"share{i}") for i in range(shares)]
                    for i, part in enumerate(parts):
                        os.mkdir(part)
                        self.until_done(
                            rng, ["sweep"] + self.PLAN + jobs
                            + ["--shard", f"{i + 1}/{shares}", "--out", part], part,
                            typical / shares)
                    merged = os.path.join(folder, "merged")
                    os.mkdir(merged)
                    self.until_done(
                        rng, ["sweep", "merge"] + parts + ["--out", merged], merged, 0.2)
                    self.compare("merge", wanted, self.records(merged))
            self.count(f"{kind} killed and resumed")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # Surroundings.

    COMMANDS = [
        ("run", ["run", "--model", "logistic", "--data", "synthetic:task=classification,examples=300",
                 "--workers", "2", "--updates", "400", "--record", "loss=10",
                 "--save", "OUT/w.npy", "--trace", "OUT/t.jsonl", "--out", "OUT/run"]),
        ("virtual run", ["run", "--engine", "virtual", "--model", "least-squares", "--data",
                         "synthetic:task=regression,examples=300", "--workers", "3", "--policy",
                         "hogwild", "--updates", "300", "--json", "--save", "OUT/w.npy",
                         "--trace", "OUT/t.csv"]),
        ("noise", ["noise", "--engine", "virtual", "--model", "mlp:4", "--data",
                   "synthetic:task=classification,examples=200", "--updates", "20", "--every", "10",
                   "--seeds", "1", "--out", "OUT/noise"]),
        ("sweep", ["sweep", "workers=1,2", "seed=1..3", "--engine", "virtual", "--model",
                   "least-squares", "--data", "synthetic:task=regression,examples=200", "--updates",
                   "200", "--out", "OUT/sweep"]),
        ("report", ["report", "READY", "--out", "OUT/page.html"]),
        ("topology", ["topology", "--json", "--export-xml", "OUT/machine.xml"]),
        ("help", ["run", "--help"]),
        ("mistake", ["run", "--policy", "bounded:x"]),
        ("missing", ["run", "--data", "csv:/no/such/file"]),
    ]

    def condition(self, rng):
        """A name, what the child does before it begins, its streams, and its folder's disk in KiB."""
        import resource

        def close(*descriptors):
            return lambda: [os.close(d) for d in descriptors]

        def limit(kind, number):
            return lambda: resource.setrlimit(kind, (number, number))

        kind = rng.choice(["closed", "full stream", "files", "size", "memory", "processes", "disk",
                           "reader gone"])
        if kind == "closed":
            which = rng.choice([(1,), (2,), (1, 2), (0,), (0, 1, 2)])
            return f"with descriptors {which} closed", close(*which), {}, None
        if kind == "full stream":
            which = rng.choice(["stdout", "stderr", "both"])
            full = open("/dev/full", "wb")
            streams = {name: full for name in ("stdout", "stderr") if which in (name, "both")}
            return f"with {which} full", None, streams, None
        if kind == "files":
            number = rng.choice([3, 4, 5, 6, 7, 8, 10, 12, 16, 24])
            return f"with ulimit -n {number}", limit(resource.RLIMIT_NOFILE, number), {}, None
        if kind == "size":
            number = rng.choice([0, 1, 100, 1024, 8192])
            return f"with files of {number} bytes at most", limit(
                resource.RLIMIT_FSIZE, number), {}, None
        if kind == "memory":
            number = rng.choice([256, 512, 700, 1000, 2000, 4000]) << 20
            return f"with ulimit -v {number >> 10}", limit(resource.RLIMIT_AS, number), {}, None
        if kind == "processes":
            number = rng.choice([0, 1, 2, 4, 8])

            def few():
                # Root may have as many as it likes.
                if os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(65534)
                    resource.setrlimit(resource.RLIMIT_NPROC, (number, number))
                    os.setuid(65534)
                else:
                    resource.setrlimit(resource.RLIMIT_NPROC, (number, number))
            return f"with ulimit -u {number}", few, {}, None
        if kind == "reader gone":
            reader, writer = os.pipe()
            os.close(reader)
            stream = os.fdopen(writer, "wb")
            return "with nobody reading its output", None, {"stdout": stream}, None
        return "on a full disk", None, {}, rng.choice([4, 8, 16, 64, 256])

    def surroundings(self, rng):
        ready = self.path("ready")
        if not os.path.exists(ready):
            result = self.run(["sweep", "workers=1,2", "--engine", "virtual", "--model", "quadratic",
                               "--updates", "50", "--out", ready, "--quiet"])
            if result.code != 0:
                raise Failure(f"the sweep to report ends with {result.code}: {result.errors}")
        name, arguments = rng.choice(self.COMMANDS)
        condition, before, streams, disk = self.condition(rng)
        out = self.path(f"out-{rng.randrange(1 << 40):x}")
        os.mkdir(out)
        os.chmod(out, 0o777)
        os.chmod(self.folder, 0o755)
        mounted = False
        if disk is not None:
            mounted = os.getuid() == 0 and subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={disk}k,mode=777", "tmpfs", out],
                stderr=subprocess.DEVNULL, check=False).returncode == 0
            if not mounted:
                self.count("full disks left out (needs root)")
                os.rmdir(out)
                return
        arguments = [word.replace("OUT", out).replace("READY", ready) for word in arguments]
        try:
            try:
                result = self.run(arguments, before=before, **streams)
            except OSError:
                self.count("not even started by the system")
                return
            finally:
                for stream in set(streams.values()):
                    stream.close()
            if result.code == 127 and "loading shared libraries" in result.errors:
                self.count("not even started by the system")
                return
            self.count("runs in bad surroundings")
            what = f"{condition}: lockstep {' '.join(arguments)}"
            if result.code not in CONTRACT:
                self.count("ends out of contract")
                raise Failure(f"ends with {result.code}: {what}\n{result.errors[-400:]}")
            signs = [sign for sign in SIGNS_OF_A_CRASH if sign in result.errors]
            if signs:
                raise Failure(f"says '{signs[0]}': {what}\n{result.errors[-400:]}")
            told = "stderr" in streams or "closed" in condition
            if result.code not in (0,) and not result.errors.strip() and not told:
                raise Failure(f"ends with {result.code} and says nothing: {what}")
            if "stdout" in streams and result.code == 0 and name != "mistake" and "full" in condition:
                raise Failure(f"ends with 0 though its output could not be written: {what}")
            self.check_whole(out, what, result.code)
        finally:
            if mounted:
                subprocess.run(["umount", out], check=False)
            shutil.rmtree(out, ignore_errors=True)

    def check_whole(self, out, what, code):
        """Fails if a file is there in part, or something is left of writing one."""
        for folder, _, names in os.walk(out):
            for name in names:
                path = os.path.join(folder, name)
                if "partial" in name or name.endswith(".tmp"):
                    raise Failure(f"leaves {name}: {what}")
                with open(path, "rb") as file:
                    contents = file.read()
                whole = True
                if name.endswith(".npy"):
                    match = re.search(rb"'shape': \((\d+),\)", contents[:200])
                    size = re.search(rb"'descr': '<f(\d)'", contents[:200])
                    whole = bool(match and size) and len(contents) == 10 + int.from_bytes(
                        contents[8:10], "little") + int(match[1]) * int(size[1])
                elif name.endswith(".jsonl"):
                    try:
                        for line in contents.splitlines():
                            json.loads(line)
                    except ValueError:
                        whole = False
                elif name.endswith(".json"):
                    try:
                        json.loads(contents)
                    except ValueError:
                        whole = False
                elif name.endswith(".html"):
                    whole = contents.rstrip().endswith(b"</html>")
                elif name.endswith(".xml"):
                    whole = contents.rstrip().endswith(b"</topology>")
                elif name.endswith(".csv"):
                    rows = contents.splitlines()
                    whole = contents.endswith(b"\n") and bool(rows)
                if not whole:
                    self.count("half-written")
                    raise Failure(f"leaves {name} half-written (exit code {code}): {what}")

    # The rest.

    def fuzz(self, seconds):
        """Runs the fuzz tests of the readers from a build of the tests, if there is one."""
        bundle = os.path.join(ROOT, ".build", "debug", "lockstepPackageTests.xctest")
        targets = os.path.join(ROOT, "Tests", "LockstepFuzzTests")
        if not (os.path.exists(bundle) and os.path.isdir(targets)):
            print("fuzz: left out, there is no build of the fuzz tests (swift build --build-tests)")
            return
        environment = dict(
            os.environ, LOCKSTEP_FUZZ_SECONDS=str(int(seconds)), LOCKSTEP_FUZZ_SEED=str(self.seed))
        done = subprocess.run(
            [bundle, "--testing-library", "swift-testing", "--filter", "LockstepFuzzTests"],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
            timeout=20 * seconds + 600)
        self.figures["seconds of fuzzing"] = int(seconds)
        if done.returncode != 0:
            lines = [line for line in done.stdout.splitlines() if "LOCKSTEP_FUZZ" in line or "↳ target" in line]
            self.failures.append("fuzz: " + "\n  ".join(lines[-10:] or [done.stderr[-600:]]))
            print("FAILED " + self.failures[-1], flush=True)

    def case(self, campaign, number):
        rng = random.Random(f"{self.seed}/{campaign}/{number}")
        try:
            getattr(self, campaign)(rng)
        except Failure as failure:
            self.failures.append(
                f"{campaign}, case {number} (--seed {self.seed} --only {campaign} --case {number}): "
                f"{failure}")
            print("FAILED " + self.failures[-1], flush=True)

    def campaign(self, name, seconds):
        end = time.monotonic() + seconds
        number = 0
        while number == 0 or time.monotonic() < end:
            self.case(name, number)
            number += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build", "release", "lockstep"))
    parser.add_argument("--only", default="threads,kills,surroundings,fuzz")
    parser.add_argument("--case", type=int)
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    campaigns = [name for name in options.only.split(",") if name]
    shares = {"threads": 4, "kills": 3, "surroundings": 3, "fuzz": 1}
    unknown = [name for name in campaigns if name not in shares]
    if unknown or not campaigns:
        parser.error(f"--only takes {', '.join(shares)}")
    if not os.access(options.binary, os.X_OK):
        print(f"soak: {options.binary} is not there: make build", file=sys.stderr)
        return 66
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that: a signal that comes
    # before the command listens would be lost, and the run would look as if it did not answer.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"soak: seed {options.seed}, {options.minutes:g} minutes, {options.binary}", flush=True)
    soak = Soak(options)
    start = time.monotonic()
    try:
        for name in campaigns:
            seconds = 60 * options.minutes * shares[name] / sum(shares[c] for c in campaigns)
            if name == "fuzz":
                soak.fuzz(max(1, seconds))
            elif options.case is not None:
                soak.case(name, options.case)
            else:
                soak.campaign(name, seconds)
    finally:
        shutil.rmtree(soak.folder, ignore_errors=True)
    for name in ("hangs", "wrong counts", "lost", "half-written", "ends out of contract"):
        soak.figures.setdefault(name, 0)
    print(f"\nsoak: seed {options.seed}, {time.monotonic() - start:.0f} s")
    for name in sorted(soak.figures):
        print(f"  {name}: {soak.figures[name]}")
    print(f"  failures: {len(soak.failures)}")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
