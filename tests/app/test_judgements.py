# SPDX-License-Identifier: Apache-2.0
"""Label columns as annotations, and what becomes of those that contradict."""

from maalem.app import loop
from maalem.corpus import ColumnMap
from maalem.experts import settle
from maalem.records import Annotation

TASK = """
name = "system"
title = "Which system?"
guideline = "Name the system."

[[labels]]
name = "Engine"

[[labels]]
name = "Hydraulics"
"""


def test_a_later_copy_never_settles_a_contradiction(tmp_path):
    columns = ColumnMap(text=("text",), label="label")
    with loop.create(tmp_path / "p", name="p", columns=columns) as work:
        (work.folder / "tasks" / "system.toml").write_text(TASK, encoding="utf-8")
        for number, label in enumerate(["Engine", "Hydraulics", "Hydraulics"]):
            table = tmp_path / f"{number}.csv"
            table.write_text(f"text,label\noil on the boom again,{label}\n", "utf-8")
            loop.add(work, [table])
            loop.ask(work, "system")
            loop.collect_from_documents(work, "system")
        golds, still_open = settle(work.store.find(Annotation, "system"))
    assert golds == ()
    assert len(still_open) == 1


def test_copies_that_agree_settle_as_one(tmp_path):
    columns = ColumnMap(text=("text",), label="label")
    with loop.create(tmp_path / "p", name="p", columns=columns) as work:
        (work.folder / "tasks" / "system.toml").write_text(TASK, encoding="utf-8")
        table = tmp_path / "copies.csv"
        table.write_text("text,label\n" + "the oil leaks,Engine\n" * 3, "utf-8")
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect_from_documents(work, "system")
        golds, still_open = settle(work.store.find(Annotation, "system"))
    assert [gold.label for gold in golds] == ["Engine"]
    assert still_open == ()
