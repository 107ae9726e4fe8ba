#!/usr/bin/env python3
"""Opens a page of `lockstep report` in headless Chromium and fails on anything in its console.

    Documentation/check_report.py results/index.html

Exits with 0 if the page renders silently, 1 if not, 66 if there is no such page, and 69 if there is
no Chromium.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(pages):
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        print("check_report: no Chromium found; install it with: apt-get install chromium",
              file=sys.stderr)
        return 69
    status = 0
    for page in pages:
        path = pathlib.Path(page).resolve()
        if not path.is_file():
            print(f"check_report: {page}: no such page", file=sys.stderr)
            return 66
        with tempfile.TemporaryDirectory() as profile:
            # As root, and in most containers, Chromium has no sandbox to use.
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            result = subprocess.run(
                [browser, "--headless", *sandbox, "--disable-gpu", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0", "--dump-dom",
                 path.as_uri()],
                capture_output=True, text=True, timeout=120, check=False)
        said = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        for line in said:
            print(f"{page}: {line}", file=sys.stderr)
        # The script moves each drawing's title into a label: that is the proof that it ran.
        drawn = result.stdout.count("<svg viewBox")
        labelled = result.stdout.count("aria-label=")
        if result.returncode != 0 or said or "</html>" not in result.stdout:
            print(f"{page}: did not render silently", file=sys.stderr)
            status = 1
        elif drawn and not labelled:
            print(f"{page}: its script did not run", file=sys.stderr)
            status = 1
        else:
            print(f"{page}: {len(result.stdout)} characters rendered, nothing in the console")
    return status


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
