# SPDX-License-Identifier: Apache-2.0
"""What was done while the desk was closed, for those webhooks that were not told yet.

The ledger knows what was done, when a webhook was added, and what it was told since.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, Field

from maalem.app.desk.webhooks import Webhook
from maalem.records import Json, digest_of
from maalem.store import Entry, Store

TOLD = "webhook.told"
"""Name of the deed that a webhook has taken the notice of an entry."""


class _LedgerNotice(BaseModel):
    id: str = Field(description="Of the event; the same however often it is sent.")
    at: str
    task: str
    entry: int = Field(description="Of the ledger, which has more to say about it.")


class ReleaseNotice(_LedgerNotice):
    """A release was signed."""

    event: Literal["release"] = "release"
    release: str
    verdict: str = Field(
        description="Of its gate: ship, don't ship, or not enough evidence."
    )


class DatasetNotice(_LedgerNotice):
    """A dataset was frozen, or an earlier one chosen again."""

    event: Literal["dataset"] = "dataset"
    dataset: str


class TrainingNotice(_LedgerNotice):
    """A training has ended, with a run for each seed."""

    event: Literal["training"] = "training"
    runs: list[str] = Field(description="The one to release first.")


NOTICES: Mapping[str, type[ReleaseNotice | DatasetNotice | TrainingNotice]] = (
    MappingProxyType(
        {
            "release.sign": ReleaseNotice,
            "dataset.chosen": DatasetNotice,
            "train.done": TrainingNotice,
        }
    )
)
"""For each deed that is told of, the notice of it."""
_FIELDS = ("task", "release", "verdict", "dataset", "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A notice that a webhook was not told yet.

    Attributes:
        hook: The webhook's name.
        entry: Index of the ledger's entry.
        body: What to say, as JSON.
    """

    hook: str
    entry: int
    body: bytes


def missed(store: Store, hooks: Sequence[Webhook]) -> Iterator[Missed]:
    """Give what webhooks were not told yet, in the ledger's order.

    What was done before a webhook was added is none of its business.

    Args:
        store: The project's store.
        hooks: Whom to tell.
    """
    wanted = {action for hook in hooks for action in _actions_for(hook)}
    if not wanted:
        return
    told = {*_told(store)}
    since = {
        str(entry.details["webhook"]): entry.index
        for entry in store.entries("webhook.add")
    }
    entries = [entry for action in wanted for entry in store.entries(action)]
    for entry in sorted(entries, key=lambda entry: entry.index):
        body = _notice(store, entry)
        if body is None:
            continue
        for hook in hooks:
            is_new = entry.index > since.get(hook.id, entry.index)
            is_told = (hook.id, entry.index) in told
            if entry.action in _actions_for(hook) and is_new and not is_told:
                yield Missed(hook=hook.id, entry=entry.index, body=body)


def note_told(store: Store, one: Missed) -> None:
    """Write down that a webhook has taken a notice; it is not sent again."""
    store.append(TOLD, details={"webhook": one.hook, "entry": one.entry})


def _actions_for(hook: Webhook) -> list[str]:
    return [
        action
        for action, notice in NOTICES.items()
        if notice.model_fields["event"].default in hook.events
    ]


def _told(store: Store) -> Iterator[tuple[str, int]]:
    for entry in store.entries(TOLD):
        yield str(entry.details["webhook"]), int(str(entry.details["entry"]))


def _notice(store: Store, entry: Entry) -> bytes | None:
    """Write the notice of an entry; none where an early ledger says too little."""
    kind = NOTICES[entry.action]
    said = {key: value for key, value in entry.details.items() if key in _FIELDS}
    name: Json = {"ledger": store.origin, "entry": entry.index}
    base = {"id": digest_of(name), "at": entry.at, "entry": entry.index}
    if set(kind.model_fields) - {"event"} - set(said) - set(base):
        return None
    return kind.model_validate({**said, **base}).model_dump_json().encode()
