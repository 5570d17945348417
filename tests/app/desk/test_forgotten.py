# SPDX-License-Identifier: Apache-2.0
"""After something was forgotten the pages say what is left, and none of them fails."""

import pytest
from tests.app import marks
from tests.app.desk.builders import OpenDesk, a_person

from maalem.app import loop
from maalem.app.desk.people_deeds import set_language
from maalem.experts.naming import identified
from maalem.records import Adjudication, Annotation, Dataset, Digest

PAGES = ("/", "/datasets", "/runs", "/releases", "/corpus", "/team", "/resolve", "/me")


@pytest.fixture
def after(forgettable):
    """The desk of a project in which a row was forgotten and a model taught again."""
    marks.forgotten(forgettable)
    marks.taught_again(forgettable)
    with loop.open_workspace(forgettable) as work:
        for role in ("owner", "auditor"):
            a_person(work, role)
        yield OpenDesk(work)


def datasets(after):
    return [*after.work.store.find(Dataset)]


@pytest.mark.parametrize("place", PAGES)
def test_every_list_is_shown(after, place):
    answer = after.client("owner").get(place)
    assert answer.status_code == 200
    assert not any(mark in answer.text for mark in marks.MARKS)


@pytest.mark.parametrize("number", [0, 1])
def test_both_datasets_have_their_page(after, number):
    one = datasets(after)[number]
    client = after.client("owner")
    assert client.get(f"/datasets/{one.id}").status_code == 200
    assert client.get(f"/datasets/{one.id}/changes").status_code in {200, 404}
    assert client.get(f"/datasets/{one.id}/files/manifest.json").status_code == 200


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "were erased"),
        ("fr", "ont été effacés"),
        ("ar", "مُحيت نصوص مجموعة البيانات"),
    ],
)
def test_the_rows_of_an_erased_dataset_are_refused_with_the_reason(
    after, language, said
):
    old = datasets(after)[0]
    set_language(after.work.store, after.member("owner").id, language)
    client = after.client("owner")
    answer = client.get(f"/datasets/{old.id}/rows")
    assert 400 <= answer.status_code < 500
    assert said in answer.text


@pytest.mark.parametrize("name", ["system-1", "system-2"])
def test_releases_and_their_items_are_shown(after, name):
    client = after.client("owner")
    assert client.get(f"/releases/{name}").status_code == 200
    items = f"/releases/{name}/items?against=majority&won=1"
    assert client.get(items).status_code == 200


def test_a_decision_is_shown_without_the_answers_that_were_forgotten(after):
    work, owner = after.work, after.member("owner").id
    answer = next(work.store.find(Annotation, "system"))
    judged = identified(
        Adjudication(
            id=Digest(""),
            item=answer.item,
            task="system",
            adjudicator=owner,
            labels=("Engine",),
            reason="The report names the part.",
            considered=(answer.id,),
            at="2026-11-24T10:00:00+00:00",
            guideline=work.task("system").version,
        )
    )
    work.store.append("adjudicate", [judged])
    marks.forget_in(work, answer.annotator, with_answers=True)
    shown = after.client("owner").get(f"/resolve/system?settled={answer.item}")
    assert shown.status_code == 200
