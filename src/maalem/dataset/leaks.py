# SPDX-License-Identifier: Apache-2.0
"""What stands on both sides of a split, row by row, and what to do about it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from maalem.corpus import matching_key, near_duplicate_pairs
from maalem.dataset.label_words import count_labels, labels_standing_in
from maalem.errors import LeakageError, MaalemError
from maalem.records import Digest, Example

LABEL = "label-in-text"
SHOWN = 10  # rows in a message; all of them stand in `rows`
_SHELTERED = {"teaching": 0, "calibration": 1, "later": 2, "exam": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One row that must not stand where it stands.

    Attributes:
        reason: `item`, `group`, `copy` (equal but for case, spaces, Arabic diacritics
            and the like), `near-duplicate`, or `label-in-text`.
        item: The row; of two on different sides the one that is left out.
        split: Where it stands.
        what: The group, the label, or the similarity of the two texts.
        other: The row on the other side, if the leak is between two.
        other_split: Where that one stands.
    """

    reason: str
    item: Digest
    split: str
    what: str
    other: Digest | None = None
    other_split: str | None = None

    @property
    def sentence(self) -> str:
        """The leak in one line, without any text of the row."""
        row = f"{self.reason}: {_short(self.item)} in {self.split}"
        if self.other is None:
            return f"{row} ({self.what})"
        return f"{row}, {_short(self.other)} in {self.other_split} ({self.what})"


def find_leaks(
    examples: Sequence[Example],
    *,
    labels: Sequence[str],
    allow_label_in_text: Sequence[str] = (),
    threshold: float = 0.8,
    label_limit: float = 0.8,
) -> tuple[Leak, ...]:
    """Find every row that gives an answer away.

    Two rows in different splits must not be the same item, of the same group, copies
    or near duplicates; pairs that the corpus found near count as well as pairs found
    here. A label must not give itself away (see `LabelFound.gives_itself_away`).

    Args:
        examples: The rows of all splits.
        labels: The labels, in the task's order.
        allow_label_in_text: Labels whose name may decide; their counts are reported
            all the same.
        threshold: Lowest Jaccard similarity of near duplicates, in (0, 1].
        label_limit: Share of a label's examples, in [0, 1), up to which its name in
            the text may decide.

    Returns:
        The leaks by reason, in the order above; none twice for a reason and a row.

    Raises:
        DataError: More than 20 million pairs of near duplicates.
    """
    rows = sorted(examples, key=_place)
    asked = [label for label in labels if label not in set(allow_label_in_text)]
    leaks = [
        *find_certain_leaks(rows),
        *_near_leaks(rows, threshold),
        *_label_leaks(rows, asked, label_limit),
    ]
    return tuple({(one.reason, one.item, one.split): one for one in leaks}.values())


def find_certain_leaks(examples: Sequence[Example]) -> Iterator[Leak]:
    """Find items, groups and copies in two splits: what needs no threshold, in O(n)."""
    keys: tuple[tuple[str, Callable[[Example], Hashable]], ...] = (
        ("item", lambda row: row.item),
        ("group", lambda row: row.group),
        ("copy", lambda row: matching_key(row.text)),
    )
    rows = sorted(examples, key=_place)
    for reason, key in keys:
        for members in _gathered(rows, key):
            top = members[-1]
            what = f"group {top.group}" if reason == "group" else "the same"
            for row in members:
                if row.split != top.split:
                    yield _leak(reason, row, top, what=what)


def refuse_leakage(leaks: Sequence[Leak]) -> None:
    """Refuse what `find_leaks` found; nothing found, nothing refused.

    Raises:
        LeakageError: There is a leak; its `rows` has all of them.
    """
    if not leaks:
        return
    counted = Counter(leak.reason for leak in leaks)
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(counted.items()))
    only_labels = set(counted) == {LABEL}
    error = LeakageError(
        f"{len(leaks)} rows would give answers away: {counts}",
        why=show_rows([leak.sentence for leak in leaks]),
        hint="name the label in the task's `allow_label_in_text`, or cut it from texts"
        if only_labels
        else "maalem freeze TASK --leave-out-leaks, or group what belongs together",
        code="dataset.label-in-text" if only_labels else "dataset.leak",
    )
    raise with_rows(error, leaks)


