# SPDX-License-Identifier: Apache-2.0
"""How a kind of model is found by its name."""

from importlib.metadata import entry_points

from maalem.errors import MissingPartError, SettingsError, boundary
from maalem.models.protocol import ModelKind
from maalem.records import LabelScores

GROUP = "maalem.kinds"


def kind_named(name: str) -> ModelKind[LabelScores]:
    """Make the kind of model that is registered under a name.

    Args:
        name: Name with a version, such as `classify.v1`.

    Raises:
        SettingsError: No kind is registered under that name.
        MissingPartError: It is registered, and a package that it needs is not there.
    """
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in known:
        raise SettingsError(
            f"there is no kind of model {name!r}",
            hint=f"registered kinds: {', '.join(sorted(known)) or 'none'}",
            code="models.unknown-kind",
        )
    with boundary(MissingPartError, f"load the kind of model {name}"):
        made: ModelKind[LabelScores] = known[name].load()()
    return made
