# SPDX-License-Identifier: Apache-2.0
"""`maalem trace`: who taught this, from what, and what a person's answers changed."""

import dataclasses
import json
import random

import pytest
from tests.app import builders

from maalem.app import loop
from maalem.app.steps.influence import influence, influences, warnings
from maalem.errors import DataError
from maalem.records import Annotation, Digest, Document, Item
from maalem.store.places import place_of


def kinds(answer):
    return [line["kind"] for line in answer.json["lines"]]


def test_a_release_is_traced_to_every_document_and_every_answer(maalem, journey):
    answer = maalem("-C", journey.folder, "trace", "system-1", "--json")
    assert answer.code == 0
    assert answer.json["schema"] == "maalem.trace/1"
    found = kinds(answer)
    for kind in ("release", "verdict", "exam", "model", "training", "base", "dataset"):
        assert found.count(kind) == 1
    with loop.open_workspace(journey.folder, read_only=True) as work:
        dataset = loop.latest_dataset(work, "system")
        rows = sum(count for _, count in dataset.counts)
        for line in answer.json["lines"]:
            if line["kind"] == "document":
                assert line["entry"] == place_of(work.store, Document, line["id"])
            if line["kind"] == "answer":
                assert line["entry"] == place_of(work.store, Annotation, line["id"])
    assert found.count("document") == rows
    assert found.count("answer") == 2 * rows


def test_every_line_has_its_entry_or_says_that_none_is_recorded(maalem, journey):
    lines = maalem("-C", journey.folder, "trace", "system-1", "--json").json["lines"]
    bare = [line for line in lines if line["entry"] is None]
    assert {(line["kind"], line["id"]) for line in bare} == {
        ("guideline", "not recorded")  # imported answers name no version
    }


def test_a_release_says_the_same_of_its_origins_as_its_trace(maalem, journey):
    lines = maalem("-C", journey.folder, "trace", "system-1", "--json").json["lines"]
    manifest = json.loads((journey.release / "manifest.json").read_text())
    origins, entries = manifest["origins"], dict(manifest["origins"]["entries"])
    documents = [one for one in lines if one["kind"] == "document"]
    answers = [one for one in lines if one["kind"] == "answer"]
    assert origins["documents"] == len(documents)
    assert origins["unplaced"] == 0
    assert entries["documents"] == max(one["entry"] for one in documents)
    assert entries["answers"] == max(one["entry"] for one in answers)
    for kind in ("dataset", "training", "exam", "verdict"):
        (line,) = (one for one in lines if one["kind"] == kind)
        assert entries[kind] == line["entry"]
    teachers = {one["name"]: one for one in manifest["teachers"]}
    for one in (one for one in lines if one["kind"] == "annotator"):
        said = teachers[one["id"]]
        agreeing = f"{said['answers']} answers, {said['agreeing']} as settled"
        assert one["said"].startswith(agreeing)


def test_experts_stand_with_what_they_gave(maalem, journey):
    lines = maalem("-C", journey.folder, "trace", "system", "--json").json["lines"]
    people = {one["id"]: one for one in lines if one["kind"] == "annotator"}
    assert set(people) == {"amina", "bruno"}
    assert "12 minutes" in people["amina"]["said"]


def test_a_model_a_run_and_a_dataset_are_found_by_their_first_digits(maalem, journey):
    lines = maalem("-C", journey.folder, "trace", "system-1", "--json").json["lines"]
    names = {one["kind"]: one["id"] for one in lines}
    for kind, wanted in (
        ("model", "model"),
        ("training", "model"),
        ("dataset", "dataset"),
        ("release", "release"),
    ):
        answer = maalem("-C", journey.folder, "trace", names[kind][7:19], "--json")
        assert answer.json["kind"] == wanted
        assert answer.json["id"] == names[kind]
        assert answer.json["dataset"] == names["dataset"]


