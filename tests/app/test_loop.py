# SPDX-License-Identifier: Apache-2.0
"""The whole loop from Python: documents in, a verified release that answers out."""

import json
import shutil
import subprocess
import sys

import pytest
from tests.app import builders
from tests.app.builders import actions, content, flip_a_bit
from tests.store.builders import change

from maalem.app import loop
from maalem.app.steps.interchange import export
from maalem.errors import BusyError, DataError, IntegrityError, SettingsError
from maalem.records import Annotation, Dataset, Document, EvalReport, Item, Release
from maalem.store import verify_ledger

LOOP = {
    "create": 1,
    "project.init": 1,
    "corpus.add": 1,
    "task.ask": 1,
    "annotation.import": 1,
    "dataset.freeze": 1,
    "dataset.chosen": 1,
    "train.base": 1,
    "train.run": 1,
    "train.done": 1,
    "exam.look": 1,
    "exam.report": 1,
    "exam.done": 1,
    "release.sign": 1,
}
"""Every deed of one way through the loop, once."""


def test_the_loop_ends_with_a_verified_release_that_answers(journey):
    assert loop.check_release(journey.release).ok
    (answer,) = loop.predict(journey.release, ["hose burst on boom north ramp"])
    assert answer.label == "Hydraulics"
    assert sum(chance for _, chance in answer.scores) == pytest.approx(1.0)


