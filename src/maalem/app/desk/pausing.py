# SPDX-License-Identifier: Apache-2.0
"""An owner lets a task or an expert rest, says why, and lets them go on again."""

from datetime import UTC, datetime

from fastapi import Request, Response

from maalem.app.desk.day import standings_of
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import desk_of, person_of
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.standing import EVERYBODY, pauses_of
from maalem.experts.naming import UNNAMED, identified
from maalem.records import Pause

TABLE = RouteTable()


@TABLE.page("POST", "/team/{task}/pause", permission="people")
def pause(request: Request, task: str, form: Posted) -> Response:
    """Give a task's cards to nobody, or none to one expert, or deal them again.

    What was answered goes on counting; a hold is what ends that.
    """
    desk, person = desk_of(request), person_of(request)
    definition = desk.work.task(task)
    annotator, reason = form.get("annotator", EVERYBODY), form.get("reason", "").strip()
    known = standings_of(request).of(desk, task).efforts
    is_lifted = form.get("do") == "lift"
    _refuse_senseless(
        is_somebody=annotator == EVERYBODY or annotator in known,
        is_reasoned=bool(reason),
        is_new=is_lifted == (annotator in pauses_of(desk, task)),
    )
    decided = Pause(
        id=UNNAMED,
        task=definition.name,
        annotator=annotator,
        is_lifted=is_lifted,
        reason=reason[:1_000],
        by=person.id,
        at=datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="milliseconds"),
    )
    paused = identified(decided)
    entry = desk.work.store.append(
        "people.pause",
        [paused],
        details={"task": task, "annotator": annotator, "by": person.id},
    )
    if entry is not None:
        dealers_of(request).hear([paused], index=entry.index)
    return see_other("/team")


def _refuse_senseless(*, is_somebody: bool, is_reasoned: bool, is_new: bool) -> None:
    if not is_somebody or not is_reasoned:
        raise RefusedError(
            "a pause needs somebody who answered, or the task, and a reason",
            status=422,
            code="desk.pause",
        )
    if not is_new:
        raise RefusedError(
            "this was decided already", status=409, code="desk.pause-decided"
        )
