# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of gold cards: say what the answer to an item is, to measure experts."""

from datetime import UTC, datetime

from fastapi import Request

from maalem.app.desk.answering_forms import GoldForm
from maalem.app.desk.answering_receipt import refuse_foreign_item
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import desk_of, person_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.steps.gold import gold_card
from maalem.errors import DataError
from maalem.records import Digest, GoldCard
from maalem.tasks import TaskDefinition

TABLE = RouteTable()


@TABLE.api("POST", "/api/v1/tasks/{task}/gold", permission="curate")
def keep_gold(request: Request, task: str, form: GoldForm) -> GoldForm:
    """Make an item a gold card, with another answer, or none any more.

    An item of the exam cannot be one: its answer would be known to somebody.
    """
    desk, person = desk_of(request), person_of(request)
    dealer = dealers_of(request).of(task)
    refuse_foreign_item(dealer, form.item)
    item, definition = Digest(form.item), dealer.deck.task
    if dealer.deck.board.cases[item].is_exam:
        raise RefusedError(
            "an item of the exam cannot be a gold card",
            status=409,
            hint="choose an item that is taught from",
            code="desk.gold-exam",
        )
    card = gold_card(
        desk.work.store.find(GoldCard, task),
        item,
        task=task,
        labels=_checked(form.labels, definition),
        by=person.id,
        at=datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="milliseconds"),
    )
    entry = desk.work.store.append(
        "gold", [card], details={"task": task, "by": person.id}
    )
    if entry is not None:
        dealers_of(request).hear([card], index=entry.index)
    return form


def _checked(labels: list[str], task: TaskDefinition) -> tuple[str, ...]:
    """Give labels in the task's order.

    Raises:
        DataError: One is no answer of the task, or there are too many.
    """
    foreign = [label for label in labels if label not in task.label_names]
    most = len(task.label_names) if task.answer == "choose-several" else 1
    if foreign or len(set(labels)) > most or not task.is_choice:
        raise DataError(
            f"{', '.join(labels)[:80]!r} is no answer of the task {task.name!r}",
            code="desk.answer",
        )
    return tuple(label for label in task.label_names if label in labels)
