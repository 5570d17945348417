# SPDX-License-Identifier: Apache-2.0
"""No English sentence of ours stands in a French or an Arabic page."""

import dataclasses
import re
import shutil
from html.parser import HTMLParser
from uuid import UUID

import pytest
from tests.app.desk.builders import OpenDesk, a_person
from tests.app.desk.traffic import a_request, write

from maalem.app import loop
from maalem.app.desk import people
from maalem.app.desk.people import Newcomer
from maalem.app.desk.speech import speech_in
from maalem.app.steps.runs import dataset_folder
from maalem.dataset.browsing import Choice, browse
from maalem.records import (
    Annotation,
    Dataset,
    Document,
    Hold,
    Item,
    Release,
    digest_of,
)
from maalem.translation import translation_in

ENGLISH = re.compile(
    r"\b(the|is|are|was|were|be|been|has|have|had|of|with|from|that|this|these|those|"
    r"there|which|must|may|can|cannot|not|no|and|or|for|to|it|its|by|an|any|at|as)\b",
    re.IGNORECASE,
)
FRENCH_TOO = {"or", "no", "as", "an", "may"}
VOID = {"meta", "link", "input", "img", "br", "hr", "path", "rect", "line", "circle"}
ALOUD = ("aria-label", "alt", "title", "placeholder")
QUIET = {"code", "pre", "kbd", "script", "style", "svg"}


class Page(HTMLParser):
    """Reads what a page says in its own language, what it quotes left out."""

    def __init__(self, html, language):
        super().__init__()
        self.language = language
        self.quoted = []
        self.texts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        other = attributes.get("lang", self.language) != self.language
        if tag not in VOID:
            document = attributes.get("dir") == "auto"
            self.quoted.append(other or document or tag in QUIET)
        if not any(self.quoted) and not other:
            self.texts += [attributes[name] for name in ALOUD if attributes.get(name)]

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.quoted.pop()

    def handle_data(self, data):
        if not any(self.quoted):
            self.texts.append(data)


def ours():
    """Give the English texts of several words that we say ourselves."""
    said = [
        *speech_in("fr").strings,
        *(one.english for one in translation_in("fr").patterns),
    ]
    return [one for one in said if len(one.split()) > 1 and "{" not in one]


OURS = re.compile(rf"\b({'|'.join(map(re.escape, ours()))})\b")


def english_in(text):
    """Give a text that has two words of English grammar, or a text of ours in it."""
    found = [one.lower() for one in ENGLISH.findall(text)]
    sure = [one for one in found if one not in FRENCH_TOO]
    return text.strip() if len(sure) > 1 or OURS.search(text) else ""


def english_on(html, language):
    """Give what a page says in English, without saying that it is."""
    texts = Page(html, language).texts
    together = re.split(r"\n\s*\n", "".join(texts))
    return [one for one in map(english_in, [*texts, *together]) if one]


def speaking(work, role, language):
    """Let somebody join who reads a language."""
    newcomer = Newcomer(
        name=f"{role} {language}",
        email=f"{role}.{language}@example.org",
        language=language,
        role=role,
    )
    return people.create(work.store, newcomer, now=1_700_000_000.0, by="test")


LEFT_OUT = (
    *("all held", "no label", "too few answers", "tie", "no majority"),
    *("several labels", "critical label", "guideline unclear"),
    *("answers differ", "no answer"),
)


@pytest.fixture
def rich(journey, tmp_path):
    """A project after the loop with all that is found and refused in a life."""
    folder = shutil.copytree(journey.folder, tmp_path / "rich")
    broken = "title = 'x'\nguideline = 'y'\nlabels = ['a', 'b']\naccepted_error = 3.0\n"
    (folder / "tasks" / "broken.toml").write_text(broken, encoding="utf-8")
    with loop.open_workspace(folder) as work:
        a_person(work, "expert")
        dataset = next(iter(work.store.find(Dataset)))
        reasons = [f"not settled: {one}" for one in LEFT_OUT]
        reasons += ["gold card, kept to measure experts", "answers on hold"]
        reasons += ["adjudications under an earlier guideline"]
        reasons += ["item", "group", "copy", "near-duplicate"]
        richer = dataclasses.replace(
            dataset,
            id=digest_of("a richer dataset"),
            left_out=tuple((one, 3) for one in reasons),
        )
        held = next(iter(work.store.find(Annotation, "system"))).annotator
        hold = Hold(
            id=digest_of("a hold"),
            task="system",
            annotator=held,
            is_lifted=False,
            reason="5 of 20 gold cards are right; 70% is the least that is tolerated. "
            "9 of 20 answers say 'Engine'; others say it in 30% of the same cards.",
            evidence=(("gold", "5 of 20 right"),),
            by="vigilance",
            at="2026-11-24T09:00:00+00:00",
        )
        work.store.append("test", [richer, hold])
        desk = OpenDesk(work)
        told = [a_request(at=desk.clock() - 1, alone=1, asked=1, model="m@elsewhere")]
        write(folder, [*told, a_request(at=desk.clock() - 1, status=503, code="x")])
        yield desk


