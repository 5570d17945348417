# SPDX-License-Identifier: Apache-2.0
"""A project after the whole loop, with every page in every state that it can have."""

import re
from pathlib import Path

from tests.app.builders import a_project, a_table, answers
from tests.app.desk.builders import PASSWORD, TASK, a_person
from tests.app.desk.pages import an_answer
from tests.app.desk.traffic import a_request, judge, write

from maalem.app import loop
from maalem.app.desk import api_keys, invitations, people, people_deeds
from maalem.app.desk.people import PERSON_ROLES, Newcomer
from maalem.app.desk.serving import steady_clock
from maalem.app.steps.approvals import propose
from maalem.app.steps.proposals import proposals
from maalem.app.steps.route_change import Change
from maalem.app.steps.routing import change_route
from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.settled import exam_items
from maalem.dataset.browsing import Choice, browse
from maalem.experts.naming import identified
from maalem.records import (
    Adjudication,
    Digest,
    Document,
    GoldCard,
    Hold,
    Item,
    Qualification,
    Release,
    digest_of,
)

AT = "2026-11-24T10:00:00+00:00"
PATHS = {
    "day": "/",
    "resolve-list": "/resolve",
    "resolve": "/resolve/system",
    "resolve-next": "/resolve/system?place=2",
    "resolve-settled": "/resolve/system?settled={settled}",
    "resolve-gold": "/resolve/system?settled={gold}",
    "tasks": "/tasks",
    "task": "/tasks/system",
    "task-new": "/tasks/new",
    "team": "/team",
    "corpus": "/corpus",
    "corpus-search": "/corpus?q=pompe",
    "corpus-nothing": "/corpus?q=xyzzy",
    "document": "/corpus/{document}",
    "datasets": "/datasets",
    "dataset": "/datasets/{dataset}",
    "dataset-rows": "/datasets/{dataset}/rows?split=exam",
    "dataset-row": "/datasets/{dataset}/rows/{row}",
    "dataset-changes": "/datasets/{dataset}/changes",
    "runs": "/runs",
    "releases": "/releases",
    "release": "/releases/system-2",
    "proposal": "/releases/proposed/{proposal}",
    "release-items": "/releases/system-2/items?against=majority&won=yes",
    "traffic": "/traffic",
    "traffic-task": "/traffic/system",
    "traffic-month": "/traffic/system?period=month",
    "trace": "/trace",
    "traced": "/trace?what=system-2",
    "traced-nothing": "/trace?what=system-9",
    "me": "/me",
    "people": "/people",
    "cards": "/task/system",
    "missing": "/releases/system-9",
}
"""Pages of somebody who is signed in, by name; `{…}` is filled by `paths`."""

OPEN_PATHS = {
    "sign-in": "/sign-in",
    "invitation": "/invitation/{invitation}",
    "offline": "/offline/{language}",
}
"""Pages of nobody in particular."""


def _settle_unsaid(page):
    page.locator("#reason").fill("because")
    page.locator("form.sheet button.primary").click()


def _invite(page):
    page.locator("#name").fill("Zineb")
    page.locator("form[action='/people/invite'] button").click()


def _spoil(page):
    page.locator("[name=title]").first.evaluate(
        "one => one.removeAttribute('required')"
    )
    page.locator("[name=title]").first.fill("")
    page.locator("button.primary").first.click()


def _knock(page):
    page.locator("#password").fill("not the password")
    page.locator("#email").fill("somebody@example.org")
    page.locator("main button").click()


def _change_wrongly(page):
    page.locator("#password").fill("not the password")
    page.locator("#new_password").fill("four blue hens walk")
    page.locator("form[action='/me/password'] button").click()


DEEDS = {
    "resolve-refused": ("/resolve/system", _settle_unsaid),
    "people-link": ("/people", _invite),
    "task-refused": ("/tasks/system", _spoil),
    "me-refused": ("/me", _change_wrongly),
}
"""States of a page that a deed leads to: where to go, and what to do there."""

