# SPDX-License-Identifier: Apache-2.0
"""Names that can be shown, typed and told apart.

Every message begins with the key, as in `labels.2.name`, numbers from 1: whoever knows
the file adds the line.
"""

import difflib
import unicodedata
from collections.abc import Sequence

from maalem.corpus import matching_key
from maalem.errors import SettingsError

LANGUAGES = ("ar", "ary-Latn", "fr", "en")
LENGTH = 200  # longer names do not fit a button, a file name or a table
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def refuse_name(key: str, name: str) -> None:
    """Refuse a name that cannot be shown on one line as it is.

    Raises:
        SettingsError: It is empty, too long, not in Unicode NFC, begins or ends with a
            space, or has control or invisible characters; code `task.name`.
    """
    if not matching_key(name) or name != name.strip() or len(name) > LENGTH:
        raise SettingsError(
            f"{key} must be 1 to {LENGTH} characters without spaces around, "
            f"got {name[: LENGTH + 1]!a}",
            code="task.name",
        )
    unseen = [c for c in name if unicodedata.category(c) in _UNSEEN]
    if unseen:
        raise SettingsError(
            f"{key} {name!a} has a character that cannot be seen",
            why=f"U+{ord(unseen[0]):04X}",
            hint="type the name again without it",
            code="task.name",
        )
    if not unicodedata.is_normalized("NFC", name):
        raise SettingsError(
            f"{key} {name!a} is not in Unicode form NFC",
            why="the same letters can be written in two ways, and one must hold",
            hint=f"write {unicodedata.normalize('NFC', name)}",
            code="task.name",
        )


def refuse_task_name(name: str) -> None:
    """Refuse a task name that could not be a file's.

    Raises:
        SettingsError: As `refuse_name`, or it has other signs than letters, digits,
            `-`, `_` and `.`, or begins with one of these.
    """
    refuse_name("name", name)
    if not all(c.isalnum() or c in "-_." for c in name) or not name[0].isalnum():
        raise SettingsError(
            f"name must have letters, digits, '-', '_' and '.' only, got {name!r}",
            hint="begin it with a letter or a digit",
            code="task.name",
        )


def refuse_other(key: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a value that is none of those allowed.

    Raises:
        SettingsError: It is not; the hint is the nearest one; code `task.value`.
    """
    if value not in allowed:
        near = difflib.get_close_matches(value, allowed, n=1)
        raise SettingsError(
            f"{key} must be one of {', '.join(allowed)}, got {value!r}",
            hint=f"did you mean {near[0]!r}?" if near else "",
            code="task.value",
        )


def refuse_alike(labels: Sequence[Sequence[str]]) -> None:
    """Refuse labels that nobody could tell apart, in any language.

    Args:
        labels: All names of each label.

    Raises:
        SettingsError: There are fewer than two labels, or names of two of them have the
            same matching key; code `task.labels`.
    """
    if len(labels) < 2:
        raise SettingsError(
            f"labels must be two or more, got {len(labels)}", code="task.labels"
        )
    seen: dict[str, tuple[int, str]] = {}
    for number, names in enumerate(labels, 1):
        for name in names:
            first, other = seen.setdefault(matching_key(name), (number, name))
            if first != number:
                raise SettingsError(
                    f"labels.{number}.name {name!r} cannot be told from {other!r}",
                    why=f"label {first} has that name",
                    hint="give one of them another name",
                    code="task.labels",
                )
