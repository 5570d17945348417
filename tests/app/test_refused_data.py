# SPDX-License-Identifier: Apache-2.0
"""Data that must not be learned from is refused by code, and nothing is written."""

import os
import stat

import pytest
from tests.app import builders


def taken_in(maalem, project, rows, *columns):
    """Add rows and take their label column as answers."""
    table = builders.a_table(project.parent / "reports.csv", rows)
    assert maalem("-C", project, "add", table, *columns).code == 0
    assert maalem("-C", project, "ask", "system").code == 0
    assert maalem("-C", project, "import", "system", "--from-documents").code == 0


def refused(maalem, project, *words):
    answer = maalem("-C", project, "freeze", "system", *words, "--json")
    assert answer.code == 2
    assert not list(project.glob("datasets/*/manifest.json"))
    return answer.error


def test_a_label_that_stands_in_the_texts_is_refused(maalem, project):
    rows = [
        row | {"text": f"class: {row['system']} {row['text']}"}
        for row in builders.rows()
    ]
    taken_in(maalem, project, rows)
    assert refused(maalem, project)["code"] == "dataset.label-in-text"


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        (
            "box-{number}/{n}.txt",
            ["the folder alone tells the label of 158 of 158 examples"],
        ),
        (
            "all/{system}_{n}.txt",
            [
                f"{name!r} stands in the file name of {n} of {n} examples of that label"
                for name, n in (("Engine", 53), ("Hydraulics", 52), ("Electrical", 53))
            ],
        ),
        ("all/{n}.txt", []),
    ],
)
def test_a_place_that_tells_the_label_is_noted_and_stands_on_the_card(
    maalem, project, place, wanted
):
    home, names = project.parent / "files", list(builders.WORDS["en"])
    for n, row in enumerate(builders.rows()):
        number = names.index(row["system"])
        path = home / place.format(n=n, number=number, system=row["system"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row["text"], encoding="utf-8")
    answers = builders.answers(project.parent / "answers.jsonl")
    for words in (("add", home), ("ask", "system"), ("import", "system", answers)):
        assert maalem("-C", project, *words).code == 0
    frozen = maalem("-C", project, "freeze", "system", "--leave-out-leaks", "--json")
    assert frozen.json["notes"] == wanted
    card = next(project.glob("datasets/*/README.md")).read_text("utf-8")
    assert card.count("Without the text: ") == len(wanted)


def near_twins():
    """Give each report twice, the second with a word more, each in its own group."""
    rows = []
    for number, row in enumerate(builders.rows()):
        longer = f"{row['text']} {row['text']} ab cd ef gh ij kl {number}"
        rows.append(row | {"text": longer, "asset": f"a{number}"})
        rows.append(row | {"text": f"{longer} x", "asset": f"b{number}"})
    return rows


def test_near_duplicates_on_both_sides_are_refused_or_left_out_of_teaching(
    maalem, project
):
    taken_in(maalem, project, near_twins(), "--group", "asset")
    assert refused(maalem, project)["code"] == "dataset.leak"
    frozen = maalem("-C", project, "freeze", "system", "--leave-out-leaks", "--json")
    assert frozen.code == 0
    dataset = frozen.json["dataset"]
    assert sum(count for _, count in dataset["left_out"]) > 0
    kept = sum(count for _, count in dataset["counts"])
    left = sum(count for _, count in dataset["left_out"])
    assert kept + left == 2 * len(builders.rows())


def test_one_class_is_refused(maalem, project):
    rows = [row for row in builders.rows() if row["system"] == "Engine"]
    taken_in(maalem, project, rows)
    assert refused(maalem, project)["code"] == "dataset.one-class"


def test_nothing_is_refused(maalem, project):
    assert refused(maalem, project)["code"] == "dataset.empty"


def test_labels_that_the_task_does_not_have_are_counted(maalem, project):
    rows = [row | {"system": "Sails"} for row in builders.rows()[:6]]
    table = builders.a_table(project.parent / "reports.csv", rows)
    maalem("-C", project, "add", table)
    maalem("-C", project, "ask", "system")
    answer = maalem("-C", project, "import", "system", "--from-documents", "--json")
    assert (answer.json["read"], answer.json["new"]) == (6, 0)
    assert sum(count for _, count in answer.json["refused"]) == 6


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("broken.jsonl", b'{"text": "a b c"}\n{"text": NaN}\n', "corpus.jsonl"),
        ("broken.csv", b'text,system,asset\n"never closed\n', "corpus.csv"),
        ("table.csv", b"a,b\n1,2\n", "corpus.columns"),
        ("photo.png", b"\x89PNG", "corpus.unknown-format"),
        ("zip.zip", b"PK\x03\x04", "corpus.unreadable"),
        ("empty.txt", b"", "corpus.empty"),
    ],
)
def test_a_bad_file_is_a_counted_refusal_beside_good_ones(
    maalem, project, tmp_path, name, content, code
):
    home = tmp_path / "files"
    home.mkdir()
    (home / name).write_bytes(content)
    builders.a_table(home / "good.csv", builders.rows()[:4])
    answer = maalem("-C", project, "add", home, "--json")
    assert answer.code == 0
    assert "Traceback" not in answer.err
    assert answer.json["new"] == 4
    assert answer.json["refused"] == {code: 1}
    assert answer.json["refusals"][0]["source"].endswith(name)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX systems")
def test_a_key_that_others_may_read_is_refused_with_the_way_out(maalem, project):
    key = project / "keys" / "ledger.key"
    key.chmod(0o644)
    answer = maalem("-C", project, "ask", "--json")
    assert (answer.code, answer.error["code"]) == (2, "store.key-open")
    assert answer.error["hint"].startswith("chmod 600 ")
    fixes = [
        one["fix"] for one in maalem("-C", project, "doctor", "--json").json["findings"]
    ]
    assert any(fix.startswith("chmod 600 ") for fix in fixes)
    key.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert maalem("-C", project, "ask").code == 0


def test_status_leads_through_the_loop(maalem, project):
    table = builders.a_table(project.parent / "reports.csv")
    steps = [
        ("add", table),
        ("ask", "system"),
        ("import", "system", "--from-documents"),
        ("freeze", "system", "--leave-out-leaks"),
        ("train", "system"),
        ("examine", "system"),
        ("release", "system", "--against-the-verdict"),
    ]
    for words in steps:
        following = maalem("-C", project, "status", "--json").json["next_command"]
        assert following.split()[:4] == ["maalem", "-C", str(project), words[0]]
        assert maalem("-C", project, *words).code == 0
    assert "predict" in maalem("-C", project, "status", "--json").json["next_command"]
