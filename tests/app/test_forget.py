# SPDX-License-Identifier: Apache-2.0
"""`maalem forget`: what is forgotten is in no file; what learned from it is told."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from tests.app import builders
from tests.app.marks import (
    ARABIC,
    LATIN,
    MARKS,
    NOTE,
    TEACHING,
    forgotten,
    holding,
    taught_again,
)

from maalem.app import loop
from maalem.app.steps.begun import BEGUN, unfinished
from maalem.app.steps.forgetting import plan_erasure
from maalem.app.steps.remains import remove_remains
from maalem.app.steps.retraining import duties, still_open
from maalem.app.steps.runs import dataset_folder
from maalem.dataset import read_dataset, read_split
from maalem.dataset.erased import erase_texts, find_erased
from maalem.errors import DataError
from maalem.records import Annotation, Dataset, Document, Item, Passage, Release


def scatter(folder, marked):
    """Leave the marks where exports, logs and other programs leave them."""
    (folder / "cache" / "old").mkdir()
    (folder / "cache" / "old" / "texts.txt").write_text(LATIN, "utf-8")
    (folder / "kept").mkdir()
    shutil.copy(marked.parent / "reports.csv", folder / "kept" / "reports.csv")
    (folder / "wide.txt").write_text(f"x {ARABIC} y", "utf-16")
    (folder / "escaped.jsonl").write_text(json.dumps({"text": ARABIC}), "utf-8")
    (folder / "answers.json").write_text(json.dumps({"note": NOTE}), "utf-8")
    run = next(folder.glob("runs/*/job.json")).parent
    with loop.open_workspace(folder, read_only=True) as work:
        whole = next(one.text for one in work.store.find(Item) if LATIN in one.text)
    (run / "worker.log").write_text(f"embedding {whole}", "utf-8")
    (folder / "datasets" / ".abc.partial").mkdir()
    (folder / "datasets" / ".abc.partial" / "exam.txt").write_text(LATIN, "utf-8")


def test_what_is_forgotten_is_in_no_file_of_the_project(marked, forgettable, maalem):
    scatter(forgettable, marked)
    out = forgettable / "out.jsonl"
    assert maalem("-C", forgettable, "export", "system", out).code == 0
    before = holding(forgettable)
    assert "out.jsonl" in before
    assert any(name.startswith("blobs") for name in before)
    assert maalem("-C", forgettable, "forget", TEACHING, "--yes").code == 0
    assert holding(forgettable) == []
    assert not [*forgettable.glob("datasets/*/*.parquet")]


def test_what_others_said_is_still_there(forgettable, maalem):
    with loop.open_workspace(forgettable, read_only=True) as work:
        before = work.store.count(Document), work.store.count(Annotation)
        kept = {one.id for one in work.store.find(Passage)}
    maalem("-C", forgettable, "forget", TEACHING, "--yes")
    with loop.open_workspace(forgettable, read_only=True) as work:
        after = work.store.count(Document), work.store.count(Annotation)
        assert {one.id for one in work.store.find(Passage)} < kept
    assert (before[0] - after[0], before[1] - after[1]) == (1, 3)


def test_showing_changes_nothing_and_prints_no_text(forgettable, maalem):
    before = builders.actions(forgettable)
    shown = maalem("-C", forgettable, "forget", TEACHING, "--plan")
    unasked = maalem("-C", forgettable, "forget", TEACHING)
    told = maalem("-C", forgettable, "--json", "forget", TEACHING)
    assert builders.actions(forgettable) == before
    assert "system-1" in shown.out
    assert told.json["served"] == ["system-1"]
    assert "--yes" in unasked.err
    assert told.json["entry"] is None
    assert told.json["counts"] == {
        "document": 1,
        "passage": 1,
        "item": 1,
        "annotation": 3,
    }
    for answer in (shown, unasked, told):
        assert not any(mark in answer.out + answer.err for mark in MARKS)


def test_status_names_the_next_command_until_a_new_model_is_released(
    forgettable, maalem
):
    def left():
        found = maalem("-C", forgettable, "--json", "forget", "--status").json["models"]
        return [one["next_command"] for one in found]

    assert left() == []
    assert maalem("-C", forgettable, "forget", TEACHING, "--yes").code == 0
    assert maalem("-C", forgettable, "--json", "status").json["to_retrain"] == 1
    for command, further in (
        ("freeze", "--leave-out-leaks"),
        ("train", "--seeds=1"),
        ("examine", "-q"),
        ("release", "--against-the-verdict"),
    ):
        (next_command,) = left()
        assert f"maalem {command} system" in next_command
        assert maalem("-C", forgettable, command, "system", further).code == 0
    assert left() == []
    assert maalem("-C", forgettable, "--json", "status").json["to_retrain"] == 0


def test_the_report_names_both_models_and_the_entries_that_say_so(forgettable, maalem):
    with loop.open_workspace(forgettable, read_only=True) as work:
        old = next(work.store.find(Release)).checkpoint
    entry = forgotten(forgettable).index
    half = maalem("-C", forgettable, "--json", "forget", "--report").json
    assert [one["open"] for one in half["reports"]] == [1]
    new = taught_again(forgettable).checkpoint
    whole = maalem("-C", forgettable, "--json", "forget", "--report").json
    (report,) = whole["reports"]
    (model,) = report["models"]
    after = model["successor"]
    with loop.open_workspace(forgettable, read_only=True) as work:
        places = {one.index: one.action for one in work.store.entries()}
    assert (model["checkpoint"], after["checkpoint"]) == (old, new)
    assert (old != new, report["open"], after["release"]) == (True, 0, "system-2")
    named = (report["entry"], after["trained"], after["released"])
    assert named[0] == entry
    assert [places[one] for one in named] == ["forget", "train.done", "release.sign"]


def test_a_report_stands_in_every_language_and_says_no_text(forgettable, maalem):
    entry = forgotten(forgettable).index
    new = taught_again(forgettable).checkpoint
    maalem("-C", forgettable, "forget", "--report")
    pages = sorted((forgettable / "reports").iterdir())
    assert [one.name for one in pages] == [
        f"erasure-{entry}.{ending}" for ending in ("ar.md", "en.md", "fr.md", "json")
    ]
    for page in pages:
        text = page.read_text("utf-8")
        assert new in text
        assert not any(mark in text for mark in MARKS)


def test_the_model_in_force_still_sits_the_exam_after_its_texts_are_gone(forgettable):
    forgotten(forgettable)
    with loop.open_workspace(forgettable) as work:
        dataset = loop.freeze(work, "system", drop_leaks=True)
        exam = loop.examine(work, loop.train(work, dataset))
    assert "incumbent" in {one.model for one in exam.report.measures}


def test_a_model_that_was_only_examined_on_it_is_not_to_be_taught_again(forgettable):
    with loop.open_workspace(forgettable) as work:
        examined = _row_of(work, "exam")
        touched = plan_erasure(work, examined).touched
        assert dict(touched.datasets[0].rows) == {"exam": 1}
        assert touched.models == ()
    forgotten(forgettable, examined)
    with loop.open_workspace(forgettable) as work:
        assert duties(work) == ()
        dataset = work.store.get(Dataset, touched.datasets[0].id)
        with pytest.raises(DataError, match="were erased"):
            read_dataset(dataset_folder(work, dataset))


def _row_of(work, split):
    """Name a document of a split."""
    dataset = loop.latest_dataset(work, "system")
    row = read_split(dataset_folder(work, dataset), split)[0]
    return work.store.get(Passage, row.passage).document[7:27]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_kill_at_any_step_is_finished_by_the_same_command(forgettable, maalem, steps):
    with loop.open_workspace(forgettable) as work:
        plan = plan_erasure(work, TEACHING)
        subject = plan.subject.name
        work.store.append(BEGUN, details={"subject": subject})
        if steps > 1:
            remove_remains(work, plan.remains)
        if steps > 2:
            dataset = work.store.get(Dataset, plan.touched.datasets[0].id)
            erase_texts(dataset_folder(work, dataset), gone=plan.touched.groups)
        assert unfinished(work) == {subject: False}
    told = maalem("-C", forgettable, "--json", "forget", "--status").json
    assert told["unfinished"] == [subject]
    assert maalem("-C", forgettable, "--json", "status").json["half_forgotten"] == [
        subject
    ]
    done = maalem("-C", forgettable, "--json", "forget", subject, "--yes")
    assert done.code == 0
    assert len(done.json["models"]) == 1
    assert holding(forgettable) == []
    told = maalem("-C", forgettable, "--json", "forget", "--status").json
    assert told["unfinished"] == []


@pytest.mark.parametrize(
    "begins",
    [
        lambda folder: not (folder / "cache").exists(),
        lambda folder: any(folder.glob("datasets/*/erased.json")),
        lambda folder: not any(folder.glob("blobs/*/*")),
    ],
    ids=["caches", "dataset", "blobs"],
)
def test_after_a_real_kill_the_same_command_finishes(forgettable, maalem, begins):
    script = "from maalem.app.main import main; main()"
    said = ["-C", str(forgettable), "forget", TEACHING, "--yes", "-q"]
    for blob in forgettable.glob("blobs/*/*"):
        if LATIN.encode() not in blob.read_bytes():
            blob.unlink()  # so that none is left when the one that matters is gone
    with subprocess.Popen([sys.executable, "-c", script, *said]) as killed:
        while killed.poll() is None and not begins(forgettable):
            time.sleep(0.0005)
        killed.kill()
    again = maalem("-C", forgettable, "--json", "forget", TEACHING, "--yes")
    assert again.code == 0 or again.error["code"] == "forget.unknown"
    assert holding(forgettable) == []
    assert builders.actions(forgettable)["forget"] == 1
    told = maalem("-C", forgettable, "--json", "forget", "--status").json
    assert told["unfinished"] == []
    assert len(told["models"]) == 1


def test_what_was_forgotten_is_not_forgotten_twice(forgettable, maalem):
    with loop.open_workspace(forgettable, read_only=True) as work:
        document = plan_erasure(work, TEACHING).subject.documents[0]
    assert maalem("-C", forgettable, "forget", document[7:20], "--yes").code == 0
    again = maalem("-C", forgettable, "--json", "forget", document[7:20], "--yes")
    assert (again.code, again.error["code"]) == (2, "forget.already")
    assert builders.actions(forgettable)["forget"] == 1


def test_a_second_document_of_the_same_file_and_dataset_is_forgotten_too(forgettable):
    forgotten(forgettable)
    with loop.open_workspace(forgettable, read_only=True) as work:
        plan = plan_erasure(work, "reports.csv row 3")
    assert [one.taught for one in plan.touched.datasets] == [1]
    assert plan.touched.blobs == ()
    entry = forgotten(forgettable, "reports.csv row 3").index
    with loop.open_workspace(forgettable, read_only=True) as work:
        assert [one.entry for one in duties(work)][-1] == entry
        assert len(still_open(work)) == 2
        folder = dataset_folder(
            work, work.store.get(Dataset, plan.touched.datasets[0].id)
        )
    assert len(find_erased(folder).entries) == 2


def test_a_whole_file_is_all_its_documents(forgettable):
    with loop.open_workspace(forgettable, read_only=True) as work:
        plan = plan_erasure(work, "reports.csv")
        assert len(plan.subject.documents) == work.store.count(Document)
        assert plan.touched.beside == 0
        file = next(work.store.find(Document)).file
        assert plan_erasure(work, file[7:19]).subject == plan.subject
        assert plan.subject.name == f"file:{file}"


@pytest.mark.parametrize(
    "what", ["nobody@example.org", "reports.csv row 999", "abcdef01"]
)
def test_what_is_not_there_is_refused(forgettable, what):
    with (
        loop.open_workspace(forgettable, read_only=True) as work,
        pytest.raises(DataError) as refused,
    ):
        plan_erasure(work, what)
    assert refused.value.code == "forget.unknown"


def test_while_somebody_else_has_the_project_nothing_is_forgotten(forgettable, maalem):
    with loop.open_workspace(forgettable):
        refused = maalem("-C", forgettable, "--json", "forget", TEACHING, "--yes")
        shown = maalem("-C", forgettable, "--json", "forget", TEACHING, "--plan")
    assert (refused.code, refused.error["code"]) == (6, "store.busy")
    assert shown.code == 0
    assert builders.actions(forgettable)["forget"] == 0


@pytest.mark.parametrize(
    "said",
    [
        (),
        ("--status", "--report"),
        (TEACHING, "--status"),
        (TEACHING, "--answers", "--yes"),
    ],
    ids=["nothing", "two", "both", "answers"],
)
def test_one_thing_is_asked_for_at_a_time(forgettable, maalem, said):
    refused = maalem("-C", forgettable, "--json", "forget", *said)
    assert (refused.code, refused.error["code"]) == (2, "usage")


def test_before_anything_was_forgotten_there_is_nothing_to_report(forgettable, maalem):
    refused = maalem("-C", forgettable, "--json", "forget", "--report")
    assert (refused.code, refused.error["code"]) == (2, "forget.none")
    assert maalem("-C", forgettable, "forget", "--status").out == (
        "nothing is left to do\n"
    )


@pytest.mark.parametrize(("word", "code", "erased"), [("n", 130, 0), ("y", 0, 1)])
def test_at_a_terminal_nothing_is_erased_before_a_yes(forgettable, word, code, erased):
    script = "from maalem.app.main import main; main()"
    command = [sys.executable, "-c", script, "-C", str(forgettable), "forget", TEACHING]
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as asked:
        os.close(theirs)
        os.write(ours, f"{word}\n".encode())
        told = "".join(_read_from(ours))
    os.close(ours)
    assert asked.returncode == code
    assert "for good?" in told
    assert builders.actions(forgettable)["forget"] == erased


def _read_from(terminal):
    """Read what a terminal shows until nobody writes to it any more."""
    while True:
        try:
            some = os.read(terminal, 4096)
        except OSError:
            return
        if not some:
            return
        yield some.decode(errors="replace")