def leave_out(
    examples: Sequence[Example], leaks: Sequence[Leak]
) -> tuple[tuple[Example, ...], tuple[tuple[str, int], ...]]:
    """Leave out the less sheltered row of every leak.

    Teaching gives way to calibration, calibration to the later exam, and all of them
    to the exam, which never loses a row. What remains has no leak between splits.

    Returns:
        The examples kept, in their order, and for each reason how many were left out
        (a row with several reasons counts under the first of its leaks).

    Raises:
        LeakageError: A label stands in the texts; that is not mended by leaving rows
            out, since the exam would then ask easier or harder questions than life.
    """
    refuse_leakage([leak for leak in leaks if leak.reason == LABEL])
    reasons: dict[tuple[Digest, str], str] = {}
    for leak in leaks:
        reasons.setdefault((leak.item, leak.split), leak.reason)
    kept = tuple(row for row in examples if (row.item, row.split) not in reasons)
    gone = (reasons.get((row.item, row.split)) for row in examples)
    counted = Counter(reason for reason in gone if reason is not None)
    return kept, tuple(sorted(counted.items()))


def show_rows(rows: Sequence[str]) -> str:
    """Write the first rows of a refusal, one a line, and how many more there are."""
    lines = list(rows[:SHOWN])
    more = len(rows) - len(lines)
    return "\n".join([*lines, f"and {more} more"] if more else lines)


def with_rows(error: MaalemError, rows: Sequence[object]) -> MaalemError:
    """Give a refusal the full list of its rows, as the attribute `rows`."""
    error.rows = tuple(rows)
    return error


def _near_leaks(rows: Sequence[Example], threshold: float) -> Iterator[Leak]:
    """Compare one text for each matching key: a million copies cost as much as one."""
    same = _gathered(rows, lambda row: matching_key(row.text))
    texts = [members[0].text for members in same]
    for first, second, score in near_duplicate_pairs(texts, threshold=threshold):
        yield from _between(same[first], same[second], f"similarity {score:.2f}")
    by_passage: dict[Digest, list[Example]] = defaultdict(list)
    for row in rows:
        if row.passage is not None:
            by_passage[row.passage].append(row)
    for row in rows:
        for passage in row.near:
            others = by_passage.get(passage, [])
            yield from _between([row], others, "near in the corpus")


def _between(
    one: Sequence[Example], other: Sequence[Example], what: str
) -> Iterator[Leak]:
    """Let every row give way that meets a better sheltered one on the other side."""
    for rows, against in ((one, other), (other, one)):
        top = max(against, key=_place, default=None)
        for row in rows if top else ():
            if top and _SHELTERED[row.split] < _SHELTERED[top.split]:
                yield _leak("near-duplicate", row, top, what=what)


def _label_leaks(
    rows: Sequence[Example], labels: Sequence[str], limit: float
) -> Iterator[Leak]:
    given = {
        one.label: f"label {one.label}, right in {one.right} of {one.stands} texts"
        for one in count_labels(rows, labels)
        if one.gives_itself_away(limit)
    }
    for row in rows if given else ():
        if row.label in given and labels_standing_in(row.text, [row.label]):
            what = given[row.label]
            yield Leak(reason=LABEL, item=row.item, split=row.split, what=what)


def _gathered(
    rows: Sequence[Example], key: Callable[[Example], Hashable]
) -> list[list[Example]]:
    gathered: dict[Hashable, list[Example]] = defaultdict(list)
    for row in rows:
        gathered[key(row)].append(row)
    return list(gathered.values())


def _leak(reason: str, row: Example, other: Example, *, what: str) -> Leak:
    return Leak(
        reason=reason,
        item=row.item,
        split=row.split,
        what=what,
        other=other.item,
        other_split=other.split,
    )


def _place(row: Example) -> tuple[int, Digest]:
    return _SHELTERED[row.split], row.item


def _short(digest: Digest) -> str:
    return digest.removeprefix("sha256:")[:12]