def pages(work):
    """Give the address of every page that is there to look at."""
    store = work.store
    document = next(iter(store.find(Document)))
    datasets = [f"/datasets/{one.id}" for one in store.find(Dataset)]
    releases = [f"/releases/{one.task}-{one.number}" for one in store.find(Release)]
    first = next(iter(store.find(Dataset)))
    some = browse(dataset_folder(work, first), Choice(), skip=0, count=2)
    rows = [f"/datasets/{first.id}/rows/{one.item}" for one in some]
    left = next(iter(store.find(Item, "system"))).id
    traced = ["nothing", "system-1", first.id, some[0].item, left, "sha256:"]
    return [
        *("/", "/resolve", "/resolve/system", "/tasks", "/tasks/new", "/tasks/system"),
        *("/corpus", f"/corpus/{document.id}", "/team", "/datasets", "/runs"),
        *("/traffic", "/traffic/system", "/traffic/system?period=month"),
        *("/releases", "/people", "/me", "/task/system", *datasets, *releases),
        *(f"{one}/page" for one in releases),
        *(f"{one}/items?against=majority&won=yes" for one in releases),
        *(f"{one}/items?against=incumbent" for one in releases),
        *(f"{one}/rows" for one in datasets),
        *(f"{one}/changes" for one in datasets),
        *(*rows, f"/datasets/{first.id}/rows/sha256:0"),
        *(f"/trace?what={what}" for what in traced),
        *("/nowhere", "/tasks/unknown", "/tasks/broken", "/corpus?part=x", "/?x=1"),
    ]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_no_page_speaks_english_unmarked(rich, language):
    members = [speaking(rich.work, role, language) for role in ("owner", "expert")]
    clients = [rich.client(member=one) for one in members]
    faults = {
        (path, text)
        for client in clients
        for path in pages(rich.work)
        for text in english_on(client.get(path).text, language)
    }
    assert sorted(faults) == []


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_no_form_refuses_in_english(rich, language):
    client = rich.client(member=speaking(rich.work, "owner", language))
    forms = {
        "/tasks": {"name": "a b", "title": "x", "answer": "choose", "languages": "fr"},
        "/tasks/system": {"name": "system", "title": "x", "accepted_error": "much"},
        "/team/system/hold": {"annotator": "nobody", "reason": "r", "do": "hold"},
        "/people/role": {"person": "nobody", "role": "king"},
        "/people/invite": {"name": "", "role": "king", "language": "xx"},
        "/people/keys": {"name": "", "days": "9000"},
        "/people/door": {"person": "nobody", "deed": "paint"},
        "/me/password": {"password": "wrong", "new_password": "short"},
        "/resolve/system/sha256:0": {"choice": "unclear", "reason": "r"},
        "/traffic/system/route": {"deed": "roll-back"},
        "/traffic/other/route": {"deed": "promote", "why": "w", "release": "x"},
        "/traffic/else/route": {"deed": "roll-back", "why": "w", "seen": "x"},
    }
    for path, fields in forms.items():
        answer = client.post(path, data=fields)
        assert english_on(answer.text, language) == [], path


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "there is no such answer of yours"),
        ("fr", "vous n’avez pas donné cette réponse"),
        ("ar", "لم تعطِ هذه الإجابة"),
    ],
)
def test_a_refused_answer_is_told_in_the_language_of_who_gave_it(
    rich, language, message
):
    client = rich.client(member=speaking(rich.work, "expert", language))
    answer = client.post(
        "/api/v1/tasks/system/withdraw",
        json={"key": str(UUID(int=1)), "of": str(UUID(int=2))},
    )
    assert answer.json()["error"]["message"] == message


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_nobody_is_refused_in_english_at_the_door(rich, language):
    client = rich.client()
    client.headers["accept-language"] = f"{language}-MA,en;q=0.5"
    answers = [
        client.get("/sign-in"),
        client.get("/set-up"),
        client.get("/invitation/" + "x" * 43),
        client.get("/tasks"),
        client.get("/nowhere"),
        client.get("/api/v1/tasks"),
        client.post("/sign-in", data={"email": "a@b.org", "password": "wrong"}),
        client.get("/sign-in", headers={"host": "elsewhere.example"}),
    ]
    assert [english_on(one.text, language) for one in answers] == [[]] * len(answers)
    assert answers[-1].status_code == 400
    assert answers[-1].text != "this desk is not called by that name\n"


@pytest.mark.parametrize(
    ("language", "place"), [("en", "row"), ("fr", "ligne"), ("ar", "الصف")]
)
def test_a_card_says_where_its_text_stood(rich, language, place):
    client = rich.client(member=speaking(rich.work, "expert", language))
    hand = client.post("/api/v1/tasks/system/cards", json={"most": 1}).json()
    (card,) = hand["cards"]
    assert re.fullmatch(rf"reports\.csv, {place} \d+", card["source"])


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_release_page_speaks_its_language_whole(rich, language):
    for one in rich.work.store.find(Release):
        folder = rich.work.folder / "releases" / f"{one.task}-{one.number}"
        html = (folder / f"release.{language}.html").read_text("utf-8")
        assert english_on(html, language) == []
        assert 'lang="en"' not in html.replace('hreflang="en"', "").replace(
            'href="release.html" lang="en"', ""
        )


def test_the_detector_finds_english_and_leaves_what_is_quoted():
    assert english_on("<p>Bonjour</p><p>there is no such page</p>", "fr")
    assert not english_on('<p lang="en">there is no such page</p>', "fr")
    assert not english_on('<p dir="auto">the engine is hot</p>', "fr")
    assert english_on('<img alt="the page of the day">', "ar")
    assert english_on("<b>not recorded</b>", "ar")
    assert not english_on("<p>or, il a le plan du site à la main</p>", "fr")