OPEN_DEEDS = {"sign-in-refused": ("/sign-in", _knock)}


def differing(work):
    """Two people who differ on every third item."""
    first, second, third = people.everyone(work.store)[:3]
    for number, item in enumerate(work.store.find(Item, "system")):
        other = "Electrical" if number % 3 == 0 else "Engine"
        yield an_answer(item, first.id, seconds=4.0, note="the engine is named")
        yield an_answer(item, second.id, labels=(other,), seconds=6.5)
    yield an_answer(item, third.id, labels=("Hydraulics",), seconds=0.4)


def a_whole_project(home: Path) -> Path:
    """Make it: two releases and one proposed, and something on every page."""
    folder = a_project(home / "fleet")
    gate = "\n[gate]\nmargin = 0.2\nmin_groups = 5\n"
    (folder / "tasks" / "system.toml").write_text(TASK + gate, encoding="utf-8")
    with loop.open_workspace(folder) as work:
        loop.add(work, [a_table(home / "reports.csv")])
        loop.ask(work, "system")
        loop.collect(work, "system", answers(home / "answers.jsonl"))
        dataset = loop.freeze(work, "system", drop_leaks=True)
        for _ in range(2):  # the second release makes a learning curve
            loop.release(work, loop.examine(work, loop.train(work, dataset)))
        for role in PERSON_ROLES:
            a_person(work, role, password=PASSWORD if role == "owner" else None)
        work.store.append("annotation.import", list(differing(work)))
        loop.freeze(work, "system", drop_leaks=True)  # a version with changes
        _judge(work)
        _let_in(work)
        _be_asked(work)
    with (folder / "maalem.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[release]\npeople = 2\n")
    with loop.open_workspace(folder) as work:
        propose(work, loop.examine(work, loop.train(work, dataset)))
    return folder


def paths(work, language, patterns=PATHS):
    """Give each page's address in a project."""
    settled = [one.item for one in work.store.find(Adjudication, "system")]
    gold = {one.item for one in work.store.find(GoldCard, "system")}
    dataset = loop.latest_dataset(work, "system")
    row = browse(dataset_folder(work, dataset), Choice(), skip=0, count=1)[0]
    filled = {
        "document": next(work.store.find(Document)).id,
        "dataset": dataset.id,
        "row": row.item,
        "settled": next(one for one in settled if one not in gold),
        "gold": next(one for one in settled if one in gold),
        "proposal": next(proposals(work)).entry,
        "language": language,
        "invitation": an_invitation(work, language),
    }
    return {name: path.format(**filled) for name, path in patterns.items()}


def an_invitation(work, language):
    """Invite somebody who reads a language; give what opens the door."""
    guest = Newcomer(name="Guest", email=None, language=language, role="expert")
    return invitations.invite(work.store, guest, now=steady_clock()(), by="test")


def read(work, member, language):
    """Let somebody read a language."""
    people_deeds.set_language(work.store, member.id, language)


def forget(visitor, language):
    """Sign a visitor out, who then reads a language by the choice of their browser."""
    visitor.context.clear_cookies()
    chosen = {"name": "language", "value": language, "url": visitor.server.url}
    visitor.context.add_cookies([chosen])


def walk(visitor, language):
    """Go through every page of somebody, with the states that deeds lead to."""
    yield from _walk(visitor, language, PATHS, DEEDS)


def walk_outside(visitor, language):
    """Go through every page that is open to anybody."""
    yield from _walk(visitor, language, OPEN_PATHS, OPEN_DEEDS)


def _walk(visitor, language, patterns, deeds):
    page, server = visitor.page, visitor.server
    for name, path in paths(server.work, language, patterns).items():
        page.goto(server.url + path)
        if name == "cards":
            page.locator('[data-lack="waiting"]').wait_for(state="hidden")
        yield name, page
    for name, (path, do) in deeds.items():
        page.goto(server.url + path)
        do(page)
        page.locator("[role=alert], .notice[role=status]").first.wait_for()
        yield name, page


