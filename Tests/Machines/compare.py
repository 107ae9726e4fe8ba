#!/usr/bin/env python3
"""Compares Lockstep's machines and pins with hwloc's own tools on every machine of hwloc's test suite.

    Tests/Machines/compare.py HWLOC_SOURCES [--binary .build/release/lockstep] [--jobs N]
                              [--only PART_OF_A_NAME] [--keep FOLDER] [--verbose]

HWLOC_SOURCES is a checkout of https://github.com/open-mpi/hwloc; hwloc-calc, hwloc-distrib and lstopo
must be installed (Debian: hwloc). Files of Linux' /sys and dumps of cpuid are turned into XML by lstopo,
with the environment and the options of hwloc's own test scripts. Each machine is also taken whole, where
some of it is disallowed, and with a part of its processing units allowed.

What is right is computed here, from what hwloc-calc and lstopo print and from Documentation/Semantics.md:

counts         packages, NUMA nodes, cores, processing units, caches, memory.
numbers        core, package and nearest NUMA node of each processing unit.
pins           the processing units of every worker, for every kind of pin and several numbers of workers;
               for scatter by a search that knows nothing of Lockstep's.
properties     no two places overlap, nothing disallowed is used, `oversubscribed` where workers must share;
               under scatter no core has two workers while another has none, and packages come in turn.
hwloc-distrib  the same places for sockets and cores, as many workers in every part for scatter, on
               machines whose parts are alike.
refusals       places that don't exist, and files of other versions of hwloc, by name.

Every difference is printed with the command that shows it (--keep FOLDER keeps the machines). Files that
can't be compared are listed with the reason. The last line has the totals; ends with 1 if anything differs.
"""
import argparse
import concurrent.futures
import contextlib
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ("hwloc-calc", "hwloc-distrib", "lstopo-no-graphics")
LIMIT_SECONDS = 120
# Differences of one machine and its parts that are printed.
SHOWN = 6
MEMORY_TYPES = ("NUMANode", "MemCache")
DEVICE_TYPES = ("Bridge", "PCIDev", "OSDev", "Misc")
# How lstopo is to print; everything else among a test's options changes the machine.
PRINTING = ("-", "-v", "-p", "--of", "xml", "-.xml", "--whole-io")


class Incomparable(Exception):
    """Why a machine can't be compared, as a sentence."""


def call(command, environment=None, text=None):
    """Runs a command to its end, without the user's own hwloc variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HWLOC_")}
    clean.update(LC_ALL="C", LANG="C", HWLOC_HIDE_ERRORS="2", HWLOC_XML_EXPORT_SUPPORT="0")
    clean.update(environment or {})
    return subprocess.run(
        command, input=text, stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean, timeout=LIMIT_SECONDS,
        encoding="utf-8", errors="replace")


def hwloc(command, environment=None, text=None):
    """What one of hwloc's tools prints."""
    try:
        result = call(command, environment, text)
    except subprocess.TimeoutExpired:
        raise Incomparable(f"{command[0]} takes more than {LIMIT_SECONDS} s") from None
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no message"])[0]
        raise Incomparable(f"{command[0]} ends with {result.returncode}: {reason}")
    return result.stdout


def numbers(text):
    """The numbers in a list as hwloc-calc prints it: 0,2,1."""
    return [int(number) for number in text.strip().split(",") if number]


def bitmap(text):
    """The numbers in a bitmap as hwloc writes it: 0x00000001,0x00000003."""
    bits = 0
    for group in text.split(","):
        bits = (bits << 32) | int(group or "0", 16)
    return {number for number in range(bits.bit_length()) if bits >> number & 1}


def bitmap_text(held):
    """The bitmap of some numbers, as hwloc reads it."""
    bits = sum(1 << number for number in held)
    groups = []
    while bits or not groups:
        groups.insert(0, f"0x{bits & 0xffffffff:08x}")
        bits >>= 32
    return ",".join(groups)


def by_turns(lists):
    """The first of each list, then the second of each that has one, and so on."""
    lists = [list(some) for some in lists]
    longest = max(map(len, lists), default=0)
    return [some[turn] for turn in range(longest) for some in lists if turn < len(some)]


# The machine as hwloc has it.


