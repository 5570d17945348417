# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of the cards: ask for them, answer them, take an answer back."""

from dataclasses import dataclass

from fastapi import Request

from maalem.app.desk import dealing_views as views
from maalem.app.desk.answering import annotation_id
from maalem.app.desk.answering_forms import (
    AnsweredView,
    AnswerForm,
    ClaimForm,
    ContextView,
    HandView,
    ItemView,
    ReadForm,
    ReceiptView,
    SkipForm,
    TaskLine,
    TaskList,
    TaskView,
    TrialView,
    WithdrawForm,
)
from maalem.app.desk.answering_receipt import (
    Caller,
    given_card,
    receive,
    refuse_foreign_item,
    take_back,
)
from maalem.app.desk.dealing import Dealer
from maalem.app.desk.dealing_reading import has_read, note_reading
from maalem.app.desk.dealing_registry import Dealers, dealers_of
from maalem.app.desk.desk import Desk, Person, desk_of, person_of
from maalem.app.desk.permissions import may
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import speech_in
from maalem.app.desk.watcher import watcher_of
from maalem.app.desk.webhook_notices import tell_answer
from maalem.records import Digest

TABLE = RouteTable()
MOST_ANSWERS = 10
"""Answers of theirs that somebody is shown, and may take back."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request of somebody who answers."""

    desk: Desk
    dealers: Dealers
    person: Person
    caller: Caller

    def left(self, dealer: Dealer) -> int:
        now, language = self.caller.now, self.person.language
        return dealer.left(self.person.id, language=language, now=now)

    def today(self, dealer: Dealer) -> int:
        return dealer.answered(self.person.id, day=self.caller.day)


def _visit(request: Request) -> _Visit:
    desk, person = desk_of(request), person_of(request)
    caller = Caller(id=person.id, now=desk.clock())
    return _Visit(desk, dealers_of(request), person, caller)


@TABLE.api("GET", "/api/v1/tasks", permission="answer")
def list_tasks(request: Request) -> TaskList:
    """List the tasks with what is left for the caller."""
    visit = _visit(request)
    lines = []
    for name in visit.desk.work.task_names():
        dealer = visit.dealers.of(name)
        task = dealer.deck.task
        line = TaskLine(
            task=name,
            title=task.title_in(visit.person.language),
            answer=task.answer,
            left=visit.left(dealer),
            answered=dealer.answered(visit.person.id),
            answered_today=visit.today(dealer),
        )
        lines.append(line)
    return TaskList(tasks=lines)


@TABLE.api("GET", "/api/v1/tasks/{task}", permission="answer")
def show_task(request: Request, task: str) -> TaskView:
    """Show a task: labels and guideline in the caller's language."""
    visit = _visit(request)
    dealer, language = visit.dealers.of(task), visit.person.language
    asked = dealer.deck.task
    trial = dealer.trial(visit.person.id, language=language, now=visit.caller.now)
    return TaskView(
        task=asked.name,
        title=asked.title_in(language),
        answer=asked.answer,
        guideline=asked.guideline_in(language),
        guideline_version=asked.version,
        has_read=has_read(visit.desk.work.store, visit.person.id, asked),
        labels=views.label_views(asked, language),
        criteria=views.criterion_views(asked, language),
        qualification=None
        if trial is None
        else TrialView(
            language=trial.language, cards=trial.cards, answered=trial.answered
        ),
        left=visit.left(dealer),
        answered=dealer.answered(visit.person.id),
        answered_today=visit.today(dealer),
    )


@TABLE.api("POST", "/api/v1/tasks/{task}/cards", permission="answer")
def claim_cards(request: Request, task: str, form: ClaimForm) -> HandView:
    """Give the caller cards, which are then theirs until they expire."""
    visit = _visit(request)
    hand = visit.dealers.of(task).claim(
        visit.person.id,
        most=form.most,
        has=frozenset(map(Digest, form.held)),
        language=visit.person.language,
        now=visit.caller.now,
    )
    store = visit.desk.work.store
    return HandView(
        cards=[
            views.card_view(store, lease, visit.person.language) for lease in hand.cards
        ],
        left=hand.left,
        state=hand.state,
        opens=hand.opens,
    )


