# SPDX-License-Identifier: Apache-2.0
"""What documents, answers and keys say stays out of logs, talk and the ledger."""

import json
import logging
from base64 import b64encode

import pytest
from tests.app import builders
from tests.app.builders import SECRET

from maalem.app import loop


def secret_table(path):
    """Plant the secret in texts, in columns that are kept, and in bad rows."""
    rows = builders.rows()
    for row in rows[::5]:
        row["text"] = f"{row['text']} {SECRET}"
        row["asset"] = f"{SECRET}-{row['asset']}"
    return builders.a_table(path, rows), rows


def secret_answers(path, rows):
    """Plant the secret in the annotators' names, labels and notes."""
    builders.answers(path, rows)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for number, line in enumerate(lines):
        line["reason"] = f"because {SECRET}"
        if number % 50 == 3:
            line["label"] = f"label {SECRET}"
        if number % 50 == 9:
            line["text"] = f"about nothing known {SECRET}"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def key_forms(folder):
    """Give the owner's private key as it lies there, and as bytes in two codes."""
    text = (folder / "keys" / "ledger.key").read_text("utf-8")
    return [line for line in text.split() if len(line) > 20 and "-----" not in line]


@pytest.fixture
def said(maalem, tmp_path, caplog):
    """Everything that was said on the way, and the project that it was said about."""
    caplog.set_level(logging.DEBUG)
    table, rows = secret_table(tmp_path / "reports.csv")
    answers = secret_answers(tmp_path / "answers.jsonl", rows)
    project = builders.a_project(tmp_path / "fleet")
    release = project / "releases" / "system-1"
    given = [
        maalem("-C", project, *words)
        for words in (
            *(("add", table), ("ask", "system"), ("import", "system", answers)),
            *(("freeze", "system"), ("freeze", "system", "--leave-out-leaks")),
            *(("train", "system"), ("examine", "system")),
            *(("release", "system", "--against-the-verdict"), ("verify", release)),
            *(("verify", "--ledger"), ("status",), ("ask", "nothing")),
            *(("export", "system", tmp_path / "out.csv", "--format", "csv"),),
        )
    ]
    assert release.is_dir()
    return project, [*given, maalem("predict", release, f"hose {SECRET}")], caplog


def test_a_secret_in_the_data_is_in_no_log_no_talk_and_no_ledger(said):
    project, answers, caplog = said
    assert SECRET not in caplog.text
    for answer in answers:
        assert SECRET not in answer.err
    with loop.open_workspace(project, read_only=True) as work:
        leaves = [
            json.dumps([one.action, one.actor, dict(one.details)], ensure_ascii=False)
            for one in work.store.entries()
        ]
    assert SECRET not in "".join(leaves)


def test_the_owners_key_is_in_nothing_but_its_file(said):
    project, answers, caplog = said
    forms = key_forms(project)
    assert forms
    raw = [form.encode() for form in forms] + [
        b64encode(form.encode()) for form in forms
    ]
    for path in project.rglob("*"):
        if path.is_file() and path.name != "ledger.key":
            content = path.read_bytes()
            assert not any(form in content for form in raw), path
    whole = caplog.text + "".join(answer.out + answer.err for answer in answers)
    assert not any(form in whole for form in forms)


def test_personal_data_is_counted_and_never_repeated(maalem, project, tmp_path):
    rows = [
        {
            "text": "please call back at sara.benali@example.org",
            "system": "",
            "asset": "",
        },
        {
            "text": "IBAN FR14 2004 1010 0505 0001 3M02 606 for refund",
            "system": "",
            "asset": "",
        },
    ]
    table = builders.a_table(tmp_path / "calls.csv", rows)
    answer = maalem("-C", project, "add", table, "--json")
    assert answer.json["personal"] == {"email": 1, "iban": 1}
    for text in ("sara.benali", "3M02"):
        assert text not in answer.out + answer.err