class Part:
    """An object of the machine, with what it holds that the process may use."""

    def __init__(self, element):
        self.type = element.get("type")
        self.os = int(element.get("os_index", -1))
        held = [Part(child) for child in element.findall("object")
                if child.get("type") not in DEVICE_TYPES]
        self.memory = [part for part in held if part.type in MEMORY_TYPES]
        self.parts = [part for part in held if part.type not in MEMORY_TYPES]
        self.element = element

    def all(self):
        """Itself and all normal objects in it, in order."""
        return [self] + [part for child in self.parts for part in child.all()]

    def nodes(self):
        """The elements of all NUMA nodes in it."""
        own = [self.element] if self.type == "NUMANode" else []
        return own + [node for child in self.memory + self.parts for node in child.nodes()]

    def units(self):
        """The system's numbers of its processing units, in order."""
        return [part.os for part in self.all() if part.type == "PU"]


class Machine:
    """What hwloc's tools say of a machine."""

    def __init__(self, file):
        self.file = file
        text = hwloc(["lstopo-no-graphics", "-i", file, "--no-icaches", "--of", "xml", "-"])
        root = xml.etree.ElementTree.fromstring(text).find("object")
        self.tree = Part(root)
        self.allowed = bitmap(root.get("allowed_cpuset"))
        objects = self.tree.all()
        self.memory = sum(int(node.get("local_memory", 0)) for node in self.tree.nodes())
        # Numbers of objects that the process may use, and what is in each, by logical number.
        self.counts = {}
        self.members = {}
        for name in ("pu", "core", "package"):
            held = [part.units() for part in objects if part.type.lower() == name]
            answer = self.calc(["-N", name, "all"]).strip()
            if answer:
                self.counts[name] = int(answer)
                names = [f"{name}:{i}" for i in range(len(held))]
                self.members[name] = self.lines(names, ["-I", "pu"])
            else:
                # hwloc-calc knows no type that stands nowhere, or at several depths.
                self.counts[name] = sum(1 for units in held if units)
                self.members[name] = held
        self.counts["numa"] = int(self.calc(["--nodeset", "-N", "numa", "all"]))
        names = [f"numa:{i}" for i in range(len(self.tree.nodes()))]
        self.members["numa"] = self.lines(names, ["-I", "pu"])
        listed = hwloc(["lstopo-no-graphics", "-i", file, "--only", "NUMANode"])
        self.nodes = [int(number) for number in re.findall(r"L#\d+ \(P#(\d+)", listed)]
        self.units = [found[0] for found in self.members["pu"]]
        self.core = self.holders("core", [[unit] for unit in self.units])
        self.package = self.holders("package", [self.units])
        self.node = {}
        for unit in self.units:
            near = [(len(held), i) for i, held in enumerate(self.members["numa"]) if unit in held]
            self.node[unit] = self.nodes[min(near)[1]] if near else None

    def calc(self, arguments, text=None):
        return hwloc(["hwloc-calc", "-i", self.file, "-q", "--po"] + arguments, text=text)

    def lines(self, names, arguments):
        """What hwloc-calc says of each name."""
        if not names:
            return []
        output = self.calc(arguments, text="".join(name + "\n" for name in names))
        lines = [line for line in output.split("\n") if not line.startswith("Waiting")][:-1]
        if len(lines) != len(names):
            raise Incomparable(f"hwloc-calc says {len(lines)} lines of {len(names)} objects")
        return [numbers(line) for line in lines]

    def holders(self, name, otherwise):
        """By processing unit, the number of the object of a type that it lies in, or None."""
        members = self.members[name] if any(self.members[name]) else otherwise
        holder = {unit: None for unit in self.units}
        for number, units in enumerate(members):
            holder.update({unit: number for unit in units})
        return holder

    def places(self, pin):
        """The places of a pin in their order, by the definition in Documentation/Semantics.md."""
        if pin == "compact":
            return [[unit] for unit in self.units]
        if pin == "cores":
            return list(filter(None, self.members["core"])) or [[unit] for unit in self.units]
        if pin == "sockets":
            return list(filter(None, self.members["package"])) or [self.units]
        if pin == "numa":
            near = [[unit for unit in self.units if self.node[unit] == node]
                    for node in self.nodes]
            return list(filter(None, near)) or [self.units]
        return [[unit] for unit in Scatter(self.tree).order()]

    def shape(self):
        """The parts of each depth if all are alike and the process may use all, else None."""
        level, depths = [self.tree], []
        while level:
            if len({(part.type, len(part.parts), len(part.units())) for part in level}) > 1:
                return None
            depths.append([set(part.units()) for part in level])
            level = [child for part in level for child in part.parts]
        return depths


