# SPDX-License-Identifier: Apache-2.0
"""Which group is taught from and which is examined: decided before anyone looks."""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from maalem.errors import DataError, SettingsError
from maalem.records import Digest, Example, Gold, Item, Passage

SPLITS = ("teaching", "calibration", "exam", "later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of the groups goes where; the three sum to 1.

    Attributes:
        teaching: Share that is learned from, in (0, 1).
        calibration: Share that the automation guarantee rests on, in (0, 1).
        exam: Share that is only ever examined on, in (0, 1).
    """

    teaching: float = 0.6
    calibration: float = 0.2
    exam: float = 0.2

    def __post_init__(self) -> None:
        for name in ("teaching", "calibration", "exam"):
            share = getattr(self, name)
            if not 0.0 < share < 1.0:
                raise SettingsError(
                    f"the {name} share must be in (0, 1), got {share:g}",
                    code="dataset.shares",
                )
        total = self.teaching + self.calibration + self.exam
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise SettingsError(
                f"the shares must sum to 1, got {total:g}", code="dataset.shares"
            )


def split_of(group: str, *, salt: str, shares: Shares) -> str:
    """Tell where a group belongs, from its name alone.

    Since nothing but the group's name, the salt and the shares decide, adding a
    document moves no old one. The exam is cut off first: moving the border between
    teaching and calibration moves no group into or out of the exam.

    Args:
        group: Name of the group.
        salt: Key of the hash; another salt makes another exam.
        shares: Expected share of the groups in each split. With n groups, the share
            found differs from it by about the square root of share * (1 - share) / n.

    Returns:
        `teaching`, `calibration` or `exam`.

    Source:
        RFC 2104, HMAC, over SHA-256; its first 8 bytes as a fraction in [0, 1).

    Examples:
        >>> split_of("invoice 17", salt="s", shares=Shares())
        'teaching'
    """
    name = group.encode("utf-8", "surrogatepass")
    key = salt.encode("utf-8", "surrogatepass")
    place = hmac.new(key, name, hashlib.sha256).digest()[:8]
    fraction = int.from_bytes(place) / 2**64
    if fraction < shares.exam:
        return "exam"
    return "calibration" if fraction < shares.exam + shares.calibration else "teaching"


def first_dates(passages: Iterable[Passage]) -> dict[Digest, str | None]:
    """Tell since when each text is known, whichever of its copies was added first.

    Args:
        passages: All passages of the corpus, in any order, copies too.

    Returns:
        For each passage that is no copy, the earliest ISO 8601 day over it and its
        copies; none where one of them is undated, for it might be older than all.
    """
    first: dict[Digest, date] = {}
    for passage in passages:
        text, day = passage.same_as or passage.id, _day(passage.date) or date.min
        first[text] = min(day, first.get(text, day))
    return {
        text: None if day == date.min else day.isoformat()
        for text, day in first.items()
    }


def draw_splits(
    items: Iterable[Item],
    *,
    salt: str,
    shares: Shares,
    later_from: str | None = None,
    first_dates: Mapping[Digest, str | None] | None = None,
) -> dict[Digest, str]:
    """Tell each item its split, answered or not.

    A group goes to `later` when all of its items are dated and the first of them is on
    or after `later_from`; an undated group never does, nor does a group with an undated
    item, which might be old. Every other group goes where `split_of` says. An item
    counts from its date in `first_dates`, where it has one there.

    The law: adding a document moves no old one. With `later_from` it has one exception,
    and one direction: a document that is undated, or dated before `later_from`, and
    joins a group in `later`, or with `first_dates` repeats a text of one, takes that
    group back to the split of `split_of`. Nothing ever moves into `later`, and nothing
    moves between the other three.

    Args:
        items: All items of the task, those without an answer too: they date the groups.
        salt: Key of the hash (see `split_of`).
        shares: Expected shares of the groups.
        later_from: ISO 8601 date from which a group counts as later; none for no
            such split.
        first_dates: For an item's passage, the earliest date over it and its copies,
            as `first_dates` gives it; none is undated. An item whose passage is not in
            it counts from its own date.

    Raises:
        SettingsError: `later_from` is no date.
    """
    several = tuple(items)
    later: frozenset[str] = frozenset()
    if later_from:
        later = _later_groups(several, first_dates or {}, _border(later_from))
    groups = {item.group for item in several}
    hashed = {one: split_of(one, salt=salt, shares=shares) for one in groups}
    drawn = hashed | dict.fromkeys(later, "later")
    return {item.id: drawn[item.group] for item in several}


def to_examples(  # noqa: PLR0913  # everything that a split rests on
    items: Iterable[Item],
    golds: Iterable[Gold],
    *,
    salt: str,
    shares: Shares,
    later_from: str | None = None,
    near: Mapping[Digest, tuple[Digest, ...]] | None = None,
    first_dates: Mapping[Digest, str | None] | None = None,
) -> tuple[Example, ...]:
    """Join settled answers with what was asked, and tell each its split.

    Args:
        items: All items of the task, those without an answer too: they date the groups.
        golds: The settled answers.
        salt: Key of the hash (see `split_of`).
        shares: Expected shares of the groups.
        later_from: ISO 8601 date from which a group counts as later (see
            `draw_splits`); none for no such split.
        near: For a passage, the passages that the corpus found to be near duplicates.
        first_dates: For an item's passage, the earliest date over it and its copies
            (see `draw_splits`). The example's date is the item's in any case.

    Returns:
        One example for each settled answer, sorted by item.

    Raises:
        DataError: An answer belongs to no item.
        SettingsError: `later_from` is no date.
    """
    by_item = {item.id: item for item in items}
    splits = draw_splits(
        by_item.values(),
        salt=salt,
        shares=shares,
        later_from=later_from,
        first_dates=first_dates,
    )
    found = near or {}

    def example(gold: Gold) -> Example:
        item = _item_of(gold, by_item)
        return Example(
            item=item.id,
            text=item.text,
            label=gold.label,
            group=item.group,
            language=item.language,
            split=splits[item.id],
            date=item.date,
            annotations=gold.annotations,
            rule=gold.rule,
            passage=item.passage,
            near=found.get(item.passage, ()),
        )

    return tuple(sorted(map(example, golds), key=lambda made: made.item))


def _item_of(gold: Gold, items: Mapping[Digest, Item]) -> Item:
    if gold.item not in items:
        raise DataError(
            f"an answer belongs to no item of this task: {gold.item}",
            code="dataset.answer-without-item",
        )
    return items[gold.item]


def _later_groups(
    items: Iterable[Item], dates: Mapping[Digest, str | None], border: date
) -> frozenset[str]:
    first: dict[str, date] = {}
    for item in items:
        day = _day(dates.get(item.passage, item.date)) or date.min
        first[item.group] = min(day, first.get(item.group, day))
    return frozenset(group for group, day in first.items() if day >= border)


def _border(later_from: str) -> date:
    day = _day(later_from)
    if day is None:
        raise SettingsError(
            f"later_from must be a date such as 2012-01-31, got {later_from!r}",
            code="dataset.later-from",
        )
    return day


def _day(text: str | None) -> date | None:
    """Read the day of an ISO 8601 date or time; what is none has no day."""
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None
