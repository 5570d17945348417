# SPDX-License-Identifier: Apache-2.0
"""Questions and answers leave one project and enter another as what they were."""

import dataclasses
import json

import pytest
from tests.app import builders
from tests.app.builders import a_table

from maalem.app import loop
from maalem.corpus import ColumnMap
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Item, Span

TASKS = {
    "write": 'kind = "generate"\nquestion_field = "asked"\n',
    "compare": 'kind = "generate"\noption_fields = ["a", "b"]\n',
    "mark": 'kind = "search"\n',
}
TEXTS = ("🚜 المحرك لا يشتغل", "the pump leaks oil", "le flexible a éclaté")


def a_project(folder, kind, texts=TEXTS):
    """Make a project that asks each text twice where it asks with columns."""
    rows = [
        {"text": text, "asked": f"What? {n}", "a": f"{n} good", "b": f"{n} bad"}
        for text in texts
        for n in range(1 if kind == "mark" else 2)
    ]
    columns = ColumnMap(text=("text",), keep=("asked", "a", "b"))
    folder.parent.mkdir(exist_ok=True)
    with loop.create(folder, columns=columns) as work:
        head = (
            'title = "What?"\nguideline = "Say it."\nlanguages = ["en", "fr", "ar"]\n'
        )
        head += f'answer = "{kind}"\n{TASKS[kind]}'
        (folder / "tasks" / "system.toml").write_text(head, encoding="utf-8")
        if texts:
            loop.add(work, [a_table(folder.with_suffix(".csv"), rows)])
            loop.ask(work, "system")
    return folder


def answered(folder, kind):
    """Let an expert answer every item but the last, as the desk keeps it."""
    with loop.open_workspace(folder) as work:
        items = list(work.store.find(Item, "system"))
        answers = [an_answer(item, kind, number=n) for n, item in enumerate(items[:-1])]
        work.store.append("annotation.desk", answers)
    return answers


def an_answer(item, kind, *, number):
    fields = {
        "write": {"text": f"Because of {number}."},
        "compare": {
            "labels": (("first", "neither")[number % 2],),
            "order_shown": (1, 0),
        },
        "mark": {"spans": (Span(start=0, end=1, quote=item.text[:1]),)},
    }[kind]
    return named(
        Annotation(
            **{"labels": (), **fields},
            id=UNNAMED,
            item=item.id,
            task="system",
            annotator=f"expert:{number % 2}",
            at="2026-03-05T10:11:12.123+00:00",
            seconds=4.5,
            note="seen twice",
            key=f"key {number}",
        )
    )


def content(folder):
    """Give what a project asks and what was answered, without the names of items."""
    with loop.open_workspace(folder, read_only=True) as work:
        items = {one.id: one for one in work.store.find(Item, "system")}
        answers = list(work.store.find(Annotation, "system"))
    asked = {one.id: (one.text, one.question, one.options) for one in items.values()}
    said = [
        (asked[one.item], dataclasses.replace(one, id=UNNAMED, item=UNNAMED))
        for one in answers
    ]
    return sorted(asked.values()), sorted(said, key=str)


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        *((layout, "write") for layout in ("jsonl", "label-studio", "argilla")),
        *((layout, "write") for layout in ("prodigy", "doccano")),
        *((layout, "compare") for layout in ("label-studio", "argilla", "prodigy")),
        *((layout, "mark") for layout in ("label-studio", "doccano")),
    ],
)
def test_what_leaves_one_project_enters_another_as_it_was(
    layout, kind, tmp_path, maalem
):
    one = a_project(tmp_path / "one", kind)
    other = a_project(tmp_path / "other", kind, texts=())
    answered(one, kind)
    path = tmp_path / "out.json"
    way = ("--format", layout)
    assert maalem("-C", one, "export", "system", path, *way).code == 0
    brought = maalem("-C", other, "ask", "system", "--from", path, "--json").json
    assert (brought["read"], brought["refused"]) == (len(content(one)[0]), [])
    taken = maalem("-C", other, "import", "system", path, *way, "--json").json
    assert (taken["refused"], taken["unanswered"]) == ([], 1)
    assert content(other) == content(one)
    again = maalem("-C", other, "ask", "system", "--from", path, "--json").json
    assert (again["documents"], again["items"]) == (0, 0)


