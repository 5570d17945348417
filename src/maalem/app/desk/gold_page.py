# SPDX-License-Identifier: Apache-2.0
"""A case that a person has just settled is kept as a gold card, to measure experts."""

from collections.abc import Iterable

from fastapi import Request, Response

from maalem.app.desk.answering_forms import GoldForm
from maalem.app.desk.api_gold import keep_gold
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import desk_of
from maalem.app.desk.forms import see_other
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.records import Adjudication

TABLE = RouteTable()


@TABLE.page("POST", "/resolve/{task}/{item}/gold", permission="curate")
def keep_case(request: Request, task: str, item: str) -> Response:
    """Make a settled item a gold card, with the answer that it was settled with."""
    decided = last_decision(desk_of(request).work.store.find(Adjudication, task), item)
    if decided is None or not decided.labels:
        raise RefusedError(
            "what nobody has settled has no known answer",
            status=409,
            hint="settle the case first",
            code="desk.not-settled",
        )
    keep_gold(request, task, GoldForm(item=item, labels=[*decided.labels]))
    return see_other(f"/resolve/{task}?settled={item}")


def last_decision(
    adjudications: Iterable[Adjudication], item: str
) -> Adjudication | None:
    """Give how an item was adjudicated last; none if it was not."""
    last = None
    for one in adjudications:
        last = one if one.item == item else last
    return last


def gold_state(request: Request, decided: Adjudication | None) -> str:
    """Tell whether a settled item is a gold card.

    Returns:
        `kept`: it is one; `open`: it may become one; empty where it may not, since it
        belongs to the exam or was settled without a label.
    """
    if decided is None or not decided.labels:
        return ""
    dealer = dealers_of(request).of(decided.task)
    case = dealer.deck.board.cases[decided.item]
    if case.gold is not None:
        return "kept"
    return "" if case.is_exam or not dealer.deck.task.is_choice else "open"
