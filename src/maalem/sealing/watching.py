# SPDX-License-Identifier: Apache-2.0
"""The outer side of a seal: start the job behind the highest walls that are proved.

It tries the ways to seal from the best down, lets the inner side prove itself, and says
go once; then it refuses and counts what the kernel asks about until the job ends. What
it finds it writes to a descriptor that was opened before it and that no job is given.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from typing import TypedDict

from maalem.sealing import bubblewrap
from maalem.sealing.baits import Baits
from maalem.sealing.inside import FAILED, Order
from maalem.sealing.levels import NAMES, open_probes, proven_level
from maalem.sealing.sealed_child import Report, SealedChild

REFUSED = 77  # no seal as high as was required
_LEAST = {"bubblewrap": 2, "namespaces": 2, "bare": 2, "hook": 1, "none": 0}


class Errand(TypedDict):
    """What the watcher is asked to do.

    Attributes:
        order: The job, as it is told to the inner side.
        python: The interpreter, and what makes it run a module of this package.
        require: The lowest level that will do.
        check_only: Whether to prove a seal and run nothing in it.
        temporary: The folder for temporary files.
    """

    order: Order
    python: list[str]
    require: int
    check_only: bool
    temporary: str


def main() -> None:
    """Read the errand and the evidence's descriptor, and end as the job ends."""
    errand_from, evidence = (int(one) for one in sys.argv[1:])
    with os.fdopen(errand_from, encoding="utf-8") as stream:
        errand: Errand = json.load(stream)
    os.set_inheritable(evidence, False)  # noqa: FBT003  # it has no name
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    baits = Baits(errand["temporary"])
    errand["order"]["bait"] = baits.told()
    try:
        code = _Watch(errand, baits, evidence).run()
    finally:
        baits.close()
    if code < 0:  # ended by a signal: end by the same, so that who waits can tell
        with suppress(OSError):  # of a signal that nobody can catch
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


class _Watch:
    """One job, from the first try to seal it to its end."""

    def __init__(self, errand: Errand, baits: Baits, evidence: int) -> None:
        self._errand = errand
        self._baits = baits
        self._evidence = evidence
        self._tried: list[dict[str, str]] = []

    def run(self) -> int:
        """Seal, check, run and count; give the exit code, or minus a signal."""
        for mode in self._modes():
            child = SealedChild(
                {**self._errand["order"], "mode": mode}, self._errand["python"]
            )
            report = child.report()
            level = self._level(mode, report)
            if level < _LEAST[mode]:
                child.dismiss()
                self._tried.append({"mode": mode, "why": _why_not(report)})
                continue
            self._baits.settle()
            is_enough = level >= self._errand["require"]
            event = "checked" if is_enough else "refused"
            self._write({"event": event, **self._found(mode, report, level)})
            if is_enough and not self._errand["check_only"]:
                return self._see_through(child)
            child.dismiss()
            return 0 if is_enough else REFUSED
        self._write({"event": "failed", "tried": self._tried})
        return FAILED

    def _modes(self) -> list[str]:
        out = set(self._errand["order"]["without"])
        modes = ["hook", "none"]
        if sys.platform == "linux":
            spaces = ["bubblewrap", "namespaces"] if "namespaces" not in out else []
            if not bubblewrap.find():
                self._tried.append({"mode": "bubblewrap", "why": "bwrap is not there"})
                spaces = spaces[1:]
            modes = [*spaces, "bare", *modes]
        return [mode for mode in modes if mode not in out]

    def _level(self, mode: str, report: Report) -> int:
        if "failed" in report or mode == "none":
            return 0 if mode == "none" and "failed" not in report else -1
        profile = self._errand["order"]["profile"]
        return proven_level(report["layers"], report["probes"], profile=profile)

    def _see_through(self, child: SealedChild) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # The state that a job leaves on disk is always whole.
            signal.signal(number, lambda *_: child.kill())
        code = child.go()
        bites = self._baits.bites()
        notices = child.notices
        self._write(
            {
                "event": "ended",
                "status": code,
                "refused": None if notices is None else notices.total,
                "attempts": [] if notices is None else notices.attempts(),
                "bites": bites,
            }
        )
        return code

    def _found(self, mode: str, report: Report, level: int) -> dict[str, object]:
        order = self._errand["order"]
        return {
            "level": level,
            "name": NAMES[level],
            "profile": order["profile"],
            "mode": mode,
            "layers": report["layers"],
            "missing": report["missing"],
            "probes": report["probes"],
            "answers": report["answers"],
            "open": open_probes(report["probes"], level),
            "facts": {**report["facts"], **_machine()},
            "tried": self._tried,
            "readable": len(order["readable"]),
            "writable": len(order["writable"]),
            "environment": sorted(order["environment"]),
            "limits": order["limits"],
        }

    def _write(self, words: dict[str, object]) -> None:
        os.write(self._evidence, json.dumps(words, sort_keys=True).encode() + b"\n")
        os.fsync(self._evidence)


def _why_not(report: Report) -> str:
    if "failed" in report:
        return report["failed"]
    found = sorted(name for name, word in report["probes"].items() if word == "open")
    missing = [f"{name}: {why}" for name, why in report["missing"].items()]
    return "; ".join([*missing, f"open: {', '.join(found)}"])


def _machine() -> dict[str, str]:
    system = os.uname()
    return {
        "system": f"{system.sysname} {system.release} {system.machine}",
        "user": "root" if os.getuid() == 0 else "ordinary",
    }
