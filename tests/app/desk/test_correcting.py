# SPDX-License-Identifier: Apache-2.0
"""Laws of the links to single answers: who has one says what is right, once."""

import dataclasses

import pytest
from tests.app.desk.builders import OpenDesk
from tests.serving.corrections.builders import log

from maalem.app.steps.corrections import traffic_file
from maalem.app.steps.linking import linker_of
from maalem.records import Annotation
from maalem.serving.corrections.links import Linker

TEXT = "the compressor belt squeals when cold"


@pytest.fixture
def linked(work):
    """A desk whose settings want links, and one logged answer."""
    log(traffic_file(work), "r1", TEXT)
    return OpenDesk(with_links(work))


def with_links(work, **settings):
    given = {"link": "https://desk.example"} | settings
    changed = dataclasses.replace(work.project.corrections, **given)
    project = dataclasses.replace(work.project, corrections=changed)
    return dataclasses.replace(work, project=project)


def path_of(desk, request="r1", place=0):
    url, _ = linker_of(desk.work).link(request, place, now=desk.clock())
    assert url.startswith("https://desk.example/correct/")
    return url.removeprefix("https://desk.example")


def answers(desk):
    found = desk.work.store.find(Annotation, "system")
    return [one for one in found if one.annotator == "feedback:link"]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_link_shows_one_answer_and_nothing_else_of_the_project(linked, language):
    shown = linked.client().get(path_of(linked), headers={"accept-language": language})
    assert shown.status_code == 200
    assert TEXT in shown.text
    assert f'lang="{language}"' in shown.text
    assert linked.work.project.project.name not in shown.text
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_what_is_said_behind_a_link_is_feedback_and_its_first_word_stands(linked):
    path, client = path_of(linked), linked.client()
    assert client.post(path, data={"label": "Hydraulics"}).status_code == 200
    assert client.post(path, data={"label": "Hydraulics"}).status_code == 200
    assert client.post(path, data={"label": "="}).status_code == 200
    (said,) = answers(linked)
    assert (said.labels, said.source) == (("Hydraulics",), "feedback")


def test_who_says_that_the_answer_was_right_chooses_its_label(linked):
    linked.client().post(path_of(linked), data={"label": "="})
    assert [one.labels for one in answers(linked)] == [("Engine",)]


def test_what_is_no_label_is_refused(linked):
    for label in ("", "Brakes", "<script>"):
        shown = linked.client().post(path_of(linked), data={"label": label})
        assert shown.status_code == 422
    assert answers(linked) == []


def test_a_link_that_was_changed_or_is_too_old_opens_nothing(linked):
    path = path_of(linked)
    foreign = Linker(b"other", address="https://desk.example", days=14)
    url, _ = foreign.link("r1", 0, now=linked.clock())
    for wrong in (
        f"{path[:-1]}{'0' if path[-1] != '0' else '1'}",
        path.replace("r1.0", "r1.1"),
        url.removeprefix("https://desk.example"),
        "/correct/x",
        path_of(linked, "nobody"),
    ):
        assert linked.client().get(wrong).status_code == 404
    linked.clock.now += 14 * 86_400.0
    assert linked.client().get(path).status_code == 404


def test_a_link_from_before_the_settings_changed_opens_nothing(linked, work):
    assert OpenDesk(work).client().get(path_of(linked)).status_code == 404


def test_another_site_cannot_answer_for_a_reader(linked):
    shown = linked.client().post(
        path_of(linked),
        data={"label": "="},
        headers={"origin": "https://elsewhere.example"},
    )
    assert shown.status_code == 403
    assert answers(linked) == []


def test_who_opens_a_link_again_and_again_waits(linked):
    path, client = path_of(linked), linked.client()
    codes = [client.get(path).status_code for _ in range(12)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_a_text_that_nobody_kept_is_no_page(work):
    log(traffic_file(work), "r2", TEXT, keeps=False)
    desk = OpenDesk(with_links(work))
    assert desk.client().get(path_of(desk, "r2")).status_code == 404