def _judge(work):
    """Settle two cases, keep one as a gold card, hold somebody, qualify the owner."""
    version = work.task("system").version
    by = {one.role: one.id for one in people.everyone(work.store)}
    items = list(work.store.find(Item, "system"))
    exam = exam_items(work, items)
    disputed = [
        item
        for number, item in enumerate(items)
        if number % 3 == 0 and item.id not in exam
    ]
    decisions = [
        identified(
            Adjudication(
                id=Digest(""),
                item=item.id,
                task="system",
                adjudicator=by["curator"],
                labels=("Engine",),
                reason="the report names the engine",
                considered=(),
                at=AT,
                guideline=version,
            )
        )
        for item in disputed[:2]
    ]
    card = GoldCard(
        id=digest_of(["gold", disputed[0].id]),
        task="system",
        item=disputed[0].id,
        labels=("Engine",),
        by=by["curator"],
        at=AT,
    )
    held = Hold(
        id=digest_of(["hold", "system"]),
        task="system",
        annotator=people.everyone(work.store)[2].id,
        is_lifted=False,
        reason="4 of 12 gold cards right",
        evidence=(),
        by=by["owner"],
        at=AT,
    )
    trials = [
        _trial(by["owner"], language, right=right, year=year, version=version)
        for language, right, year in (
            ("en", 9, 2999),
            ("fr", 6, 2999),
            ("ar", 10, 2020),
        )
    ]
    work.store.append("test", [*decisions, card, held, *trials])


def _trial(who, language, *, right, year, version):
    return Qualification(
        id=digest_of(["trial", who, language]),
        task="system",
        language=language,
        annotator=who,
        guideline=version,
        cards=10,
        right=right,
        pass_mark=0.8,
        passed=right >= 8,
        at=f"{year - 1}-12-01T08:00:00+00:00",
        expires=f"{year}-06-30T08:00:00+00:00",
    )


def _let_in(work):
    """Invite somebody, close a door, make a key that is in use and one that is not."""
    now = steady_clock()()
    an_invitation(work, "fr")
    auditor = next(one for one in people.everyone(work.store) if one.role == "auditor")
    people_deeds.deactivate(work.store, auditor.id, by="test")
    for name in ("warehouse", "laptop"):
        key = api_keys.create(
            work.store, name, scopes=frozenset({"read"}), days=90, now=now, by="test"
        )
    api_keys.revoke(work.store, re.split("_", key)[1], now=now, by="test")


def _be_asked(work):
    """Let two releases answer for a month, with refusals, an audit and corrections."""
    first, last = work.store.find(Release, "system")
    owner = next(one for one in people.everyone(work.store) if one.role == "owner")
    tried = Change(
        task="system", deed="canary", release="system-1", share=0.25, by=owner.id,
        why="is the older one really worse?",
    )  # fmt: skip
    change_route(work, tried)
    now, requests = steady_clock()() - 1, []
    for number in range(360):
        at = now - number**2 * 20  # more and more of them until now
        one = last if number % 4 else first
        requests.append(
            a_request(
                id=f"r{number}",
                at=at,
                alone=number % 3,
                asked=number % 7 == 0,
                seconds=0.003 + 0.0001 * (number % 50) + (number % 90 == 0),
                release=one.id,
                model=one.checkpoint,
                arm="canary" if one is first else "champion",
            )
        )
    for number in range(12):
        code, status = (("gateway.busy", 429), ("gateway.field", 400))[number % 2]
        at = now - number * 5_000
        requests.append(a_request(at=at, status=status, code=code, model=""))
    requests.append(
        a_request(at=now, status=401, code="gateway.key", model="", task="")
    )
    write(work.folder, requests)
    judge(
        work.folder,
        at=now,
        drawn=[(f"r{number}", 0.1) for number in range(1, 60)],
        corrections=[
            *(
                (f"r{number}", number % 25 != 0, "audit", now)
                for number in range(1, 50)
            ),
            ("r5", False, "feedback", now),
        ],
    )