class Scatter:
    """The order of `scatter`, found worker by worker."""

    class Level:
        def __init__(self, inside=(), units=()):
            self.inside, self.units, self.workers = list(inside), list(units), 0

        def cores(self):
            return [core for part in self.inside for core in part.cores()] or [self]

        def candidates(self, fewest):
            return any(core.units[core.workers:] and core.workers == fewest
                       for core in self.cores())

    def __init__(self, tree):
        self.root = Scatter.Level(self.levels(tree))

    @staticmethod
    def levels(part):
        """What an object brings into the level around it."""
        if part.type in ("Core", "PU"):
            units = part.units()
            return [Scatter.Level(units=units)] if units else []
        inside = by_turns(Scatter.levels(child) for child in part.parts)
        below = [child for child in part.all() if child is not part]
        if any(child.type == "Package" for child in below):
            return inside  # Above packages there is only an order.
        if part.type == "Group" and any(level.inside for level in inside):
            has_nodes = bool(part.memory) and not any(child.memory for child in below)
            if not has_nodes:
                return inside
        return [Scatter.Level(inside)] if len(inside) > 1 else inside

    def order(self):
        order = []
        while True:
            free = [core.workers for core in self.root.cores() if core.units[core.workers:]]
            if not free:
                return order
            level, way = self.root, [self.root]
            while level.inside:
                able = [part for part in level.inside if part.candidates(min(free))]
                level = min(able, key=lambda part: part.workers)  # The first of equals.
                way.append(level)
            order.append(level.units[level.workers])
            for level in way:
                level.workers += 1


# The machines of the test suite.


class Source:
    """A machine before it is an XML file, which `write` makes of it."""

    def __init__(self, name, write, is_file=False):
        self.name, self.write, self.is_file = name, write, is_file


def sources(folder, scratch):
    """All machines of hwloc's test suite, and those of its manual."""
    def source(name, write, *arguments, **more):
        return Source(os.path.relpath(name, folder), lambda file: write(*arguments, file), **more)

    found = []
    for file in sorted(glob.glob(f"{folder}/**/*.xml", recursive=True)):
        with open(file, encoding="utf-8", errors="replace") as stream:
            if "<topology" in stream.read(4096):
                found.append(source(file, shutil.copy, file, is_file=True))
    for suite in ("linux", "x86", "x86+linux"):
        for case in cases(f"{folder}/tests/hwloc/{suite}"):
            found.append(source(case, write_dump, suite, case, scratch))
    for case in cases(f"{folder}/tests/hwloc/linux/allowed"):
        if os.path.exists(case + ".synthetic"):
            found.append(source(case, write_restricted, case, scratch))
    return found


def cases(folder):
    """The names of a folder's test cases; a dump that only others refer to is one, too."""
    names = {name[:-len(".output")] for name in glob.glob(f"{folder}/*.output")}
    return sorted(names | {name[:-len(".tar.bz2")] for name in glob.glob(f"{folder}/*.tar.bz2")})


@contextlib.contextmanager
def unpacked(archive, scratch):
    """The folder that an archive holds, for as long as it is needed."""
    with tempfile.TemporaryDirectory(dir=scratch) as target:
        subprocess.run(["tar", "-xjf", archive, "-C", target], check=True)
        yield os.path.join(target, sorted(os.listdir(target))[0])


def write_dump(suite, case, scratch, file):
    """Writes a test case of Linux' files or cpuid's answers, as the script beside it reads it."""
    archive = case + ".tar.bz2"
    if os.path.exists(case + ".source"):
        with open(case + ".source", encoding="utf-8") as stream:
            archive = os.path.join(os.path.dirname(case), stream.read().strip())
    with unpacked(archive, scratch) as dump:
        command = ["lstopo-no-graphics"]
        environment = {"HWLOC_THISSYSTEM": "0"}
        if suite == "linux":
            environment.update(HWLOC_COMPONENTS="linux,stop", HWLOC_FSROOT=dump,
                               HWLOC_DUMPED_HWDATA_DIR="/var/run/hwloc")
        elif suite == "x86":
            command += ["-i", dump, "--if", "cpuid"]
            environment.update(HWLOC_X86_TOPOEXT_NUMANODES="1")
        else:
            environment.update(HWLOC_COMPONENTS="x86,linux,stop", HWLOC_FSROOT=f"{dump}/fsroot",
                               HWLOC_CPUID_PATH=f"{dump}/cpuid")
        environment.update(variables(case + ".env"))
        hwloc(command + options(case + ".options") + ["-f", "--of", "xml", file], environment)


