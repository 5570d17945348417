# SPDX-License-Identifier: Apache-2.0
"""The status names what waits for people, and nothing where nothing does."""

from tests.app.desk.pages import an_answer
from tests.app.desk.test_settling import items_of

from maalem.app.status import status
from maalem.records import Item


def test_items_without_an_answer_wait(work):
    (waiting,) = status(work).waiting
    assert (waiting.task, waiting.disagreements, waiting.items) == ("system", 0, 30)
    assert waiting.command == f"maalem -C {work.folder} serve"


def test_a_disagreement_waits_for_who_settles_it(work):
    item = items_of(work, is_exam=False)[0]
    labels = {"a": ("Engine",), "b": ("Electrical",)}
    answers = [an_answer(item, who, labels=said) for who, said in labels.items()]
    work.store.append("annotation.desk", answers)
    (waiting,) = status(work).waiting
    assert (waiting.disagreements, waiting.items) == (1, 29)


def test_nothing_waits_where_all_is_settled(work):
    answers = [
        an_answer(item, who)
        for item in work.store.find(Item, "system")
        for who in ("a", "b")
    ]
    work.store.append("annotation.desk", answers)
    assert status(work).waiting == ()


def test_a_task_whose_file_is_refused_hides_no_other(work):
    (work.folder / "tasks" / "broken.toml").write_text("title = ", "utf-8")
    assert [one.task for one in status(work).waiting] == ["system"]
