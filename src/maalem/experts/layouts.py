# SPDX-License-Identifier: Apache-2.0
"""The layouts that are known, and which of them a file has."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from maalem.corpus import Refusal
from maalem.errors import DataError, SettingsError
from maalem.experts import (
    argilla,
    argilla_parts,
    doccano,
    label_studio,
    plain,
    prodigy,
)
from maalem.experts.cells import csv_rows
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import Asked
from maalem.experts.label_studio_config import label_studio_config
from maalem.experts.rows import Row, array_rows, first_byte, json_rows
from maalem.records import Json
from maalem.tasks import TaskDefinition
from maalem.tasks.definition import ANSWERS

Found: TypeAlias = Iterator[Imported | Refusal]
_FEW = 20  # rows that are looked at for one that can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one tool writes annotations down.

    Attributes:
        form: `csv`, `lines` or `array`: what a written file is made of.
        rows: Reads a file as rows.
        answers: Reads the answers in one row.
        written: Gives the rows of some items with their answers.
        kinds: Kinds of answer that it has a form for.
        asked: Gives the part of a row that says what is asked.
        config: Writes what the tool needs to ask a task's question; none if nothing.
        suffix: End of the name of the file with that.
    """

    form: str
    rows: Callable[[Given], Iterator[Row | Refusal]]
    answers: Callable[[Given, str, Mapping[str, object]], Found]
    written: Callable[[TaskDefinition, Sequence[Asked]], Iterator[dict[str, Json]]]
    kinds: tuple[str, ...] = tuple(ANSWERS)
    asked: Callable[[Mapping[str, object]], Mapping[str, object]] = dict
    config: Callable[[TaskDefinition], str] | None = None
    suffix: str = ""


def _either_rows(given: Given) -> Iterator[Row | Refusal]:
    return array_rows(given) if first_byte(given) == "[" else json_rows(given)


_KNOWN: Mapping[str, Layout] = MappingProxyType(
    {
        "csv": Layout(
            form="csv",
            rows=csv_rows,
            answers=plain.csv_answers,
            written=plain.csv_written,
            kinds=plain.CSV_KINDS,
        ),
        "jsonl": Layout(
            form="lines",
            rows=json_rows,
            answers=plain.line_answers,
            written=plain.line_written,
        ),
        "label-studio": Layout(
            form="array",
            rows=array_rows,
            answers=label_studio.answers,
            written=label_studio.written,
            asked=label_studio.asked_of,
            config=label_studio_config,
            suffix=".config.xml",
        ),
        "argilla": Layout(
            form="lines",
            rows=_either_rows,
            answers=argilla.answers,
            written=argilla.written,
            asked=argilla.asked_of,
            config=argilla_parts.config,
            suffix=".settings.json",
        ),
        "prodigy": Layout(
            form="lines",
            rows=json_rows,
            answers=prodigy.answers,
            written=prodigy.written,
            kinds=prodigy.KINDS,
            config=prodigy.config,
            suffix=".view.json",
        ),
        "doccano": Layout(
            form="lines",
            rows=json_rows,
            answers=doccano.answers,
            written=doccano.written,
            kinds=doccano.KINDS,
            config=doccano.config,
            suffix=".labels.json",
        ),
    }
)
LAYOUTS: tuple[str, ...] = tuple(_KNOWN)
"""The names of all layouts."""


def refuse_formless(name: str, kind: str) -> None:
    """Refuse a kind of answer that a layout has no form for.

    Raises:
        DataError: It has none; code `experts.no-form`, and the hint says which have.
        SettingsError: There is no such layout.
    """
    if kind in layout_named(name).kinds:
        return
    others = [other for other, one in _KNOWN.items() if kind in one.kinds]
    raise DataError(
        f"{name} has no form for an answer of the kind `{kind}`",
        hint=f"say --format {' or '.join(others)}",
        code="experts.no-form",
    )


def layout_named(name: str) -> Layout:
    """Give a layout by its name.

    Raises:
        SettingsError: There is none; the hint is the nearest name.
    """
    if name in _KNOWN:
        return _KNOWN[name]
    near = difflib.get_close_matches(name, LAYOUTS, n=1)
    raise SettingsError(
        f"there is no layout {name!r}",
        why=f"layouts: {', '.join(LAYOUTS)}",
        hint=f"did you mean {near[0]!r}?" if near else "",
        code="experts.layout",
    )


def detect_layout(given: Given) -> str:
    """Tell the layout of a file by its name and its first readable row.

    Raises:
        DataError: None of the layouts is the only one that fits.
    """
    if given.path.suffix.lower() in (".csv", ".tsv"):
        return "csv"
    names = [*_names(given)]
    if len(names) == 1:
        return names[0]
    fitting = " and ".join(names)
    raise DataError(
        f"the layout of {given.source} is not clear",
        why=f"{fitting} both fit" if names else "no layout fits its first rows",
        hint=f"say it: --format {'|'.join(names or LAYOUTS)}",
        code="experts.layout",
    )


def _names(given: Given) -> Iterator[str]:
    first = first_byte(given)
    if first not in ("{", "["):
        return
    rows = array_rows(given) if first == "[" else json_rows(given)
    row = next(
        (one for one in islice(rows, _FEW) if not isinstance(one, Refusal)), None
    )
    if row is not None:
        tests = _ARRAY_MARKS if first == "[" else _LINE_MARKS
        yield from (name for name, fits in tests if fits(row[1]))


_Keys: TypeAlias = Mapping[str, object]


def _is_argilla(row: _Keys) -> bool:
    flat = any(key.endswith(".responses") for key in row)
    return flat or ("fields" in row and "responses" in row)


def _is_label_studio(row: _Keys) -> bool:
    flat = bool({"annotation_id", "lead_time"} & set(row))
    return flat or isinstance(row.get("data"), dict)


def _is_prodigy(row: _Keys) -> bool:
    keys = {
        "answer",
        "_input_hash",
        "_task_hash",
        "_annotator_id",
        "_session_id",
        "_view_id",
    }
    return bool(keys & set(row)) or isinstance(row.get("options"), list)


def _is_doccano(row: _Keys) -> bool:
    if _is_prodigy(row) or row.get("schema") == plain.SCHEMA:
        return False
    lists = [row.get(key) for key in ("label", "labels", "cats", "entities")]
    return "Comments" in row or any(isinstance(one, list) for one in lists)


def _is_own(row: _Keys) -> bool:
    if row.get("schema") == plain.SCHEMA:
        return True
    label, labels = row.get("label"), row.get("labels")
    is_listed = isinstance(labels, list) and all(isinstance(x, str) for x in labels)
    return not _is_prodigy(row) and (isinstance(label, str) or is_listed)


_ARRAY_MARKS = (("label-studio", _is_label_studio), ("argilla", _is_argilla))
_LINE_MARKS = (
    ("jsonl", _is_own),
    ("argilla", _is_argilla),
    ("prodigy", _is_prodigy),
    ("doccano", _is_doccano),
)