def test_an_export_of_the_desks_answers_brings_nothing_new_when_it_is_read(
    tmp_path, maalem
):
    one = a_project(tmp_path / "one", "write")
    answers = answered(one, "write")
    path = tmp_path / "out.jsonl"
    maalem("-C", one, "export", "system", path)
    taken = maalem("-C", one, "import", "system", path, "--json").json
    assert (taken["read"], taken["new"]) == (len(answers), 0)


def test_an_answer_that_was_changed_elsewhere_is_one_more(tmp_path, maalem):
    one = a_project(tmp_path / "one", "write")
    answers = answered(one, "write")
    path = tmp_path / "out.jsonl"
    maalem("-C", one, "export", "system", path)
    text = path.read_text("utf-8").replace("Because of 0.", "Changed.")
    path.write_text(text, "utf-8")
    assert maalem("-C", one, "import", "system", path, "--json").json["new"] == 1
    with loop.open_workspace(one, read_only=True) as work:
        found = list(work.store.find(Annotation, "system"))
    assert [one.text for one in found] == [*(one.text for one in answers), "Changed."]
    assert found[-1].key is None
    assert maalem("-C", one, "import", "system", path, "--json").json["new"] == 0


def test_open_items_alone_are_written_where_that_is_asked(tmp_path, maalem):
    one = a_project(tmp_path / "one", "write")
    answered(one, "write")
    path = tmp_path / "open.json"
    maalem("-C", one, "export", "system", path, "--open", "--format", "label-studio")
    (task,) = json.loads(path.read_text("utf-8"))
    assert task["annotations"] == []
    assert '<TextArea name="answer"' in (tmp_path / "open.config.xml").read_text(
        "utf-8"
    )


def test_a_bad_line_is_told_by_its_number_and_what_follows_is_read(tmp_path, maalem):
    one = a_project(tmp_path / "one", "write")
    answered(one, "write")
    path = tmp_path / "out.jsonl"
    maalem("-C", one, "export", "system", path)
    lines = path.read_text("utf-8").splitlines()
    lines[1] = '{"text": NaN}'
    path.write_text("\n".join(lines).replace("Because of 3.", ""), "utf-8")
    other = a_project(tmp_path / "other", "write", texts=())
    brought = maalem("-C", other, "ask", "system", "--from", path, "--json").json
    assert brought["refused"] == [["experts.bad-line", 1]]
    taken = maalem("-C", other, "import", "system", path, "--json").json
    assert taken["refused"] == [["experts.bad-line", 1]]
    assert taken["refusals"] == [["line 2", "experts.bad-line"]]


def test_a_question_that_lacks_what_the_task_asks_with_is_refused(tmp_path, maalem):
    one = a_project(tmp_path / "one", "compare", texts=())
    path = tmp_path / "in.jsonl"
    rows = [{"text": "x", "labels": []}, {"text": " ", "labels": []}]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    way = ("--format", "jsonl", "--json")
    brought = maalem("-C", one, "ask", "system", "--from", path, *way).json
    assert brought["refused"] == [["experts.no-question", 1], ["experts.no-text", 1]]
    assert brought["items"] == 0


def test_a_file_is_asked_by_a_task_that_is_named(tmp_path, maalem):
    one = a_project(tmp_path / "one", "mark", texts=())
    path = builders.a_table(tmp_path / "x.csv", [{"text": "x"}])
    assert maalem("-C", one, "ask", "--from", path).code == 2
    assert maalem("-C", one, "ask", "system", "--format", "csv").code == 2
