# SPDX-License-Identifier: Apache-2.0
"""How an engine is found by its name."""

from importlib.metadata import entry_points

from maalem.errors import MissingPartError, SettingsError, boundary
from maalem.sealing.settings import SealSettings
from maalem.training.protocol import Engine

GROUP = "maalem.engines"


def engine_named(name: str, *, seal: SealSettings | None = None) -> Engine:
    """Make the engine that is registered under a name.

    Args:
        name: Its name.
        seal: How high it seals its jobs; none for no seal.

    Raises:
        SettingsError: No engine is registered under that name.
        MissingPartError: It is registered, and a package that it needs is not there.
    """
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in known:
        raise SettingsError(
            f"there is no engine {name!r}",
            hint=f"registered engines: {', '.join(sorted(known)) or 'none'}",
            code="training.unknown-engine",
        )
    with boundary(MissingPartError, f"load the engine {name}"):
        made: Engine = known[name].load()(seal=seal)
    return made