def test_a_row_is_traced_to_its_answers_its_passage_and_its_document(maalem, journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        item = next(work.store.find(Item, "system"))
    answer = maalem("-C", journey.folder, "trace", item.id, "--json")
    assert answer.json["kind"] == "row"
    found = kinds(answer)
    assert found.count("answer") == 2
    assert {"row", "guideline", "passage", "document", "dataset"} <= set(found)


def test_a_row_that_was_never_frozen_says_so(maalem, project, tmp_path):
    with loop.open_workspace(project) as work:
        loop.add(work, [builders.a_table(tmp_path / "reports.csv")])
        loop.ask(work, "system")
        item = next(work.store.find(Item, "system"))
    answer = maalem("-C", project, "trace", item.id[7:20], "--json")
    assert answer.json["dataset"] is None
    assert "no frozen dataset" in answer.json["lines"][0]["said"]


@pytest.mark.parametrize(
    "what", ["system-9", "nothing", "deadbeef", "sha256:" + "0" * 64, "dead", "../x"]
)
def test_an_unknown_name_is_refused_by_its_name(maalem, journey, what):
    answer = maalem("-C", journey.folder, "trace", what, "--json")
    assert answer.code == 2
    assert answer.error["code"] == "trace.unknown"
    assert what in answer.error["message"]


def test_a_name_that_begins_several_is_refused_and_more_digits_tell_them_apart(
    maalem, copied
):
    with loop.open_workspace(copied) as work:
        item = next(work.store.find(Item, "system"))
        twins = [
            dataclasses.replace(item, id=Digest(f"sha256:deadbeef{end * 56}"))
            for end in "12"
        ]
        work.store.append("task.ask", twins)
    refused = maalem("-C", copied, "trace", "deadbeef", "--json")
    assert refused.error["code"] == "trace.several"
    assert all(twin.id in refused.error["why"] for twin in twins)
    assert (
        maalem("-C", copied, "trace", "deadbeef2", "--json").json["id"] == twins[1].id
    )


def test_what_no_dataset_taught_has_no_taught_texts(maalem, journey):
    lines = maalem("-C", journey.folder, "trace", "system-1", "--json").json["lines"]
    (base,) = [one["id"] for one in lines if one["kind"] == "base"]
    assert maalem("-C", journey.folder, "trace", base, "--json").json["dataset"] is None
    refused = maalem("-C", journey.folder, "trace", base, "--text", "hose", "--json")
    assert refused.error["code"] == "trace.untaught"


def test_the_nearest_taught_texts_name_who_taught_them(maalem, journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        rows = [one.text for one in work.store.find(Item, "system")]
    answer = maalem(
        *("-C", journey.folder, "trace", "system-1", "--text", rows[0], "--json")
    )
    near = answer.json["near"]["neighbours"]
    assert len(near) == 5
    likeness = [one["similarity"] for one in near]
    assert likeness == sorted(likeness, reverse=True)
    for one in near:
        assert {said["annotator"] for said in one["lessons"]} == {"amina", "bruno"}
        assert all(said["entry"] > 0 for said in one["lessons"])


def test_an_expert_who_taught_nothing_is_refused_with_who_did(maalem, journey):
    answer = maalem(
        "-C", journey.folder, "trace", "system", "--expert", "brun", "--json"
    )
    assert answer.error["code"] == "trace.unknown-expert"
    assert "amina, bruno" in answer.error["why"]
    assert "bruno" in answer.error["hint"]


def test_an_expert_whom_others_always_confirm_changed_nothing(maalem, journey):
    before = builders.actions(journey.folder)
    answer = maalem(
        "-C", journey.folder, "trace", "system", "--expert", "amina", "--json"
    )
    found = answer.json
    assert found["schema"] == "maalem.trace.expert/1"
    assert found["judged"] == found["calibration"] > 20
    assert (found["changed"], found["dropped"]) == (0, 0)
    whole = found["shifts"][0]
    assert whole["difference"]["value"] == 0.0
    assert whole["settled"] is False
    assert builders.actions(journey.folder) == before  # and no look at the exam


def test_what_cannot_be_told_is_said(maalem, journey):
    shown = maalem("-C", journey.folder, "trace", "system", "--expert", "amina").out
    assert "not enough to tell" in shown
    assert "they help" not in shown


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """A project in which one of three annotators calls every engine electrical.

    Amina and Bruno answer the reports that are judged on, Amina and the liar a part of
    those that are taught: where only the liar answers, their word is the label.
    """
    home = tmp_path_factory.mktemp("poisoned")
    folder, rows = builders.a_project(home / "fleet"), many_rows()
    table = builders.a_table(home / "reports.csv", rows)
    settings = folder / "maalem.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("draws = 200", "draws = 400")
    )
    with loop.open_workspace(folder) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        said = home / "answers.jsonl"
        said.write_text("".join(lines_of(rows)), encoding="utf-8")
        loop.collect(work, "system", said)
        dataset = loop.freeze(work, "system", drop_leaks=True)
        yield work, dataset


def many_rows():
    """1,200 reports, no two of them alike enough to be of one group."""
    words = {
        "Engine": ("engine", "radiator", "coolant", "piston"),
        "Hydraulics": ("hose", "cylinder", "pump", "valve"),
        "Electrical": ("battery", "lamp", "horn", "fuse"),
    }
    draw, made = random.Random(3), []
    for number in range(1200):
        system = list(words)[number % 3]
        marks = ["".join(draw.choices("bcdfghklmnprst", k=7)) for _ in range(3)]
        fault = " ".join(draw.choices(words[system], k=3))
        made.append(
            {
                "text": f"{fault} {' '.join(marks)}",
                "system": system,
                "asset": str(number),
            }
        )
    return made


def lines_of(rows):
    for number, row in enumerate(rows):
        for who in ("amina", "bruno") if number % 5 < 2 else ("liar",):
            label = row["system"]
            if (who, label) == ("liar", "Engine"):
                label = "Electrical"
            said = {"text": row["text"], "label": label, "annotator": who}
            yield json.dumps(said) + "\n"


def test_a_liar_is_found_by_the_class_that_was_harmed(poisoned):
    work, dataset = poisoned
    found = influence(work, dataset, "liar")
    by_label = {one.label: one for one in found.shifts}
    assert found.judged < found.calibration  # their own word does not count for them
    assert by_label["Engine"].is_settled
    assert by_label["Engine"].difference.value < -0.5
    told = warnings(influences(work, dataset))
    assert any("liar" in one and "Engine" in one and "more" in one for one in told)


def test_an_exam_says_whose_answers_move_a_class_before_anything_is_released(poisoned):
    work, dataset = poisoned
    exam = loop.examine(work, loop.train(work, dataset))
    (note,) = [one for one in exam.notes if "liar" in one and "'Engine'" in one]
    assert "look at their answers before releasing" in note
    assert loop.latest_exam(work, "system").notes == exam.notes


def test_who_taught_alone_leaves_nothing_to_judge(poisoned, tmp_path):
    work, _ = poisoned
    assert influences(work, loop.latest_dataset(work, "system"))
    lonely = builders.a_project(tmp_path / "lonely")
    with loop.open_workspace(lonely) as alone:
        loop.add(alone, [builders.a_table(tmp_path / "reports.csv")])
        loop.ask(alone, "system")
        loop.collect_from_documents(alone, "system")
        dataset = loop.freeze(alone, "system", drop_leaks=True)
        assert influences(alone, dataset) == ()
        who = next(alone.store.find(Annotation, "system")).annotator
        found = influence(alone, dataset, who)
        assert found.shifts == ()
        assert "fewer than two labels" in found.reason
        with pytest.raises(DataError, match="nobody"):
            influence(alone, dataset, "nobody")
