# SPDX-License-Identifier: Apache-2.0
"""A small project with a desk: thirty passages in three languages, people, a task."""

import threading
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from tests.app.builders import a_base, a_table

from maalem.app import loop
from maalem.app.desk import people
from maalem.app.desk.application import build
from maalem.app.desk.desk import Desk
from maalem.app.desk.passwords import Passwords
from maalem.app.desk.patience import PATIENCE
from maalem.app.desk.people import PERSON_ROLES, Newcomer
from maalem.app.desk.serving import address_of, listen, make_server
from maalem.corpus import ColumnMap

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "three blue hens walk"

FAULTS = {
    "en": (
        "engine will not start",
        "coolant leak at radiator",
        "hose burst on boom",
        "cylinder drips oil",
        "battery flat again",
        "work light flickers",
        "horn is silent",
        "pump loses pressure",
        "engine too hot at noon",
        "fuse blows every morning",
    ),
    "fr": (
        "le moteur ne démarre pas",
        "fuite du radiateur",
        "flexible éclaté sur la flèche",
        "le vérin perd son huile",
        "batterie à plat ce matin",
        "le phare clignote",
        "avertisseur muet",
        "pompe sans pression",
        "surchauffe du moteur à midi",
        "le fusible saute chaque matin",
    ),
    "ar": (
        "المحرك لا يشتغل",
        "تسرب من المبرد",
        "انفجر خرطوم الذراع",
        "الأسطوانة تفقد الزيت",
        "البطارية فارغة اليوم",
        "المصباح يومض",
        "البوق صامت",
        "المضخة بلا ضغط",
        "حرارة المحرك مرتفعة ظهرا",
        "يحترق المنصهر كل صباح",
    ),
}
TASK = """title = "Which system failed?"
guideline = "Choose the system that has to be **repaired**."
languages = ["en", "fr", "ar"]
titles = { fr = "Quel système est en panne ?", ar = "أي نظام تعطل؟" }

[guidelines]
fr = "Choisissez le système à **réparer**."
ar = "اختر النظام الذي يجب **إصلاحه**."

[[labels]]
name = "Engine"
description = "Engine and cooling."
examples = ["engine too hot"]
names = { fr = "Moteur", ar = "المحرك" }

[[labels]]
name = "Hydraulics"
description = "Oil under pressure."
names = { fr = "Hydraulique", ar = "الهيدروليك" }

[[labels]]
name = "Electrical"
description = "Whatever has wires."
names = { fr = "Électricité", ar = "الكهرباء" }
"""
LANGUAGES = {"expert": "ar", "curator": "fr"}
"""Languages of the people by role; the others read English."""


def quick_passwords():
    """Argon2id at the least cost that the library allows."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def a_desk_project(folder: Path) -> Path:
    """Make a project whose task asks about thirty passages."""
    rows = [
        {"text": f"{fault}, {place}", "place": place}
        for faults in FAULTS.values()
        for fault, place in zip(faults, "ABCDEFGHIJ", strict=True)
    ]
    table = a_table(folder.with_name(f"{folder.name}.csv"), rows)
    columns = ColumnMap(text=("text",), keep=("place",))
    with loop.create(folder, columns=columns) as work:
        (folder / "tasks" / "system.toml").write_text(TASK, encoding="utf-8")
        take_small_base(folder)
        loop.add(work, [table])
        loop.ask(work, "system")
        for role in PERSON_ROLES:
            a_person(work, role)
    return folder


def take_small_base(folder: Path) -> None:
    """Let a project's quick gear see texts with a base of a few kilobytes."""
    settings = folder / "maalem.toml"
    small = '\n[training]\nbase = "bases/small"\n'
    settings.write_text(settings.read_text("utf-8") + small, encoding="utf-8")
    a_base(folder)


def a_person(work, role, *, name="", password=None):
    """Let somebody of a role join."""
    name = name or f"{role.capitalize()} One"
    newcomer = Newcomer(
        name=name,
        email=f"{name.lower().replace(' ', '.')}@example.org",
        language=LANGUAGES.get(role, "en"),
        role=role,
    )
    secret = quick_passwords().hash(password) if password else None
    return people.create(
        work.store, newcomer, now=1_700_000_000.0, by="test", secret=secret
    )


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


class OpenDesk:
    """A desk without a network: its project, its clock, and clients of each role."""

    def __init__(self, work, *, clock=None, sso_secret=""):
        self.work = work
        self.clock = clock or Clock()
        self.desk = Desk(work=work, clock=self.clock, sso_secret=sso_secret)
        self.application = build(self.desk, passwords=quick_passwords())
        self.guard = self.application.state.guard

    def member(self, role):
        """Give the first person of a role."""
        return next(one for one in people.everyone(self.work.store) if one.role == role)

    def client(self, role=None, *, member=None):
        """Give a client that is signed in as a role, or as nobody.

        It sends the token of its session with everything, as the pages do.
        """
        client = TestClient(
            self.application,
            base_url=ADDRESS,
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        if role is not None or member is not None:
            member = member or self.member(role)
            token, session = self.guard.sessions.begin(member.id, now=self.clock())
            client.cookies.set(self.guard.cookie, token, domain="127.0.0.1")
            client.headers["x-csrf-token"] = session.csrf
        return client


class LiveServer:
    """A desk that real browsers reach, on a free port of this machine."""

    def __init__(self, work, url, application):
        self.work = work
        self.url = url
        self.guard = application.state.guard
        self.dealers = application.state.dealers

    def cookie(self, member):
        """Sign somebody in; give the cookie as Playwright's `add_cookies` takes it."""
        token, _ = self.guard.sessions.begin(member.id, now=self.guard.desk.clock())
        return {"name": self.guard.cookie, "value": token, "url": self.url}

    def member(self, role):
        """Give the first person of a role."""
        return next(one for one in people.everyone(self.work.store) if one.role == role)


@contextmanager
def a_server(work, *, clock, patience=PATIENCE, port=0):
    """Serve a desk from a thread until the block ends; port 0 takes a free one."""
    application = build(
        Desk(work=work, clock=clock), passwords=quick_passwords(), patience=patience
    )
    door = listen("127.0.0.1", port)
    server = make_server(application, patience=patience)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield LiveServer(work, address_of(door).rstrip("/"), application)
    finally:
        server.should_exit = True
        thread.join()
        door.close()
