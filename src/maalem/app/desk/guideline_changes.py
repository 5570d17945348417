# SPDX-License-Identifier: Apache-2.0
"""What changed in a guideline since somebody last read it, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal, TypeAlias

from maalem.app.desk.dealing_reading import last_read
from maalem.errors import SettingsError
from maalem.records import Digest, TaskVersion
from maalem.store import Store
from maalem.tasks import TaskDefinition, parse_task
from maalem.tasks.lines import TomlFile
from maalem.tasks.settings import read_toml

Change: TypeAlias = Literal["same", "gone", "come"]

_Told: TypeAlias = tuple[str, str]  # of which label a line tells, and what

_ALIKE = 0.4  # of their words in common; lines below it are shown apart
_MARKS = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+)|\*\*|`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of a line that stand together.

    Attributes:
        text: The words.
        change: `same`, `gone` or `come`.
    """

    text: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that changed.

    Attributes:
        label: The label or criterion that it tells of; empty for the guideline's own.
        words: What it says, with what went and what came.
    """

    label: str
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What somebody has read of a guideline.

    Attributes:
        number: Number of the version in force; none where it was not written down.
        before: Number of the version that they read last; none where they read none.
        read_at: When they read that.
        changes: The lines that changed since; none where nobody can tell.
    """

    number: int | None
    before: int | None = None
    read_at: datetime | None = None
    changes: tuple[Line, ...] | None = None


def reading_of(
    store: Store, person: str, task: TaskDefinition, *, language: str
) -> Reading:
    """Tell which earlier version somebody read last, and what changed since.

    Args:
        store: The project's records.
        person: Pseudonym.
        task: The task as it stands.
        language: Of the guideline that they read.
    """
    now = _version(store, task.version)
    number = None if now is None else now.number
    last = last_read(store, person, task)
    old = None if last is None else _version(store, last.version)
    if last is None or old is None:
        return Reading(number=number)
    try:
        before = _definition(old)
    except SettingsError:  # it was written under other rules, and cannot be compared
        changes = None
    else:
        changes = changed_lines(before, task, language=language)
    return Reading(
        number=number,
        before=old.number,
        read_at=datetime.fromtimestamp(last.at, UTC),
        changes=changes,
    )


def changed_lines(
    before: TaskDefinition, after: TaskDefinition, *, language: str
) -> tuple[Line, ...]:
    """Give the lines of a guideline that changed, with what went and what came.

    Labels count with their descriptions and examples, since experts read them as part
    of it. What is said in another language counts as far as it is what they read.

    Args:
        before: The task as it was.
        after: The task as it is.
        language: Of who reads.
    """
    old, new = _lines(before, language), _lines(after, language)
    found = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        line
        for tag, begin, end, start, stop in found.get_opcodes()
        if tag != "equal"
        for pair in zip_longest(old[begin:end], new[start:stop], fillvalue=("", ""))
        for line in _changed(*pair)
    )


def _changed(old: _Told, new: _Told) -> Iterator[Line]:
    """Give what became of a line: one line, or two where they have little in common."""
    one, other = old[1].split(), new[1].split()
    found = SequenceMatcher(None, one, other)
    if old[0] != new[0] or found.ratio() < _ALIKE:
        gone, come = _pieces(one, "gone"), _pieces(other, "come")
        yield from (Line(label=old[0], words=(words,)) for words in gone)
        yield from (Line(label=new[0], words=(words,)) for words in come)
        return
    line: list[Words] = []
    for tag, begin, end, start, stop in found.get_opcodes():
        if tag == "equal":
            line += _pieces(one[begin:end], "same")
        else:
            line += _pieces(one[begin:end], "gone")
            line += _pieces(other[start:stop], "come")
    yield Line(label=new[0], words=tuple(line))


def _pieces(words: Sequence[str], change: Change) -> list[Words]:
    return [Words(text=" ".join(words), change=change)] if words else []


def _lines(task: TaskDefinition, language: str) -> list[_Told]:
    """Give what an expert reads, line by line, without the marks of its layout."""
    plain = [_MARKS.sub("", line) for line in task.guideline_in(language).splitlines()]
    lines = [("", " ".join(line.split())) for line in plain if line.strip()]
    for label in task.labels:
        name = label.name_in(language)
        told = [text for text in (label.description, *label.examples) if text]
        lines += [(name, text) for text in told] or [("", name)]
    for one in task.criteria:
        name = one.name_in(language)
        lines.append((name, one.description) if one.description else ("", name))
    return lines


def _version(store: Store, version: Digest) -> TaskVersion | None:
    return store.get(TaskVersion, version) if store.has(TaskVersion, version) else None


def _definition(version: TaskVersion) -> TaskDefinition:
    """Read a definition as it was written down; its file may leave out its name."""
    file = TomlFile(name=f"{version.task}.toml", text=version.toml)
    if "name" not in read_toml(file):
        text = f'name = "{version.task}"\n{version.toml}'
        file = TomlFile(name=file.name, text=text)
    return parse_task(file)
