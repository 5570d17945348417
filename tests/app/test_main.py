# SPDX-License-Identifier: Apache-2.0
"""The command line: exit codes, failures in three lines, one JSON object a command."""

import json
import re
import subprocess
import sys

import pytest
from tests.app import builders
from tests.store.builders import change

from maalem.app import loop

THREE_LINES = re.compile(r"error\[[a-z]+(\.[a-z-]+)?\]: .+\n(  .+\n){0,2}")
WHOLE_LOOP = (
    ("add", "{table}"),
    ("ask", "system"),
    ("import", "system", "{answers}"),
    ("status",),
    ("freeze", "system", "--leave-out-leaks"),
    ("train", "system"),
    ("examine", "system"),
    ("release", "system"),
    ("export", "system", "{home}/out.jsonl"),
    ("verify", "{project}/releases/system-1"),
    ("verify", "--ledger"),
    ("predict", "{project}/releases/system-1", "hose burst on boom", "بلا ضغط"),
    ("project", "show"),
    ("doctor",),
)


@pytest.fixture
def filled(tmp_path):
    """Give a function that fills the places of this test into a command's words."""
    places = {
        "home": tmp_path,
        "project": tmp_path / "fleet",
        "table": builders.a_table(tmp_path / "reports.csv"),
        "answers": builders.answers(tmp_path / "answers.jsonl"),
    }
    return lambda words: [word.format(**places) for word in words]


@pytest.mark.parametrize("form", ["people", "json"])
def test_the_loop_from_the_command_line(maalem, tmp_path, filled, form):
    folder = tmp_path / "fleet"
    flags = ["--json"] if form == "json" else []
    first = maalem("init", folder, *flags)
    assert first.code == 0
    builders.make_small(folder)
    settings = folder / "maalem.toml"
    columns = '\n[columns]\ntext = ["text"]\nlabel = "system"\n'
    settings.write_text(settings.read_text("utf-8") + columns, encoding="utf-8")
    for words in WHOLE_LOOP:
        answer = maalem(*filled(words), "-C", folder, *flags)
        assert answer.code == 0, answer.err
        assert "error[" not in answer.err
        if form == "json":
            assert answer.json["schema"] == f"maalem.{words[0]}/1"
        elif words[0] not in ("release", "export", "verify"):
            assert answer.out


def test_the_numbers_in_json_are_those_of_the_loop(maalem, journey):
    folder = journey.folder
    status = maalem("status", "-C", folder, "--json").json
    counts = dict(status["counts"])
    assert counts["documents"] == 162
    assert counts["annotations"] == 324
    assert counts["releases"] == 1
    (waiting,) = status["waiting"]
    assert (waiting["disagreements"], waiting["items"]) == (4, 0)
    assert waiting["command"] == f"maalem -C {folder} serve"
    (answer,) = maalem("predict", journey.release, "hose burst on boom", "--json").json[
        "answers"
    ]
    (expected,) = loop.predict(journey.release, ["hose burst on boom"])
    assert answer["label"] == expected.label
    assert answer["probability"] == expected.probability
    assert answer["needs_expert"] == expected.needs_expert


