# SPDX-License-Identifier: Apache-2.0
"""How a dealer is made again from the records, as if nothing had happened."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from threading import RLock
from typing import TypeAlias

from maalem.app.desk.dealing_board import Board, Case, Judgement
from maalem.app.desk.dealing_chance import Chance
from maalem.app.desk.dealing_deck import Deck
from maalem.app.desk.dealing_gold import GoldCards
from maalem.app.desk.dealing_leases import Leases, running_leases
from maalem.app.desk.dealing_streams import Streams
from maalem.app.desk.dealing_teaching import Teaching
from maalem.app.desk.dealing_versions import Versions
from maalem.app.steps.corrections import traffic_file
from maalem.app.workspace import Workspace
from maalem.dataset.splits import draw_splits, first_dates
from maalem.records import (
    Adjudication,
    Annotation,
    Digest,
    GoldCard,
    Hold,
    Item,
    Passage,
    Pause,
    Qualification,
    TaskVersion,
)
from maalem.serving.corrections.reading import audited_items, questions
from maalem.tasks import TaskDefinition

Teach: TypeAlias = Callable[
    [TaskDefinition, Board, Collection[Digest]], Teaching | None
]
"""Gives a task what learns it, or nothing where no gear can.

It is told what is known of the items, and which teaching items are drawn at random.
"""


def open_deck(
    work: Workspace,
    name: str,
    *,
    lock: RLock,
    teach: Teach,
    reads: Mapping[str, Collection[str]],
    now: float,
) -> Deck:
    """Read all that was ever said about a task.

    The definition is written down as a version if it is not one yet, so that every
    answer finds its guideline.

    Args:
        work: The opened project.
        name: Name of the task.
        lock: Who uses the deck holds it.
        teach: Gives what learns the task.
        reads: The languages that people say they read, as they change.
        now: Seconds since 1970.

    Raises:
        SettingsError: There is no such task, or its definition is refused.
    """
    task, store = work.task(name), work.store
    versions = _versions(work, task, now)
    items = {item.id: item for item in store.find(Item, name)}
    board = Board(
        _cases(work, items),
        asking=task.asking,
        versions=Versions(versions, current=task.version),
        reads=reads,
        critical=[label.name for label in task.labels if label.critical],
    )
    secret = hashlib.sha256(store.signing_key.sign(f"desk {name}".encode())).digest()
    gold = GoldCards(
        task,
        board=board,
        versions=versions,
        item_of=lambda item: items[item],
        salt=secret.hex(),
    )
    _hear_all(work, name, board, gold=gold)
    chance = Chance(secret)
    groups = {item.id: item.group for item in items.values()}
    urgent = questions(traffic_file(work), name)
    drawn = _drawn(board, frozenset(urgent), chance=chance)
    streams = Streams(board, groups, chance=chance)
    return Deck(
        task=task,
        board=board,
        streams=streams,
        gold=gold,
        leases=_leases(work, board, name, now=now),
        chance=chance,
        teaching=teach(task, board, drawn),
        drawn=drawn,
        lock=lock,
        urgent=tuple(one for one in urgent if _is_wanted(board, streams, one)),
        unaided=audited_items(traffic_file(work), name),
    )


def _drawn(
    board: Board, chosen: Collection[Digest], *, chance: Chance
) -> frozenset[Digest]:
    """Draw the teaching items that tell what is true of all.

    Those that the gateway asks about do not: a model's doubt chose them.
    """
    return frozenset(
        item
        for item, case in board.cases.items()
        if case.split == "teaching"
        and item not in chosen
        and chance.draw("drawn", item) < board.asking.random_share
    )


def _is_wanted(board: Board, streams: Streams, item: Digest) -> bool:
    return bool(streams.missing(item)) and board.cases[item].split == "teaching"


def _hear_all(work: Workspace, task: str, board: Board, *, gold: GoldCards) -> None:
    store = work.store
    kinds: tuple[type[Judgement], ...] = (Annotation, Adjudication, GoldCard, Hold)
    for kind in kinds:
        for record in store.find(kind, task):
            board.hear(record)
    for pause in store.find(Pause, task):
        board.hear(pause)
    for card in store.find(GoldCard, task):
        gold.hear(card)
    for qualification in store.find(Qualification, task):
        gold.hear(qualification)


def _cases(work: Workspace, items: dict[Digest, Item]) -> dict[Digest, Case]:
    split = work.project.split
    drawn = draw_splits(
        items.values(),
        salt=split.salt,
        shares=split.shares,
        later_from=split.later_from,
        first_dates=first_dates(work.store.find(Passage)) if split.later_from else None,
    )
    return {
        item.id: Case(split=drawn[item.id], language=item.language)
        for item in items.values()
    }


def _leases(work: Workspace, board: Board, task: str, *, now: float) -> Leases:
    """Give the leases that run; a card that was answered is in nobody's hands.

    Nor is one with an older guideline: it is dealt anew with the one in force.
    """
    return Leases(
        lease
        for lease in running_leases(work.store, task, now)
        if lease.item in board.cases
        and board.versions.is_current(lease.shown.guideline)
        and lease.item not in board.done.get(lease.holder, set())
    )


def _versions(
    work: Workspace, task: TaskDefinition, now: float
) -> tuple[TaskVersion, ...]:
    found = tuple(work.store.find(TaskVersion, task.name))
    if any(version.id == task.version for version in found):
        return found
    file = work.folder / "tasks" / f"{task.name}.toml"
    version = TaskVersion(
        id=task.version,
        task=task.name,
        number=max((one.number for one in found), default=0) + 1,
        toml=file.read_text(encoding="utf-8-sig"),
        by=work.project.project.owner,
        at=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
    )
    work.store.append("task.version", [version], details={"task": task.name})
    return (*found, version)
