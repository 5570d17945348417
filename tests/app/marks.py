# SPDX-License-Identifier: Apache-2.0
"""A project with planted marks, in which something is forgotten."""

import json
from pathlib import Path

from tests.app import builders

from maalem.app import loop
from maalem.app.steps.forgetting import carry_out, plan_erasure
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Item

LATIN = "the driver Amine of quarter zanzibar-7731 said it smokes"
ARABIC = "قال السائق أمين من حي زنجبار إن المكيّف معطل"
NOTE = "I know this driver, he lives in zanzibar-7731 too"
WRITTEN = "call zanzibar-7731 before noon"
MARKS = (LATIN, ARABIC, NOTE, WRITTEN, "zanzibar-7731", "زنجبار")
ROW = 2
TEACHING = f"reports.csv row {ROW}"
"""A row of the teaching split, which has the marks in it."""


def in_every_form(mark):
    """Write a mark in the ways that files may hold it."""
    escaped = json.dumps(mark)[1:-1]
    for text in (mark, escaped, escaped.upper()):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)


def holding(folder, marks=MARKS):
    """Name the files below a folder that hold a mark, their names included."""
    forms = {form for mark in marks for form in in_every_form(mark)}
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and any(form in path.read_bytes() + str(path).encode() for form in forms)
    )


def write_noted_answer(folder):
    """Have somebody at the desk answer the marked item, in words and with a note."""
    with loop.open_workspace(folder) as work:
        item = next(one for one in work.store.find(Item) if LATIN in one.text)
        answer = named(
            Annotation(
                id=UNNAMED,
                item=item.id,
                task="system",
                annotator="expert:3f2a",
                labels=("Engine",),
                note=NOTE,
                text=WRITTEN,
                reason=ARABIC,
            )
        )
        work.store.append("annotation.import", [answer])


def a_marked_project(home: Path) -> Path:
    """Take a project through the whole loop, one row of which has the marks."""
    rows = builders.rows()
    rows[ROW - 1]["text"] += f" {LATIN}. {ARABIC}"
    table = builders.a_table(home / "reports.csv", rows)
    answers = builders.answers(home / "answers.jsonl", rows)
    folder = builders.a_project(home / "fleet")
    with loop.open_workspace(folder) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect(work, "system", answers)
    write_noted_answer(folder)
    taught_again(folder)
    return folder


def taught_again(folder):
    """Freeze, train, examine and release without what was forgotten."""
    with loop.open_workspace(folder) as work:
        dataset = loop.freeze(work, "system", drop_leaks=True)
        return loop.release(work, loop.examine(work, loop.train(work, dataset)))[0]


def forgotten(folder, what=TEACHING, **asked):
    """Forget something in a project that nobody has open."""
    with loop.open_workspace(folder) as work:
        return forget_in(work, what, **asked)


def forget_in(work, what, **asked):
    """Forget something, as the command does."""
    return carry_out(work, plan_erasure(work, what, **asked), reason="asked")