def test_predict_reads_a_text_a_line_from_standard_input(journey):
    script = "import sys; from maalem.app.main import main; main(sys.argv[1:])"
    ended = subprocess.run(
        [sys.executable, "-c", script, "predict", str(journey.release), "-", "--json"],
        input="hose burst on boom\nالبطارية فارغة\n",
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    texts = [one["text"] for one in json.loads(ended.stdout)["answers"]]
    assert texts == ["hose burst on boom", "البطارية فارغة"]


FAILURES = [
    ("usage", ("satus",)),
    ("usage", ("add",)),
    ("usage", ("add", "no-such-file")),
    ("usage", ("status", "--no-such-option")),
    ("usage", ("import", "system")),
    ("usage", ("verify",)),
    ("usage", ("predict", "no-such-release", "text")),
    ("usage", ("train", "system", "--gear", "third")),
    ("usage", ("export", "system", "x", "--format", "xlsx")),
    ("usage", ("project", "hide")),
    ("project.not-empty", ("init", "{project}")),
    ("project.not-empty", ("demo", "{project}")),
    ("task.missing", ("ask", "systen")),
    ("task.missing", ("import", "systen", "{answers}")),
    ("task.missing", ("export", "systen", "{home}/x")),
    ("dataset.empty", ("freeze", "system")),
    ("dataset.none", ("train", "system")),
    ("train.none", ("examine", "system")),
    ("exam.none", ("release", "system")),
]


@pytest.mark.parametrize(("code", "words"), FAILURES, ids=str)
def test_a_failure_has_a_code_a_way_out_and_an_exit_code(
    maalem, project, filled, code, words
):
    needs = () if words[0] in ("init", "demo", "satus", "project") else ("-C", project)
    answer = maalem(*filled(words), *needs)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith(f"error[{code}]: ")
    assert THREE_LINES.fullmatch(answer.err)
    assert "Traceback" not in answer.err
    as_json = maalem(*filled(words), *needs, "--json")
    assert as_json.code == 2
    assert as_json.json["schema"] == "maalem.error/1"
    assert as_json.error["code"] == code
    assert as_json.error["message"] in answer.err


LONG = "x" * 4096


@pytest.mark.parametrize(
    "words",
    [
        ("init", LONG),
        ("-C", LONG, "status"),
        ("-C", "a\n\u202e" + LONG, "status"),
        ("-C", "{project}", "export", "system", LONG),
    ],
    ids=["init", "status", "strange", "export"],
)
def test_a_name_that_no_disk_takes_is_refused_and_shown_escaped_and_short(
    maalem, project, filled, words
):
    answer = maalem(*filled(words))
    assert answer.code == 1
    assert answer.err.startswith("error[app.system]: ")
    assert THREE_LINES.fullmatch(answer.err)
    assert len(answer.err) < 700
    assert "\u202e" not in answer.err


def test_every_command_fails_in_json_outside_of_a_project(maalem, tmp_path):
    for words in (
        *(("add", tmp_path), ("ask",), ("import", "t", tmp_path), ("status",)),
        *(("export", "t", "x"), ("freeze", "t"), ("train", "t"), ("examine", "t")),
        *(("release", "t"), ("project", "show")),
    ):
        answer = maalem(*words, "-C", tmp_path, "--json")
        assert (answer.code, answer.error["code"]) == (2, "project.missing"), words
        assert answer.error["hint"].startswith("maalem init ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("satus", "status"),
        ("realease", "release"),
        ("frezee", "freeze"),
        ("tain", "train"),
    ],
)
def test_an_unknown_command_names_the_nearest(maalem, typed, meant):
    answer = maalem(typed)
    assert answer.code == 2
    assert repr(typed) in answer.err
    assert answer.err.endswith(f"  try: maalem {meant}\n")


def test_a_command_like_no_other_leads_to_help(maalem):
    assert maalem("qqqq").err.endswith("  try: maalem --help\n")


def test_without_a_command_help_is_shown(maalem):
    for words in ((), ("project",)):
        answer = maalem(*words)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.startswith("Usage: maalem")


def test_the_folder_may_stand_before_or_after_the_command(maalem, project):
    before = maalem("-C", project, "--json", "status").json
    assert before == maalem("status", "-C", project, "--json").json
    assert before == maalem("-C", "elsewhere", "status", "-C", project, "--json").json
    assert maalem("-C", project, "project", "show").code == 0


def test_quiet_leaves_the_data_and_takes_the_talk(maalem, journey):
    loud = maalem("-C", journey.folder, "status")
    quiet = maalem("-C", journey.folder, "-q", "status")
    assert loud.err
    assert quiet.err == ""
    assert quiet.out == loud.out


