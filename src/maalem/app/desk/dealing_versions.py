# SPDX-License-Identifier: Apache-2.0
"""Which version of a guideline came when, and which answers a later one asks again."""

from collections.abc import Iterable

from maalem.records import Digest, TaskVersion


class Versions:
    """The versions of one task.

    Attributes:
        current: The version in force.
    """

    def __init__(self, versions: Iterable[TaskVersion], *, current: Digest) -> None:
        self.current = current
        self._numbers: dict[Digest, int] = {}
        self._again: dict[str, int] = {}
        for version in versions:
            self._numbers[version.id] = version.number
            for label in version.ask_again:
                self._again[label] = max(version.number, self._again.get(label, 0))

    @property
    def highest(self) -> int:
        """The number of the last version; 0 where none was written down."""
        return max(self._numbers.values(), default=0)

    def is_known(self, version: Digest) -> bool:
        """Tell whether a version was written down."""
        return version in self._numbers

    def is_current(self, version: Digest | None) -> bool:
        """Tell whether a version is the one in force."""
        return version == self.current

    def is_stale(self, version: Digest | None, labels: Iterable[str]) -> bool:
        """Tell whether an answer is asked again: a later version says so of its label.

        Args:
            version: Version that the answer was given under; none where unknown, which
                is before all others.
            labels: What was answered.
        """
        if self.is_current(version):
            return False
        number = 0 if version is None else self._numbers.get(version, 0)
        return any(number < self._again.get(label, 0) for label in labels)