@TABLE.api("POST", "/api/v1/tasks/{task}/answers", permission="answer")
def answer_card(request: Request, task: str, form: AnswerForm) -> ReceiptView:
    """Keep an answer; it is durable when this answers, and sent twice it is one."""
    visit = _visit(request)
    receipt = receive(
        visit.desk.work.store,
        visit.dealers,
        form.to_sent(),
        to=(task, Digest(form.item)),
        of=visit.caller,
    )
    dealer = visit.dealers.of(task)
    if not receipt.is_duplicate:
        tell_answer(request, (task, form.item), receipt.id, is_withdrawal=False)
        watcher_of(request).heard(task, visit.caller.id)
    return ReceiptView(
        id=receipt.id,
        duplicate=receipt.is_duplicate,
        left=visit.left(dealer),
        answered_today=visit.today(dealer),
        effect=_effect(visit, dealer),
    )


def _effect(visit: _Visit, dealer: Dealer) -> str | None:
    """Say how good the quick gear is by now, where that is news to the caller."""
    point = dealer.news_for(visit.person.id)
    if point is None:
        return None
    speech = speech_in(visit.person.language)
    return speech.plain(
        "After {answers} answers the model foretells {right} of {judged} that it had "
        "not seen.",
        answers=speech.number(point.answers),
        right=speech.number(point.right),
        judged=speech.number(point.judged),
    )


@TABLE.api("POST", "/api/v1/tasks/{task}/skips", permission="answer")
def skip_card(request: Request, task: str, form: SkipForm) -> ItemView:
    """Put a card off: others may be given it, and for the caller it comes last."""
    visit = _visit(request)
    dealer, item = visit.dealers.of(task), Digest(form.item)
    given_card(dealer, item, visit.person.id)
    dealer.give_back(item, visit.person.id, now=visit.caller.now)
    return ItemView(item=item)


@TABLE.api("POST", "/api/v1/tasks/{task}/withdraw", permission="answer")
def withdraw_answer(request: Request, task: str, form: WithdrawForm) -> ItemView:
    """Take an answer back; both stay on record, and the card may be asked again."""
    visit = _visit(request)
    item = take_back(
        visit.desk.work.store,
        visit.dealers,
        str(form.key),
        of_key=str(form.of),
        task=task,
        of=visit.caller,
    )
    taken = annotation_id(task, visit.person.id, key=str(form.of))
    tell_answer(request, (task, item), taken, is_withdrawal=True)
    return ItemView(item=item)


@TABLE.api("GET", "/api/v1/tasks/{task}/answers", permission="answer")
def list_answers(request: Request, task: str) -> list[AnsweredView]:
    """List the caller's last answers, the newest first."""
    visit = _visit(request)
    dealer, store = visit.dealers.of(task), visit.desk.work.store
    last = dealer.last_answers(visit.person.id, most=MOST_ANSWERS)
    speaks = visit.person.language
    return [
        views.answered_view(
            store, one, dealer.lease_of(one.item, one.annotator), language=speaks
        )
        for one in last
    ]


@TABLE.api("POST", "/api/v1/tasks/{task}/guideline-read", permission="answer")
def read_guideline(request: Request, task: str, form: ReadForm) -> ReadForm:
    """Note that the caller has read the guideline in force."""
    visit = _visit(request)
    asked = visit.dealers.of(task).deck.task
    if form.version != asked.version:
        raise RefusedError(
            "this is not the guideline in force",
            status=409,
            hint="read it again: it has changed",
            code="desk.guideline",
        )
    store, now = visit.desk.work.store, visit.caller.now
    note_reading(store, visit.person.id, asked, now=now)
    return form


@TABLE.api("GET", "/api/v1/tasks/{task}/items/{item}/context", permission="answer")
def show_context(request: Request, task: str, item: str) -> ContextView:
    """Show the document around a card that the caller was given."""
    visit = _visit(request)
    dealer, person = visit.dealers.of(task), visit.person
    if may(person.role, "read"):
        refuse_foreign_item(dealer, item)
    else:
        given_card(dealer, Digest(item), person.id)
    return views.context_view(visit.desk.work.store, Digest(item), person.language)
