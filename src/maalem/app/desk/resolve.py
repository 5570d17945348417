# SPDX-License-Identifier: Apache-2.0
"""Disagreements, one by one: a person settles each with a written reason."""

from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk import people
from maalem.app.desk.cards_page import branches
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.docket import Dockets
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.frame import page
from maalem.app.desk.gold_page import gold_state, last_decision
from maalem.app.desk.prose import to_html
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.resolve_decision import decision_of, marks_of, pieces_of
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.webhook_notices import tell_settled
from maalem.errors import SettingsError
from maalem.experts.disputes import Dispute
from maalem.experts.naming import UNNAMED, identified
from maalem.experts.votes import last_words
from maalem.records import Adjudication, Annotation, Item

TABLE = RouteTable()
_LONGEST = 10_000  # characters of a reason


@TABLE.page("GET", "/resolve", permission="adjudicate")
def show_dockets(request: Request) -> HTMLResponse:
    """Show in which tasks something is in dispute."""
    desk, person = desk_of(request), person_of(request)
    rows = []
    for name in desk.work.task_names():
        try:
            task = desk.work.task(name)
        except SettingsError:
            continue  # the page of the tasks says why
        docket = dockets_of(request).of(desk, task)
        rows.append((name, task.title_in(person.language), docket))
    return page(request, "resolve_list.html", rows=rows)


@TABLE.page("GET", "/resolve/{task}", permission="adjudicate")
def show_dispute(
    request: Request, task: str, *, place: int = 1, settled: str = ""
) -> HTMLResponse:
    """Show one dispute; `place` tells which, `settled` which was settled just now."""
    return _show(request, task, place=place, settled=settled)


@TABLE.page("POST", "/resolve/{task}/{item}", permission="adjudicate")
def settle_dispute(request: Request, task: str, *, item: str, form: Posted) -> Response:
    """Write down how a person settles a dispute, and go on to the next."""
    desk, person = desk_of(request), person_of(request)
    definition = desk.work.task(task)
    dispute = _find(dockets_of(request).of(desk, definition).disputes, item)
    if dispute is None:
        raise RefusedError(
            "this item waits for nobody any more", status=409, code="desk.settled"
        )
    asked = desk.work.store.get(Item, dispute.item)
    decision = decision_of(form, dispute, task=definition, item=asked)
    reason = form.get("reason", "").strip()[:_LONGEST]
    if decision is None or not reason:
        refused = "choice" if decision is None else "reason"
        return _show(request, task, item=item, refused=refused, form=form)
    seen = {*form.get("seen", "").split()} & {*dispute.considered}
    decided = Adjudication(
        id=UNNAMED,
        item=dispute.item,
        task=task,
        adjudicator=person.id,
        reason=reason,
        considered=tuple(one for one in dispute.considered if one in seen),
        at=datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="seconds"),
        guideline=definition.version,
        **decision.fields,
    )
    adjudication = identified(decided)
    entry = desk.work.store.append(
        "adjudicate",
        [adjudication],
        details={"task": task, "item": dispute.item, "by": person.id},
    )
    if entry is not None:
        dealers_of(request).hear([adjudication], index=entry.index)
    tell_settled(request, adjudication)
    dockets_of(request).close(desk, task, dispute.item)
    return see_other(f"/resolve/{task}?settled={item}")


def dockets_of(request: Request) -> Dockets:
    """Give the dockets that the desk keeps."""
    state = request.app.state
    if not hasattr(state, "dockets"):
        state.dockets = Dockets()
    found: Dockets = state.dockets
    return found


def _find(several: tuple[Dispute, ...], item: str) -> Dispute | None:
    return next((one for one in several if one.item == item), None)


def _show(
    request: Request,
    name: str,
    *,
    place: int = 1,
    item: str = "",
    settled: str = "",
    **given: object,
) -> HTMLResponse:
    desk, person = desk_of(request), person_of(request)
    task = desk.work.task(name)
    docket = dockets_of(request).of(desk, task)
    open_items = docket.disputes
    place = min(max(1, place), max(1, len(open_items)))
    dispute = _find(open_items, item) or (open_items[place - 1] if open_items else None)
    shown = {one.name: one.name_in(person.language) for one in task.labels}
    shown |= {one.name: one.name_in(person.language) for one in task.criteria}
    values: dict[str, object] = {"refused": "", "form": {}} | given
    told = _told(desk, name, settled)
    asked = desk.work.store.get(Item, dispute.item) if dispute else None
    marks = marks_of(dispute) if dispute else []
    return page(
        request,
        "resolve.html",
        status=422 if values["refused"] else 200,
        task=task,
        title=task.title_in(person.language),
        guideline=to_html(task.guideline_in(person.language)),
        docket=docket,
        dispute=dispute,
        place=place,
        item=asked,
        marks=marks,
        pieces=pieces_of(asked.text, marks) if asked else [],
        name_of=lambda label: shown.get(label, label),
        told=told,
        tree=branches(task, person.language),
        gold=gold_state(request, told[0] if told else None),
        **values,
    )


def _told(
    desk: Desk, task: str, settled: str
) -> tuple[Adjudication, list[tuple[str, Annotation]]] | None:
    """Give the last adjudication of a settled item, and who had answered what."""
    if not settled:
        return None
    last = last_decision(desk.work.store.find(Adjudication, task), settled)
    if last is None:
        return None
    store = desk.work.store
    kept = (one for one in last.considered if store.has(Annotation, one))
    seen = [store.get(Annotation, one) for one in kept]
    words = last_words(seen).get(last.item, [])
    return last, [(name_of(desk, one.annotator), one) for one in words]


def name_of(desk: Desk, pseudonym: str) -> str:
    """Give what people call somebody; the pseudonym of who is no person here."""
    member = people.find(desk.work.store, pseudonym)
    return member.name if member else pseudonym