def write_restricted(case, scratch, file):
    """Writes a synthetic machine of which a dump says what is allowed."""
    with open(case + ".synthetic", encoding="utf-8") as stream:
        description = stream.read().strip()
    with unpacked(case + ".fsroot.tar.bz2", scratch) as dump:
        hwloc(["lstopo-no-graphics", "--if", "synthetic", "-i", description, "-f", "--of", "xml", file],
              {"HWLOC_THISSYSTEM": "1", "HWLOC_THISSYSTEM_ALLOWED_RESOURCES": "1",
               "HWLOC_FSROOT": dump})


def variables(file):
    """The assignments of a test's .env."""
    if not os.path.exists(file):
        return {}
    with open(file, encoding="utf-8") as stream:
        found = re.findall(r"^(\w+)=(.*)$", stream.read(), re.MULTILINE)
    return {name: "".join(shlex.split(value)) for name, value in found}


def options(file):
    """The options of a test that change its machine."""
    if not os.path.exists(file):
        return []
    with open(file, encoding="utf-8") as stream:
        return [word for word in shlex.split(stream.read()) if word not in PRINTING]


# The comparison.


class Comparison:
    """Compares one machine; `differences` are sentences."""

    def __init__(self, name, file, binary):
        self.name, self.file, self.binary = name, file, binary
        self.made = 0
        self.against_distrib = 0
        self.differences = []

    def lockstep(self, arguments):
        result = call([self.binary, "topology", "--xml", self.file, "--json"] + arguments)
        self.command = shlex.join(["lockstep", "topology", "--xml", self.file] + arguments)
        return result

    def same(self, what, right, found):
        self.made += 1
        if right != found:
            self.differences.append(
                f"{self.name}: {what}: {shown(found)}, not {shown(right)}\n    {self.command}")

    def holds(self, what, is_true):
        self.made += 1
        if not is_true:
            self.differences.append(f"{self.name}: {what}\n    {self.command}")

    def refusal(self, arguments, code, words):
        """Lockstep refuses with a sentence that has some words in it."""
        result = self.lockstep(arguments)
        lines = result.stderr.strip().splitlines()
        self.same("the exit code of a refusal", code, result.returncode)
        self.same("what a refusal writes to standard output", "", result.stdout)
        self.holds(f"a refusal that doesn't say '{words}': {lines}",
                   any(words in line for line in lines))

    def compare(self, machine, is_part=False):
        result = self.lockstep([])
        self.same("the exit code", 0, result.returncode)
        if result.returncode != 0:
            return
        document = json.loads(result.stdout)
        self.compare_counts(machine, document)
        self.compare_numbers(machine, document)
        self.compare_pins(machine, is_part)
        self.compare_lists(machine)

    def compare_counts(self, machine, document):
        found = document["machine"]
        counts = machine.counts
        units = document["processingUnits"]
        packages = {unit["package"] for unit in units} - {None}
        self.same("processing units", counts["pu"], found["processingUnits"])
        self.same("listed processing units", counts["pu"], len(units))
        # Where hwloc knows no cores each processing unit is one, and the machine is a package.
        self.same("cores", counts["core"] or counts["pu"], found["cores"])
        self.same("packages", counts["package"] or 1, len(packages))
        self.same("NUMA nodes", counts["numa"], found["numaNodes"])
        self.same("bytes of memory", machine.memory, found["memoryBytes"])
        right = sorted(
            (int(part.element.get("depth")), int(part.element.get("cache_size")), part.units())
            for part in machine.tree.all() if re.fullmatch(r"L\dCache", part.type))
        os_numbers = [unit["os"] for unit in units]
        self.same("caches", right, sorted(
            (cache["level"], cache["sizeBytes"],
             [os_numbers[logical] for logical in cache["processingUnits"]])
            for cache in document["caches"]))

    def compare_numbers(self, machine, document):
        units = document["processingUnits"]
        self.same("logical numbers", list(range(len(units))), [unit["logical"] for unit in units])
        self.same("the system's numbers", machine.units, [unit["os"] for unit in units])
        for name, right in (("core", machine.core), ("package", machine.package),
                            ("numaNode", machine.node)):
            self.same(f"each processing unit's {name}", [right[unit] for unit in machine.units],
                      [unit.get(name) for unit in units])

    def compare_pins(self, machine, is_part):
        units = len(machine.units)
        shape = machine.shape()
        for pin in ("none", "compact", "scatter", "cores", "sockets", "numa"):
            places = [] if pin == "none" else machine.places(pin)
            counts = {len(places) or units, 2 * units + 1}
            if not is_part:
                counts |= {3, len(places) + 1}
            if pin == "scatter":
                counts |= {len(machine.places("sockets")), len(machine.places("cores")) + 1}
            for workers in sorted(counts):
                placed = self.place(machine, pin, places, workers)
                if placed is None:
                    continue
                if pin == "scatter" and workers > units:
                    self.check_scatter(machine, placed)
                if shape:
                    self.compare_distrib(machine, shape, pin, places, placed)

    def compare_lists(self, machine):
        units = machine.units
        cores = machine.places("cores")
        core_numbers = [i for i, held in enumerate(machine.members["core"]) if held]
        core_numbers = core_numbers or list(range(len(units)))
        # The last, the first, the one in the middle and its neighbour: not in the machine's order.
        chosen = list(dict.fromkeys(
            [len(units) - 1, 0, len(units) // 2, max(0, len(units) // 2 - 1)]))
        chosen_cores = list(dict.fromkeys([len(cores) - 1, 0, len(cores) // 2]))
        places = [[units[i]] for i in chosen]
        lists = [
            ("pu:" + ",".join(map(str, chosen)), places),
            ("os:" + ",".join(str(units[i]) for i in chosen), places),
            ("core:" + ",".join(str(core_numbers[i]) for i in chosen_cores),
             [cores[i] for i in chosen_cores]),
            (f"pu:0-{len(units) - 1}", [[unit] for unit in units]),
            ("os:" + ",".join(map(str, units)), [[unit] for unit in units]),
            (self.mask(machine, ["all"]), [[unit] for unit in sorted(units)]),
            (self.mask(machine, ["--taskset"] + [f"pu:{i}" for i in chosen]), sorted(places)),
        ]
        for pin, places in lists:
            self.place(machine, pin, places, len(places) + 1)
        self.refusal(["--pin", f"pu:{len(units)}"], 64, f"PU {len(units)} is not available")
        missing = min(set(range(max(units) + 2)) - set(units))
        self.refusal(["--pin", f"os:{missing}"], 64, f"OS PU {missing} is not available")
        none = min(set(range(max(core_numbers) + 2)) - set(core_numbers))
        self.refusal(["--pin", f"core:{none}"], 64, f"core {none} is not available")

    @staticmethod
    def mask(machine, locations):
        return hwloc(["hwloc-calc", "-i", machine.file, "-q"] + locations).strip()

    def place(self, machine, pin, places, workers):
        """Places workers, compares with the right places, and gives the workers' units."""
        result = self.lockstep(["--workers", str(workers), "--pin", pin])
        self.same("the exit code", 0, result.returncode)
        if result.returncode != 0:
            return None
        document = json.loads(result.stdout)
        placement = document["placement"]
        found = [worker["os"] for worker in placement]
        right = [places[i % len(places)] if places else [] for i in range(workers)]
        self.same(f"--pin {pin}, {workers} workers", right, found)
        used = {unit for units in found for unit in units}
        self.holds(f"--pin {pin} uses what isn't allowed: {sorted(used - machine.allowed)}",
                   used <= machine.allowed)
        if not used <= set(machine.units):
            return None
        self.same("the workers' numbers", list(range(workers)),
                  [worker["worker"] for worker in placement])
        self.same("the logical numbers of places", found,
                  [[machine.units[i] for i in worker["logical"]] for worker in placement])
        self.same("the nodes of places", [self.node(machine, units) for units in found],
                  [worker.get("numaNode") for worker in placement])
        distinct = {frozenset(units) for units in found}
        self.same(f"--pin {pin}: processing units in more than one place", len(used),
                  sum(map(len, distinct)))
        crowded = any(found.count(list(units)) > (len(units) or len(machine.units))
                      for units in {tuple(units) for units in found})
        self.same(f"--pin {pin}, {workers} workers: oversubscribed", crowded,
                  document["oversubscribed"])
        return found

    @staticmethod
    def node(machine, units):
        nodes = {machine.node[unit] for unit in units} if units else set(machine.nodes)
        return nodes.pop() if len(nodes) == 1 else None

    def check_scatter(self, machine, placed):
        """No core has two workers while one has none, and packages come in turn."""
        cores = [set(core) for core in machine.places("cores")]
        cores += [{unit} for unit in machine.units if machine.core[unit] is None]
        packages = [set(package) for package in machine.places("sockets")]
        is_whole = set().union(*packages) == set(machine.units)
        used = []
        for unit, in placed[:len(machine.units)]:
            loads = [len(core.intersection(used)) for core in cores]
            open_cores = [core for core, load in zip(cores, loads) if load < len(core)]
            fewest = min(len(core.intersection(used)) for core in open_cores)
            mine = next(core for core in cores if unit in core)
            if len(mine.intersection(used)) != fewest:
                self.holds(f"scatter gives {unit} to a worker while cores have fewer", False)
                return
            candidates = [core for core in open_cores if len(core.intersection(used)) == fewest]
            of_packages = [
                (len(package.intersection(used)), unit in package) for package in packages
                if any(core <= package for core in candidates)]
            least = min((load for load, _ in of_packages), default=0)
            if is_whole and not any(load == least and taken for load, taken in of_packages):
                self.holds(f"scatter gives {unit} to a worker while packages have fewer", False)
                return
            used.append(unit)
        self.holds("scatter keeps its promises", True)

    def compare_distrib(self, machine, shape, pin, places, placed):
        """hwloc-distrib shares workers out as evenly, if not to the same of several equal parts."""
        workers = len(placed)
        if pin == "scatter":
            output = hwloc(["hwloc-distrib", "--single", "-i", machine.file, str(workers)])
            theirs = [bitmap(line) for line in output.split()]
            for depth in shape:
                self.same(
                    f"workers in each of {len(depth)} parts, beside hwloc-distrib {workers}",
                    sorted(sum(1 for units in theirs if units <= part) for part in depth),
                    sorted(sum(1 for units in placed if set(units) <= part) for part in depth))
                self.against_distrib += 1
        name = {"sockets": "package", "cores": "core"}.get(pin)
        if name and machine.counts[name] == workers == len(places):
            output = hwloc(["hwloc-distrib", "-i", machine.file, "--to", name, str(workers)])
            self.same(f"--pin {pin} beside hwloc-distrib --to {name}",
                      [bitmap(line) for line in output.split()], [set(units) for units in placed])
            self.against_distrib += 1


def shown(value):
    text = str(value)
    return text if len(text) <= 300 else text[:300] + "…"


class Outcome:
    """What came of one machine and its variants."""

    def __init__(self):
        self.machines = self.comparisons = self.against_distrib = 0
        self.differences, self.incomparable = [], []

    def add(self, comparison):
        self.comparisons += comparison.made
        self.against_distrib += comparison.against_distrib
        self.differences += comparison.differences


def variants(file):
    """The machine, the same with all of it allowed, if that is more, and with parts of it."""
    with_all = file[:-len(".xml")] + "+all.xml"
    allow = ["lstopo-no-graphics", "-f", "-i", file, "--disallowed", "--of", "xml", "--allow"]
    hwloc(allow + ["all", with_all])
    before, whole = Machine(file), Machine(with_all)
    found = [("", before)]
    if before.units != whole.units:
        found.append((", all of it allowed", whole))
    units = whole.units
    for name, kept in (
        ("two thirds of it allowed", [u for i, u in enumerate(units) if i % 3 != 1]),
        ("half of it allowed", units[:1] + units[(len(units) + 1) // 2:]),
    ):
        if 0 < len(kept) < len(units):
            part = file[:-len(".xml")] + f"+{name.split()[0]}.xml"
            hwloc(allow + [bitmap_text(kept), part])
            found.append((f", {name}", Machine(part)))
            if set(found[-1][1].units) != set(kept):
                raise Incomparable(f"lstopo --allow doesn't leave {name}")
    return found


def compare(source, number, scratch, binary):
    """Compares a machine and its variants."""
    outcome = Outcome()
    file = os.path.join(scratch, f"{number:03d}-{re.sub('[^-+.A-Za-z0-9]', '_', source.name)}.xml")
    try:
        source.write(file)
        if source.is_file:
            with open(file, encoding="utf-8", errors="replace") as stream:
                version = re.search(r'<topology[^>]*\sversion="([^"]*)"', stream.read())
            version = version.group(1) if version else "1"
            if not version.startswith("2."):
                refused = Comparison(source.name, file, binary)
                words = "format of hwloc 1" if version == "1" else f"format {version}"
                refused.refusal([], 65, words)
                outcome.add(refused)
                # Compared as lstopo converts it, the way out that the refusal names.
                converted = file[:-len(".xml")] + "+converted.xml"
                try:
                    hwloc(["lstopo-no-graphics", "-f", "-i", file, "--of", "xml", converted])
                except Incomparable as reason:
                    raise Incomparable(
                        f"a file of hwloc {version}, which Lockstep must name and this lstopo can't "
                        f"convert: {reason}") from None
                file = converted
                source.name += f" (of hwloc {version.split('.')[0]}, converted)"
        for name, machine in variants(file):
            comparison = Comparison(source.name + name, machine.file, binary)
            comparison.compare(machine, is_part=bool(name))
            outcome.machines += 1
            outcome.add(comparison)
    except Incomparable as reason:
        outcome.incomparable.append(f"{source.name}: {reason}")
    except subprocess.TimeoutExpired as error:
        outcome.differences.append(f"{source.name}: no end of {shlex.join(error.cmd)}")
    except subprocess.CalledProcessError as error:
        outcome.incomparable.append(f"{source.name}: {shlex.join(error.cmd)} failed")
    return outcome


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="More at the top of this file.")
    parser.add_argument("sources", metavar="HWLOC_SOURCES")
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build/release/lockstep"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", metavar="PART_OF_A_NAME",
                        help="machines with this in their name; may be given several times")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the machines' files there")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        sys.exit(f"{', '.join(missing)}: not installed; on Debian: apt-get install hwloc")
    if not os.access(arguments.binary, os.X_OK):
        sys.exit(f"{arguments.binary}: not there; build it with: "
                 "swift build -c release --product lockstep")
    if not os.path.isdir(os.path.join(arguments.sources, "tests/hwloc")):
        sys.exit(f"{arguments.sources}: no tests/hwloc in it; it should be a checkout of hwloc")
    scratch = arguments.keep or tempfile.mkdtemp(prefix="lockstep-machines-")
    os.makedirs(scratch, exist_ok=True)
    try:
        sys.exit(compare_all(arguments, scratch))
    finally:
        if not arguments.keep:
            shutil.rmtree(scratch, ignore_errors=True)


def compare_all(arguments, scratch):
    found = [source for source in sources(os.path.abspath(arguments.sources), scratch)
             if any(part in source.name for part in arguments.only or [""])]
    total = Outcome()
    binary = os.path.abspath(arguments.binary)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(compare, source, number, scratch, binary)
                for number, source in enumerate(found)]
        for source, job in zip(found, jobs):
            outcome = job.result()
            if arguments.verbose:
                print(f"{source.name}: {outcome.machines} machines, "
                      f"{outcome.comparisons} comparisons", flush=True)
            for difference in outcome.differences[:None if arguments.verbose else SHOWN]:
                print(f"differs: {difference}", flush=True)
            if len(outcome.differences) > SHOWN and not arguments.verbose:
                print(f"differs: {source.name}: {len(outcome.differences) - SHOWN} more; "
                      "--verbose shows them", flush=True)
            total.machines += outcome.machines
            total.comparisons += outcome.comparisons
            total.against_distrib += outcome.against_distrib
            total.differences += outcome.differences
            total.incomparable += outcome.incomparable
    for reason in total.incomparable:
        print(f"not compared: {reason}")
    print(f"{len(found)} files, {total.machines} machines, {total.comparisons} comparisons "
          f"({total.against_distrib} with hwloc-distrib), {len(total.differences)} differences, "
          f"{len(total.incomparable)} not compared")
    return 1 if total.differences or total.machines == 0 else 0


if __name__ == "__main__":
    main()
