# SPDX-License-Identifier: Apache-2.0
"""Small programs run sealed, as root and as an ordinary user, beside baits."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from maalem.sealing.baits import Baits
from maalem.sealing.evidence import seal_of

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
NOBODY = 65534
SYSTEM_PYTHON = "/usr/bin/python3"  # a user may not reach the test's own interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a sealed program.

    Attributes:
        code: Exit code; 128 and the signal that ended it.
        said: What it said.
        content: The lines of evidence.
        folder: Its folder.
    """

    code: int
    said: str
    content: bytes
    folder: Path

    @property
    def seal(self):
        return seal_of(self.content)

    @property
    def lines(self):
        return [json.loads(line) for line in self.content.splitlines()]

    @property
    def results(self):
        return json.loads((self.folder / "results.json").read_text())


def run_sealed(place, text, *, user="self", **settings):
    """Run a text sealed in a new folder, as oneself or as an ordinary user."""
    kill_after = settings.pop("kill_after", None)
    readable = settings.pop("readable", [])
    limits = settings.pop("limits", {})
    folder = place / f"job-{len(list(place.iterdir()))}"
    folder.mkdir()
    for built in (place / "phone", place / "ring"):
        if built.exists():
            shutil.copy(built, folder)
    order = {
        "text": text,
        "folder": str(folder),
        "settings": settings,
        "readable": [str(path) for path in readable],
        "limits": limits,
        "kill_after": kill_after,
    }
    evidence = place / f"{folder.name}.seal.jsonl"
    command = [sys.executable, str(HERE / "drive.py"), str(SOURCE)]
    if user == "nobody":
        command = [*as_nobody(), SYSTEM_PYTHON, *command[1:]]
        for path in (place, folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
    done = subprocess.run(
        [*command, json.dumps(order), str(evidence)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"MAALEM_TEST_SECRET": "seen", "PATH": "/usr/bin:/bin"},
    )
    content = evidence.read_bytes() if evidence.exists() else b""
    said = done.stdout + done.stderr
    return Ran(code=done.returncode, said=said, content=content, folder=folder)


def as_nobody():
    identity = ("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
    return ["setpriv", *identity, "--"]


def why_no_nobody():
    """Say why nothing can be run as an ordinary user too; empty if it can."""
    if os.getuid() != 0:
        return "not root: every test ran as an ordinary user already"
    if shutil.which("setpriv") is None or not Path(SYSTEM_PYTHON).exists():
        return "no setpriv, or no Python of the system"
    program = "import sys; assert sys.version_info >= (3, 11); open(sys.argv[1])"
    words = [*as_nobody(), SYSTEM_PYTHON, "-c", program, str(HERE / "drive.py")]
    done = subprocess.run(words, capture_output=True, check=False)
    return "" if done.returncode == 0 else "no source to see, or an old Python"


def attempts_text(baits: Baits):
    """Give the text that tries every way out."""
    told = {**baits.told(), "process": os.getpid()}
    text = (HERE / "attempts.py").read_text(encoding="utf-8")
    return f"exec({text!r}, {{'BAIT': {json.dumps(told)!r}, '__name__': 'sealed'}})"


def compile_probes(into: Path):
    """Compile what needs C, where there is a compiler; give what could be."""
    compiler = shutil.which("cc")
    if compiler is None:
        return []
    made = []
    for name in ("phone", "ring"):
        words = [compiler, "-O1", "-o", str(into / name), str(HERE / f"{name}.c")]
        done = subprocess.run(words, capture_output=True, check=False)
        made += [name] if done.returncode == 0 else []
    return made
