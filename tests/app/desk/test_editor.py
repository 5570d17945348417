# SPDX-License-Identifier: Apache-2.0
"""Tasks as forms: what is shown is what is written, and nobody's change is lost."""

import html
from pathlib import Path

import pytest
from tests.app.desk.pages import fields

from maalem.app.desk.prose import to_html
from maalem.app.desk.task_form import FieldError, form_of, task_of
from maalem.app.desk.task_writing import file_of, fingerprint
from maalem.records import TaskVersion
from maalem.tasks import TaskDefinition, load_task, write_task

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "tasks").glob("*.toml"))


def a_form(opened, **changes):
    """The form of the project's task, as its page sends it."""
    path = file_of(opened.work, "system")
    form = form_of(opened.work.task("system")) | {"seen": fingerprint(path)}
    form["languages"] = form["languages"].split("\n")
    return form | {"do": "save"} | changes


def versions(opened):
    return list(opened.work.store.find(TaskVersion, "system"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_fields_of_a_task_make_the_same_task(path):
    task = load_task(path)
    assert task_of(form_of(task), task) == task


def test_a_new_task_needs_no_file(opened, desk_client):
    client = desk_client("curator")
    form = fields(html.unescape(client.get("/tasks/new").text))
    form |= {
        "name": "urgency",
        "title": "How urgent is it?",
        "answer": "choose",
        "languages": ["ar", "fr"],
        "guideline": "Urgent is what stops work.",
        "label.1.name": "Urgent",
        "label.1.names.ar": "عاجل",
        "label.3.name": "Later",
        "do": "save",
    }
    answer = client.post("/tasks", data=form)
    assert answer.status_code == 303, answer.text
    task = opened.work.task("urgency")
    assert task.label_names == ("Urgent", "Later")
    assert task.languages == ("ar", "fr")
    assert task.labels[0].name_in("ar") == "عاجل"
    (version,) = opened.work.store.find(TaskVersion, "urgency")
    assert (version.id, version.number) == (task.version, 1)
    assert version.by == opened.member("curator").id


def test_a_change_writes_file_and_version_and_keeps_what_the_file_was(
    opened, desk_client
):
    before = opened.work.task("system")
    form = a_form(
        opened, guideline="Other words.", note="clearer", ask_again=["Engine"]
    )
    answer = desk_client("owner").post("/tasks/system", data=form)
    assert answer.headers["location"] == "/tasks/system?written=2"
    after = opened.work.task("system")
    assert after.guideline == "Other words."
    first, second = versions(opened)
    assert (first.id, first.number) == (before.version, 1)
    assert (second.id, second.number) == (after.version, 2)
    assert (second.note, second.ask_again) == ("clearer", ("Engine",))
    assert second.toml == file_of(opened.work, "system").read_text("utf-8")


def test_how_cards_are_dealt_is_saved_without_a_new_version(opened, desk_client):
    client = desk_client("owner")
    client.post("/tasks/system", data=a_form(opened))
    client.post("/tasks/system", data=a_form(opened, **{"asking.answers": "3"}))
    assert opened.work.task("system").asking.answers == 3
    assert len(versions(opened)) == 1


def test_a_file_changed_by_hand_meanwhile_is_left_as_it_is(opened, desk_client):
    form = a_form(opened, guideline="Mine.")
    path = file_of(opened.work, "system")
    by_hand = path.read_text("utf-8").replace("Choose", "Please choose")
    path.write_text(by_hand, encoding="utf-8")
    answer = desk_client("owner").post("/tasks/system", data=form)
    assert answer.status_code == 409
    assert "Mine." in answer.text
    assert path.read_text("utf-8") == by_hand
    assert versions(opened) == []


def test_two_owners_do_not_overwrite_each_other(opened, desk_client):
    one, other = a_form(opened, title="One?"), a_form(opened, title="Other?")
    client = desk_client("owner")
    assert client.post("/tasks/system", data=one).status_code == 303
    assert client.post("/tasks/system", data=other).status_code == 409
    assert opened.work.task("system").title == "One?"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("label.2.name", "Engine"),
        ("label.2.names.ar", "\u202eabc"),
        ("label.1.parent", "Nobody"),
        ("asking.gold_share", "90"),
        ("asking.answers", "many"),
        ("accepted_error", "0"),
        ("answer", "guess"),
        ("guideline", " "),
    ],
)
def test_a_refused_field_is_named_and_nothing_is_written(
    opened, desk_client, field, value
):
    before = opened.work.task("system")
    answer = desk_client("owner").post(
        "/tasks/system", data=a_form(opened, **{field: value})
    )
    assert answer.status_code == 422
    assert f'id="refused-{field}"' in answer.text
    assert opened.work.task("system") == before


