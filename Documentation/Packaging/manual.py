#!/usr/bin/env python3
"""Makes a manual page of each command from its help.

    lockstep --experimental-dump-help | Documentation/Packaging/manual.py DIR

writes DIR/lockstep.1, DIR/lockstep-run.1 and so on. Words after DIR stand before the command's name. The exit codes come
from README.md.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def plain(text):
    """Text as roff takes it literally."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("`", "")
    return "\n".join(r"\&" + line if line[:1] in ".'" else line for line in text.split("\n"))


def option(argument):
    """How an argument is written: `--policy POLICY`."""
    value = argument["valueName"]
    if argument["kind"] == "positional":
        return rf"\fI{plain(value)}\fP"
    names = [("-" if n["kind"] == "short" else "--") + n["name"] for n in argument["names"]]
    text = ", ".join(rf"\fB{plain(name)}\fP" for name in names)
    return text + (rf" \fI{plain(value)}\fP" if argument["kind"] == "option" else "")


def page(command, parents):
    """The page of a command; `parents` are the words before its name."""
    words = parents + [command["commandName"]]
    name = "-".join(words)
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    children = [c["commandName"] for c in command.get("subcommands", []) if c["commandName"] != "help"]
    synopsis = rf"\fB{plain(' '.join(words))}\fP"
    if children:
        synopsis += r" \fIcommand\fP"
    if any(a["kind"] != "positional" for a in arguments):
        synopsis += r" [\fIoptions\fP]"
    for a in arguments:
        if a["kind"] == "positional":
            text = option(a) + (" ..." if a["isRepeating"] else "")
            synopsis += f" [{text}]" if a["isOptional"] else f" {text}"
    lines = [f'.TH "{name.upper()}" 1', ".nh", ".ad l", ".SH NAME", plain(f"{name} - {command['abstract'].rstrip('.')}")]
    lines += [".SH SYNOPSIS", synopsis]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION"] + plain(command["discussion"]).split("\n")
    section = None
    for a in arguments:
        title = a.get("sectionTitle") or "Options"
        if title != section:
            section = title
            lines.append(f'.SH "{plain(title.upper())}"')
        texts = [a.get("abstract"), a.get("discussion")]
        if a.get("defaultValue"):
            texts.append(f"(default: {a['defaultValue']})")
        lines += [".TP", option(a), plain(" ".join(t for t in texts if t))]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    lines.append('.SH "EXIT STATUS"')
    for code, meaning in rows:
        lines += [".TP", rf"\fB{code}\fP", plain(meaning)]
    related = [f"{name}-{child}" for child in children] or ["-".join(parents)]
    lines += [".SH SEE ALSO", ", ".join(rf"\fB{plain(other)}\fP(1)" for other in related)]
    return name, "\n".join(lines) + "\n"


def write(command, parents, folder):
    """Writes the page of a command and of those below it."""
    if command["commandName"] == "help":
        return
    name, text = page(command, parents)
    (folder / f"{name}.1").write_text(text, encoding="utf-8")
    for child in command.get("subcommands", []):
        write(child, parents + [command["commandName"]], folder)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    write(json.load(sys.stdin)["command"], sys.argv[2:], pathlib.Path(sys.argv[1]))