def a_gate(folder, lines):
    task = folder / "tasks" / "system.toml"
    text = task.read_text("utf-8").partition("[gate]")[0]
    task.write_text(f"{text}[gate]\n{lines}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("gate", "code", "exit_code"),
    [
        ('rule = "better"\nmargin = 0.9\nmin_groups = 5', "gate.refused", 3),
        ("min_groups = 1000", "evidence.too-little", 4),
    ],
)
def test_what_the_gate_says_is_the_exit_code(maalem, copied, gate, code, exit_code):
    a_gate(copied, gate)
    assert maalem("-C", copied, "examine", "system").code == 0
    gated = maalem("-C", copied, "examine", "system", "--gate", "--json")
    assert gated.code == exit_code
    assert gated.json["schema"] == "maalem.examine/1"
    assert gated.err.rpartition("error[")[2].startswith(code)
    refused = maalem("-C", copied, "release", "system", "--json")
    assert (refused.code, refused.error["code"]) == (exit_code, code)
    assert not (copied / "releases" / "system-2").exists()
    assert maalem("-C", copied, "release", "system", "--against-the-verdict").code == 0
    verdict = maalem("verify", copied / "releases" / "system-2", "--json").json
    assert verdict["ok"]
    (said,) = [one for one in verdict["claims"] if one["name"] == "gate"]
    assert said["status"] == "amber"


def test_a_gate_that_is_content_exits_with_0(maalem, copied):
    assert maalem("-C", copied, "examine", "system", "--gate").code == 0


def test_a_flipped_bit_in_a_release_exits_with_5(maalem, copied):
    release = copied / "releases" / "system-1"
    builders.flip_a_bit(release / "model" / "model.safetensors")
    for words in (("verify", release), ("predict", release, "text")):
        answer = maalem(*words, "--json")
        assert (answer.code, answer.error["code"]) == (5, "release.unverified")
        assert "model.safetensors" in answer.error["why"]


@pytest.mark.parametrize("deed", ["extra", "missing"])
def test_an_extra_or_missing_file_in_a_release_exits_with_5(maalem, copied, deed):
    release = copied / "releases" / "system-1"
    if deed == "extra":
        (release / "notes.txt").write_text("mine", encoding="utf-8")
    else:
        (release / "guideline.md").unlink()
    answer = maalem("verify", release)
    assert answer.code == 5
    assert ("notes.txt" if deed == "extra" else "guideline.md") in answer.err


def test_another_key_than_the_owners_exits_with_5(maalem, copied, project):
    release, other = copied / "releases" / "system-1", project / "keys" / "ledger.pub"
    own = copied / "keys" / "ledger.pub"
    assert maalem("verify", release, "--key", own).code == 0
    assert maalem("verify", release, "--key", other).code == 5


def test_an_edited_ledger_exits_with_5_and_names_the_entry(maalem, copied):
    change(
        copied,
        "UPDATE record SET body = replace(body, 'amina', 'carla') "
        "WHERE kind = 'annotation.v1' AND body LIKE '%amina%'",
    )
    with loop.open_workspace(copied, read_only=True) as work:
        entry = next(iter(work.store.entries("annotation.import"))).index
    answer = maalem("-C", copied, "verify", "--ledger", "--json")
    assert (answer.code, answer.error["code"]) == (5, "ledger.bad")
    assert answer.error["message"].endswith(f"entry {entry}")


def test_a_second_writer_exits_with_6_and_a_reader_does_not(maalem, project):
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
        refused = maalem("-C", project, "ask", "--json")
        reading = maalem("-C", project, "status")
        other.stdin.close()
    assert (refused.code, refused.error["code"]) == (6, "store.busy")
    assert str(other.pid) in refused.error["message"]
    assert reading.code == 0
    assert maalem("-C", project, "ask").code == 0


def test_a_job_that_cannot_run_exits_with_1(maalem, copied):
    (record,) = (copied / "runs").glob("*/job.json")
    text = record.read_text("utf-8").replace('"seed": 0', '"seed": 7')
    record.write_text(text, encoding="utf-8")
    answer = maalem("-C", copied, "train", "system", "--json")
    assert (answer.code, answer.error["code"]) == (1, "training.other-job")


def test_an_interruption_exits_with_130_and_says_that_nothing_is_lost(
    maalem, journey, monkeypatch
):
    def pressed():
        yield "hose burst"
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", pressed())
    answer = maalem("predict", journey.release, "-")
    assert (answer.code, answer.out) == (130, "")
    assert "again" in answer.err
