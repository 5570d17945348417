# SPDX-License-Identifier: Apache-2.0
"""A row of a table, whatever its format, becomes a document or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from maalem.corpus.pieces import EMPTY, Given, Raw
from maalem.corpus.report import Refusal
from maalem.corpus.settings import ColumnMap
from maalem.errors import DataError


def choose_columns(columns: ColumnMap, names: Sequence[str]) -> ColumnMap:
    """Find the mapped columns in a table's header.

    Returns:
        The map with its text columns named.

    Raises:
        DataError: A column is missing or stands twice, or none is known as the text.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"column {twice[0]!r} stands twice", code="corpus.columns")
    text = columns.text
    if not text:
        text = tuple(names) if len(names) == 1 else ("text",)
    chosen = replace(columns, text=text)
    missing = [name for name in chosen.named if name not in names]
    if missing:
        shown = ", ".join(repr(name) for name in names[:20])
        wrong = len(names) == 1 and any(mark in names[0] for mark in ";\t|,")
        hint = "; is the delimiter declared in [columns] right?" if wrong else ""
        raise DataError(
            f"there is no column {missing[0]!r} among {shown}{hint}",
            code="corpus.columns",
        )
    return chosen


def make_raw(
    given: Given, columns: ColumnMap, row: Mapping[str, object], *, place: str
) -> Raw | Refusal:
    """Map one row.

    Args:
        given: The file.
        columns: The map that `choose_columns` gave.
        row: Values by column: text, number, truth value or none.
        place: Where the row stands.

    Returns:
        The document; or a refusal, if the row has no text, a date is not ISO 8601, or
        a value is a list or an object.
    """
    values: dict[str, str] = {}
    for name in columns.named:
        value = row.get(name)
        if isinstance(value, list | dict | bytes | tuple):
            reason = f"{name!r} is no text, number or truth value"
            return given.refusal("corpus.value", reason, place=place)
        values[name] = "" if value is None else _written(value)
    text = "\n".join(values[name] for name in columns.text if values[name].strip())
    if not text:
        return given.refusal(EMPTY, "there is no text", place=place)
    given_date = values.get(columns.date or "", "").strip()
    date = iso_date(given_date)
    if given_date and date is None:
        reason = f"{given_date[:40]!r} is not an ISO 8601 date such as 2024-03-05"
        return given.refusal("corpus.date", reason, place=place)
    return Raw(
        source=given.source,
        place=place,
        text=text,
        group=values.get(columns.group or "") or None,
        date=date,
        label=values.get(columns.label or "") or None,
        fields=tuple((name, values[name]) for name in columns.keep),
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def iso_date(text: str) -> str | None:
    """Give a date in its one ISO 8601 form, or none if it is not one.

    Examples:
        >>> iso_date("2024-03-05"), iso_date("05/03/2024")
        ('2024-03-05', None)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.date().isoformat() if len(text) <= 10 else moment.isoformat()