def test_one_call_takes_the_whole_loop(tmp_path):
    folder = builders.a_project(tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        report = loop.run_loop(
            work, [builders.a_table(tmp_path / "reports.csv")], task="system"
        )
    assert report.corpus.new == report.collected.new == 162
    assert report.verification.ok
    assert report.verification.release == report.release.id


def test_every_language_reaches_the_dataset(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        assert {"ar", "fr", "en"} <= set(loop.latest_dataset(work, "system").languages)


def test_two_annotators_are_kept_apart_and_what_they_dispute_stays_open(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        given = list(work.store.find(Annotation, "system"))
        dataset = loop.latest_dataset(work, "system")
    assert {one.annotator for one in given} == {"amina", "bruno"}
    assert len(given) == 2 * len(builders.rows())
    assert dict(dataset.left_out)["not settled: tie"] == 4


def test_a_release_says_how_far_its_experts_agree_disputes_included(journey):
    manifest = json.loads((journey.release / "manifest.json").read_text("utf-8"))
    alpha = manifest["agreement"]["alpha"]
    assert (alpha["count"], alpha["groups"]) == (2 * 162, 162)
    assert 0.9 < alpha["low"] < alpha["value"] < 1.0  # 4 of 162 are disputed
    page = (journey.release / "release.html").read_text("utf-8")
    assert f"<bdi>{alpha['value']:.2f}</bdi>" in page


def test_each_change_of_state_is_one_entry_of_the_ledger(journey):
    assert dict(actions(journey.folder)) == LOOP
    report = verify_ledger(journey.folder)
    assert report.ok
    assert report.size == sum(actions(journey.folder).values())


def test_doing_everything_again_adds_nothing_but_a_look(journey, copied):
    before = actions(copied)
    with loop.open_workspace(copied) as work:
        counts = {kind: work.store.count(kind) for kind in (Document, Item, Dataset)}
        assert loop.add(work, [journey.table]).new == 0
        assert loop.ask(work, "system").new == 0
        assert loop.collect(work, "system", journey.answers).new == 0
        dataset = loop.freeze(work, "system", drop_leaks=True)
        loop.examine(work, loop.train(work, dataset))
        assert {kind: work.store.count(kind) for kind in counts} == counts
    added = actions(copied) - before
    for state in ("corpus.add", "task.ask", "annotation.import", "dataset.freeze"):
        assert state not in added
    assert "train.run" not in added
    assert added["exam.look"] == 1


def test_a_longer_table_brings_only_its_new_rows_and_moves_no_old_one(
    journey, copied, tmp_path
):
    extra = {"text": "the cab door does not close", "system": "Engine", "asset": "z"}
    longer = builders.a_table(tmp_path / "reports.csv", [*builders.rows(), extra])
    with loop.open_workspace(copied) as work:
        before = loop.latest_dataset(work, "system")
        assert loop.add(work, [longer]).new == 1
        loop.collect_from_documents(work, "system")
        after = loop.freeze(work, "system", drop_leaks=True)
    assert after.id != before.id
    for split, count in before.counts:
        assert dict(after.counts)[split] >= count - 1


def test_each_examination_is_one_more_look(copied):
    with loop.open_workspace(copied) as work:
        runs = loop.latest_runs(work, "system")
        looks = [loop.examine(work, runs).report.look for _ in range(2)]
    assert looks == [2, 3]
    assert actions(copied)["exam.look"] == 3


def test_a_look_counts_even_if_the_exam_never_ends(copied):
    def stop(stage, done, total):
        if stage.startswith("exam"):
            raise KeyboardInterrupt

    with loop.open_workspace(copied) as work, pytest.raises(KeyboardInterrupt):
        loop.examine(work, loop.latest_runs(work, "system"), tell=stop)
    assert actions(copied)["exam.look"] == 2
    with loop.open_workspace(copied) as work:
        assert loop.latest_exam(work, "system").report.look == 1


def test_a_second_release_is_compared_with_the_model_in_force(journey, copied):
    names = {one.other for one in journey.exam.report.comparisons}
    assert "incumbent" not in names
    with loop.open_workspace(copied) as work:
        exam = loop.examine(work, loop.latest_runs(work, "system"))
        made, folder = loop.release(work, exam)
    assert "incumbent" in {one.other for one in exam.report.comparisons}
    assert (made.number, folder.name) == (2, "system-2")
    assert loop.check_release(folder).ok


def test_an_exam_can_be_read_again_as_it_was(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        assert loop.latest_exam(work, "system") == journey.exam
        assert work.store.count(EvalReport) == 1
        assert work.store.count(Release) == 1


def test_what_was_exported_comes_back_as_the_same_annotations(journey, tmp_path):
    path = tmp_path / "out.jsonl"
    with loop.open_workspace(journey.folder, read_only=True) as work:
        assert export(work, "system", path, layout="jsonl") == 2 * len(builders.rows())
        report = loop.collect(work, "system", path, keep=False)
    assert report.new == 0
    assert report.read == 2 * len(builders.rows())


@pytest.mark.parametrize(
    "name",
    [
        "model/model.safetensors",
        "release.html",
        "manifest.json",
        "dataset/croissant.json",
    ],
)
def test_one_flipped_bit_in_a_release_is_found(journey, tmp_path, name):
    folder = shutil.copytree(journey.release, tmp_path / "release")
    flip_a_bit(folder / name)
    assert not loop.check_release(folder).ok
    with pytest.raises(IntegrityError):
        loop.predict(folder, ["hose burst"])


def test_an_edited_row_is_found_and_its_entry_named(copied):
    change(
        copied,
        "UPDATE record SET body = replace(body, 'amina', 'carla') "
        "WHERE kind = 'annotation.v1' AND body LIKE '%amina%'",
    )
    with loop.open_workspace(copied, read_only=True) as work:
        entry = next(iter(work.store.entries("annotation.import")))
    report = loop.check_ledger(copied)
    assert not report.ok
    assert report.first_bad == entry.index


def test_only_one_may_write_and_the_other_is_told_who(project):
    script = (
        "import sys\n"
        "from maalem.app import loop\n"
        "with loop.open_workspace(sys.argv[1]):\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(project)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(BusyError, match=str(other.pid)):
            loop.open_workspace(project).__enter__()
        with loop.open_workspace(project, read_only=True) as work:
            assert work.store.count(Document) == 0
        other.stdin.close()
    with loop.open_workspace(project) as work:
        assert work.folder == project


@pytest.mark.parametrize(
    "step", [loop.latest_dataset, loop.latest_runs, loop.latest_exam]
)
def test_a_step_that_comes_too_early_names_the_one_before(project, step):
    with loop.open_workspace(project) as work, pytest.raises(DataError) as caught:
        step(work, "system")
    assert caught.value.hint.startswith("maalem ")


def test_a_task_that_is_not_there_names_those_that_are(project):
    with loop.open_workspace(project) as work, pytest.raises(SettingsError) as caught:
        loop.ask(work, "systen")
    assert "system" in caught.value.why


def test_a_dry_step_writes_nothing(journey, project):
    with loop.open_workspace(project) as work:
        before = content(project)
        report = loop.add(work, [journey.table], keep=False)
        assert report.new == 162
        assert content(project) == before
        assert loop.ask(work, "system", keep=False).new == 0
        loop.collect(work, "system", journey.answers, keep=False)
        loop.collect_from_documents(work, "system", keep=False)
        assert content(project) == before


def test_a_failed_creation_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "fleet"
    with pytest.raises(SettingsError), loop.create(folder, name="two words"):
        pass
    assert not folder.exists()


def test_a_project_is_never_made_over_something(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError), loop.create(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_ledgers_leaves_hold_names_and_counts_only(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        said = json.dumps(
            [[one.action, dict(one.details)] for one in work.store.entries()],
            ensure_ascii=False,
        )
    for row in builders.rows():
        assert row["text"] not in said
