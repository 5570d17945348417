# SPDX-License-Identifier: Apache-2.0
"""The doors at which no model is asked: what is there, and whether it answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from maalem.records import Json
from maalem.serving.answering import foreign_card, headers_of, model_card
from maalem.serving.calls import Call
from maalem.serving.pressure import Room
from maalem.serving.refusals import Form, openai_form
from maalem.serving.served import Models
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Reply, reply_with


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingDoor:
    """Tells what a function gives.

    Attributes:
        path: As a `Door` has it, like the others.
        tell: Gives the reply.
        is_open: Whether it asks for no key.
        method: `GET`.
        operation: `read`.
        scope: What a key must be allowed to do.
        refuse: How refusals are written.
    """

    path: str
    tell: Callable[[Call], Reply]
    is_open: bool = False
    method: str = "GET"
    operation: str = "read"
    scope: str = SCOPE
    refuse: Form = openai_form

    async def answer(self, call: Call) -> Reply:
        """Tell it."""
        return self.tell(call)


def telling_doors(
    models: Models, room: Room, *, elsewhere: Callable[[], Sequence[str]]
) -> Iterator[TellingDoor]:
    """Give the doors that tell of a gateway's models.

    Args:
        models: Those that answer here.
        room: How much is under way.
        elsewhere: Gives the names of those that are served elsewhere.
    """

    def one(call: Call) -> Reply:
        call.refuse_task(call.variable)
        served = models.find(call.variable)
        return reply_with(model_card(served), headers=headers_of(served, ()))

    yield TellingDoor(path="/health", tell=_health, is_open=True)
    yield TellingDoor(
        path="/ready", tell=lambda _: _readiness(models, room), is_open=True
    )
    yield TellingDoor(
        path="/v1/models", tell=lambda call: _cards(models, call, elsewhere())
    )
    yield TellingDoor(path="/v1/models/{task}", tell=one)


def _health(_call: Call) -> Reply:
    return reply_with({"status": "ok"})


def _readiness(models: Models, room: Room) -> Reply:
    answers = bool(models.served) or not models.refused
    status = "draining" if room.is_leaving else "ready" if answers else "refused"
    is_ready = status == "ready"
    told: dict[str, Json] = {
        "status": status,
        "models": len(models.served),
        "refused": len(models.refused),
    }
    return reply_with(told, status=200 if is_ready else 503)


def _cards(models: Models, call: Call, elsewhere: Sequence[str]) -> Reply:
    cards: list[Json] = [model_card(one) for one in models.open_to(call).values()]
    cards += [
        foreign_card(name)
        for name in elsewhere
        if name not in models.served and call.may_ask(name)
    ]
    return reply_with({"object": "list", "data": cards})