def test_a_field_error_names_the_field(opened):
    task = opened.work.task("system")
    with pytest.raises(FieldError) as refusal:
        task_of(form_of(task) | {"label.3.name": "Engine "}, task)
    assert refusal.value.field == "label.3.name"


def test_a_preview_writes_nothing(opened, desk_client):
    form = a_form(opened, guideline="## Now\n- **this**\n- <i>that</i>", do="preview")
    shown = desk_client("owner").post("/tasks/system", data=form).text
    assert '<li dir="auto"><strong>this</strong></li>' in shown
    assert "&lt;i&gt;that&lt;/i&gt;" in shown
    assert opened.work.task("system").guideline != form["guideline"]
    assert versions(opened) == []


def test_more_rows_are_given_without_a_script(opened, desk_client):
    form = a_form(opened, do="more", title="")
    shown = desk_client("owner").post("/tasks/system", data=form)
    assert shown.status_code == 200
    assert 'name="label.8.name"' in shown.text


def test_what_no_field_shows_is_kept(opened):
    text = write_task(opened.work.task("system")).replace(
        "margin = 0.01", "margin = 0.25"
    )
    file_of(opened.work, "system").write_text(text, encoding="utf-8")
    task = opened.work.task("system")
    assert task_of(form_of(task), task).gate.margin == 0.25


def test_reasons_for_the_better_of_two_are_kept_while_two_are_compared(opened):
    task = TaskDefinition(
        name="better",
        title="Which?",
        guideline="Choose.",
        labels=(),
        kind="generate",
        answer="compare",
        option_fields=("first", "second"),
        reasons=("Names the part",),
    )
    form = form_of(task)
    assert task_of(form, task).reasons == ("Names the part",)
    more = {**form, "reasons": "Names the part\n\n Shorter \n"}
    assert task_of(more, task).reasons == ("Names the part", "Shorter")
    assert task_of({**form, "answer": "write", "option_fields": ""}, task).reasons == ()
    with pytest.raises(FieldError):
        task_of({**form, "reasons": "\n".join(f"reason {n}" for n in range(10))}, task)


def test_no_task_takes_the_address_of_the_form(opened, desk_client):
    answer = desk_client("owner").post("/tasks", data=a_form(opened, name="new"))
    assert answer.status_code == 422
    assert not file_of(opened.work, "new").exists()


def test_a_refused_file_stands_in_the_list_with_its_reason(opened, desk_client):
    (opened.work.folder / "tasks" / "broken.toml").write_text("title = 3")
    shown = desk_client("owner").get("/tasks").text
    assert "broken.toml:1" in shown


@pytest.mark.parametrize("name", ["%2e%2e%2fmaalem", "a/b", "system.toml", "x\u202e"])
def test_a_name_leads_to_no_file_elsewhere(desk_client, name):
    assert desk_client("owner").get(f"/tasks/{name}").status_code == 404


def test_an_expert_writes_no_task(opened, desk_client):
    client = desk_client("expert")
    assert client.get("/tasks/system").status_code == 403
    assert client.post("/tasks/system", data=a_form(opened)).status_code == 403


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "![x](https://example.org/beacon.png)",
        "[x](javascript:alert(1))",
        "**<img src=x onerror=alert(1)>**",
        "`<svg onload=alert(1)>`",
    ],
)
def test_a_guideline_runs_nothing_and_loads_nothing(hostile):
    shown = str(to_html(hostile))
    for tag in ("<script", "<img", "<svg", "<a", "href="):
        assert tag not in shown


def test_a_guideline_is_shown_as_headings_lists_and_paragraphs():
    shown = to_html("# A\n\none\ntwo\n\n1. x\n2. y\n- z")
    assert shown == (
        '<h3 dir="auto">A</h3>\n<p dir="auto">one<br>two</p>\n'
        '<ol><li dir="auto">x</li><li dir="auto">y</li></ol>\n'
        '<ul><li dir="auto">z</li></ul>'
    )
