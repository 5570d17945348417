# SPDX-License-Identifier: Apache-2.0
"""What becomes of an answer: it is written down once, heard, and may be taken back."""

from dataclasses import dataclass
from datetime import UTC, datetime

from maalem.app.desk.answering import (
    Card,
    Sent,
    annotation_id,
    is_same,
    to_annotation,
    withdrawal,
)
from maalem.app.desk.dealing import Dealer
from maalem.app.desk.dealing_leases import Lease
from maalem.app.desk.dealing_registry import Dealers
from maalem.app.desk.refusals import RefusedError
from maalem.errors import DataError
from maalem.records import Annotation, Digest, Item
from maalem.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who answers, and when.

    Attributes:
        id: Pseudonym.
        now: Seconds since 1970.
    """

    id: str
    now: float

    @property
    def at(self) -> str:
        """The time, as records say it."""
        moment = datetime.fromtimestamp(self.now, UTC)
        return moment.isoformat(timespec="milliseconds")

    @property
    def day(self) -> str:
        """The day, in UTC."""
        return self.at[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That an answer is kept.

    Attributes:
        id: The annotation.
        is_duplicate: Whether it was there already.
    """

    id: Digest
    is_duplicate: bool


def receive(
    store: Store, dealers: Dealers, sent: Sent, *, to: tuple[str, Digest], of: Caller
) -> Receipt:
    """Write an answer down, once, durably, before this returns.

    An answer that comes after its lease has expired is kept as one more; nothing is
    ever overwritten.

    Args:
        store: The project's records.
        dealers: Who is told of it.
        sent: The answer.
        to: Name of the task, and the item.
        of: Who answers.

    Raises:
        RefusedError: The item is none of the task's, the card was never given to who
            answers, or the key stands for another answer.
        DataError: The answer does not fit; code `desk.answer`.
        SettingsError: There is no such task.
    """
    task, item = to
    dealer = dealers.of(task)
    known = annotation_id(task, of.id, key=sent.key)
    before = store.get(Annotation, known) if store.has(Annotation, known) else None
    card = _card(store, dealer, item, of=of)
    try:
        annotation = to_annotation(sent, card, at=of.at)
    except DataError:
        is_changed = before is not None and before.guideline != dealer.deck.task.version
        if before is None or not is_changed:
            raise
        annotation = before  # it was kept, and the task has changed since
    if before is None:
        entry = store.append("annotation.desk", [annotation], details={"task": task})
        if entry is not None:
            dealers.hear([annotation], index=entry.index)
            return Receipt(id=known, is_duplicate=False)
        before = store.get(Annotation, known)  # the same key came twice at once
    if not is_same(annotation, before):
        raise _other_answer()
    return Receipt(id=known, is_duplicate=True)


def take_back(
    store: Store, dealers: Dealers, key: str, *, of_key: str, task: str, of: Caller
) -> Digest:
    """Write down that an answer is taken back, and give its card again.

    Args:
        store: The project's records.
        dealers: Who is told of it.
        key: Idempotency key of this deed.
        of_key: Key of the answer.
        task: Name of the task.
        of: Whose answer it is.

    Returns:
        The item.

    Raises:
        RefusedError: There is no such answer, it is not the last word on its item, it
            has been counted in a qualification, or the key stands for something else.
        SettingsError: There is no such task.
    """
    dealer = dealers.of(task)
    answer = _find(store, annotation_id(task, of.id, key=of_key))
    if answer is None or answer.outcome == "withdrawn":
        raise RefusedError(
            "there is no such answer of yours", status=404, code="desk.no-answer"
        )
    mark = withdrawal(answer, key=key, at=of.at)
    before = _find(store, mark.id)
    if before is not None:
        if not is_same(mark, before):
            raise _other_answer()
        return answer.item
    _refuse_counted(dealer, answer)
    entry = store.append("annotation.withdraw", [mark], details={"task": task})
    if entry is not None:
        dealers.hear([mark], index=entry.index)
        lease = dealer.lease_of(answer.item, of.id)
        if lease is not None:
            dealers.of(task).give_again(lease, now=of.now)
    return answer.item


def refuse_foreign_item(dealer: Dealer, item: str) -> None:
    """Refuse an item that the task does not ask about.

    Raises:
        RefusedError: It is none of its items.
    """
    if item not in dealer.deck.board.cases:
        raise RefusedError(
            f"the task {dealer.deck.task.name!r} has no such item",
            status=404,
            code="desk.no-item",
        )


def given_card(dealer: Dealer, item: Digest, holder: str) -> Lease:
    """Give the lease that somebody has or had on one of the task's items.

    Raises:
        RefusedError: It is none of the task's, or was never given to them.
    """
    refuse_foreign_item(dealer, item)
    lease = dealer.lease_of(item, holder)
    if lease is None:
        raise RefusedError(
            "this card was never given to you",
            status=403,
            hint="answer the cards that the desk gives you",
            code="desk.not-leased",
        )
    return lease


def _card(store: Store, dealer: Dealer, item: Digest, *, of: Caller) -> Card:
    lease = given_card(dealer, item, of.id)
    return Card(
        task=dealer.deck.task,
        item=store.get(Item, item),
        holder=of.id,
        shown=lease.shown,
    )


def _find(store: Store, name: Digest) -> Annotation | None:
    return store.get(Annotation, name) if store.has(Annotation, name) else None


def _other_answer() -> RefusedError:
    return RefusedError(
        "this key stands for another answer",
        status=409,
        hint="send every answer with a key of its own",
        code="desk.key-used",
    )


def _refuse_counted(dealer: Dealer, answer: Annotation) -> None:
    """Refuse to take back what is not the last word, or has decided something."""
    if not dealer.is_last_word(answer):
        raise RefusedError(
            "you have answered this card otherwise since, or taken it back",
            status=409,
            code="desk.not-last",
        )
    if dealer.is_counted(answer):
        raise RefusedError(
            "this answer has been counted in your qualification",
            status=409,
            code="desk.counted",
        )
