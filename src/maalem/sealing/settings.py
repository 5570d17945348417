# SPDX-License-Identifier: Apache-2.0
"""How high a seal must be, and what a sealed job may do among its own processes."""

from dataclasses import dataclass

from maalem.errors import SettingsError

PROFILES = ("strict", "loopback")
MECHANISMS = ("bubblewrap", "namespaces", "landlock", "filter", "listener", "hook")
HIGHEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSettings:
    """How untrusted work is sealed: as high as the machine can, and at least so high.

    Attributes:
        require: Lowest level at which work begins, 0 to 5; below it, work is refused.
        profile: `strict` for one process, `loopback` where several processes of a job
            talk to each other on a network of their own.
        without: Mechanisms to do without where one does not work: `bubblewrap`,
            `namespaces`, `landlock`, `filter`, `listener` (which counts), `hook`.
    """

    require: int = 0
    profile: str = "strict"
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.require <= HIGHEST:
            raise SettingsError(f"require must be 0 to {HIGHEST}, got {self.require}")
        if self.profile not in PROFILES:
            raise SettingsError(
                f"profile must be {' or '.join(PROFILES)}, got {self.profile!r}"
            )
        unknown = sorted(set(self.without) - set(MECHANISMS))
        if unknown:
            raise SettingsError(
                f"there is no mechanism {unknown[0]!r} to do without",
                hint=f"mechanisms: {', '.join(MECHANISMS)}",
            )
