# SPDX-License-Identifier: Apache-2.0
"""How long a job took, killed attempts included."""

import json
from dataclasses import dataclass
from pathlib import Path

from maalem.models.classify_folder import replace_file

NAME = "attempts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Time that all attempts together took, as far as they lived to write it down.

    Attributes:
        seconds: Wall time.
        cpu_seconds: CPU time of the process, all threads.
        attempts: How many there were.
    """

    seconds: float
    cpu_seconds: float
    attempts: int


class AttemptLog:
    """The file in which the running attempt notes its time every few seconds."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._before = _read(self._path)

    def note(self, seconds: float, cpu_seconds: float) -> Spent:
        """Write down what this attempt took so far, and give the sum of all."""
        attempts = [*self._before, (seconds, cpu_seconds)]
        replace_file(self._path, json.dumps(attempts).encode())
        return Spent(
            seconds=sum(wall for wall, _ in attempts),
            cpu_seconds=sum(cpu for _, cpu in attempts),
            attempts=len(attempts),
        )


def _read(path: Path) -> list[tuple[float, float]]:
    if not path.is_file():
        return []
    return [(float(wall), float(cpu)) for wall, cpu in json.loads(path.read_bytes())]
