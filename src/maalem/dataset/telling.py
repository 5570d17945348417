# SPDX-License-Identifier: Apache-2.0
"""Whether something beside the text tells the label: a folder, a name, a column."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from maalem.dataset.label_words import LEAST_ROWS, count_labels
from maalem.records import Digest, Example

Beside = tuple[tuple[str, str], ...]
"""What is known of a passage beside its text, as pairs of name and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Something beside the text from which a label can be told.

    A model sees the text alone, so this is no leak by itself. But where all that is
    labelled one way came from one place, the texts often carry traces of that place,
    and a model learns those instead of the matter.

    Attributes:
        name: What tells it: `language`, or the name of one of the pairs.
        told: Examples whose label it tells.
        asked: Examples that have it; of the label alone, if there is one.
        label: The label whose own name stands in it; none if any value tells.
    """

    name: str
    told: int
    asked: int
    label: str | None = None

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        of = f"{self.told} of {self.asked}"
        if self.label is None:
            return f"the {self.name} alone tells the label of {of} examples"
        return (
            f"{self.label!r} stands in the {self.name} of {of} examples of that label"
        )


def find_telling(
    examples: Sequence[Example],
    beside: Mapping[Digest, Beside],
    *,
    labels: Sequence[str],
    limit: float = 0.8,
) -> tuple[Telling, ...]:
    """Find what tells the label without the text.

    Each thing is asked by itself. Answering with the commonest label among the other
    examples of the same value must be right more often than `limit`, and at least
    halve the errors of always giving the commonest label; or a label's own name must
    stand in it and decide (see `LabelFound.gives_itself_away`).

    Args:
        examples: The rows of all splits.
        beside: What is known of their passages.
        labels: The labels, in the task's order.
        limit: Share in [0, 1).

    Returns:
        The findings by name, each name by any value or else by labels.

    Source:
        Holte (1993), "Very simple classification rules perform well on most commonly
        used datasets", for the rule of one attribute; here each example is left out of
        its own rule. A value that stands once tells nothing.
    """
    columns: dict[str, list[tuple[str, Example]]] = defaultdict(list)
    for row in examples:
        columns["language"].append((row.language, row))
        for name, value in beside.get(row.passage, ()) if row.passage else ():
            columns[name].append((value, row))
    found: list[Telling] = []
    for name, cells in sorted(columns.items()):
        by_value = _by_value(name, cells, limit)
        found += by_value or _by_label(name, cells, labels, limit=limit)
    return tuple(found)


def _by_value(
    name: str, cells: Sequence[tuple[str, Example]], limit: float
) -> list[Telling]:
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for value, row in cells:
        together[value][row.label] += 1
    asked = len(cells)
    told = sum(_is_told(row.label, together[value]) for value, row in cells)
    commonest = Counter(row.label for _, row in cells).most_common(1)[0][1]
    decides = told > limit * asked and 2 * (asked - told) <= asked - commonest
    if told >= LEAST_ROWS and decides and commonest < asked:
        return [Telling(name=name, told=told, asked=asked)]
    return []


def _is_told(label: str, together: Counter[str]) -> bool:
    """Tell whether the others of a value have this label most often, without a tie."""
    others = together - Counter([label])
    most = max(others.values(), default=0)
    return most > 0 and [one for one, n in others.items() if n == most] == [label]


def _by_label(
    name: str,
    cells: Sequence[tuple[str, Example]],
    labels: Sequence[str],
    *,
    limit: float,
) -> Iterator[Telling]:
    rows = [replace(row, text=value) for value, row in cells]
    for one in count_labels(rows, labels):
        if one.gives_itself_away(limit):
            yield Telling(name=name, told=one.right, asked=one.answers, label=one.label)
