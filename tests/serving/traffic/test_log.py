# SPDX-License-Identifier: Apache-2.0
"""What was answered is kept whole, spared, once, by its owner alone, or counted."""

import hashlib
import signal
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest
from tests.serving.traffic.builders import (
    a_decision,
    a_log,
    a_refusal,
    an_occurrence,
    rows_of,
    some_rows,
    written,
)

from maalem.errors import IntegrityError, SettingsError
from maalem.serving.calls import Call
from maalem.serving.refusals import RequestError
from maalem.serving.traffic import log as module
from maalem.serving.traffic.rows import LONGEST
from maalem.serving.traffic.settings import TrafficSettings
from maalem.serving.traffic.tables import connect

ALL = "SELECT id, task, status, code, texts, automatic FROM request ORDER BY id"


def texts_of(path):
    return [text for (text,) in rows_of(path, "SELECT text FROM decision")]


POSTED = Call(id="1", at=0.0, method="POST", path="/predict", headers={})


def test_what_was_taken_before_the_log_closes_is_written(tmp_path):
    told = [
        an_occurrence(a_decision(), a_decision(place=1, reason="below")),
        a_refusal(),
    ]
    path = written(tmp_path, *told)
    assert rows_of(path, ALL) == [
        (told[0].request, "system", 200, "", 2, 1),
        (told[1].request, "", 401, "gateway.key", 0, 0),
    ]


def test_only_its_owner_may_read_the_file(tmp_path):
    path = written(tmp_path, an_occurrence())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_text_is_kept_with_pseudonyms_and_the_digest_of_what_came(tmp_path):
    text = "write to amal@example.org"
    path = written(tmp_path, an_occurrence(a_decision(text)))
    ((kept, digest),) = rows_of(path, "SELECT text, digest FROM decision")
    assert kept.startswith("write to [email-")
    assert digest == hashlib.sha256(text.encode()).hexdigest()
    assert b"amal@" not in path.read_bytes()


def test_an_address_that_invisible_signs_break_is_spared_too(tmp_path):
    path = written(
        tmp_path, an_occurrence(a_decision("to am\u200bal@exam\u200bple.org"))
    )
    assert "example" not in texts_of(path)[0]


@pytest.mark.parametrize(
    ("texts", "kept"), [("whole", "call amal@example.org"), ("none", None)]
)
def test_the_settings_say_how_much_of_a_text_is_kept(tmp_path, texts, kept):
    told = an_occurrence(a_decision("call amal@example.org"))
    assert texts_of(written(tmp_path, told, rows=some_rows(texts=texts))) == [kept]


def test_a_text_that_cannot_be_redacted_is_not_kept_and_counted(tmp_path, caplog):
    def fails(text):
        raise ValueError(text)

    rows = some_rows(redact=fails)
    path = written(tmp_path, an_occurrence(a_decision("zanzibar")), rows=rows)
    assert texts_of(path) == [None]
    assert rows.spoiled == 1
    assert "zanzibar" not in caplog.text


def test_a_text_too_long_to_look_through_is_not_kept(tmp_path):
    path = written(tmp_path, an_occurrence(a_decision("a" * (LONGEST + 1))))
    assert texts_of(path) == [None]


def test_readings_have_a_row_only_where_they_are_refused_and_are_counted(tmp_path):
    reading = an_occurrence(operation="read", decisions=())
    refused = a_refusal(operation="read")
    path = written(tmp_path, reading, refused)
    assert [one for one, *_ in rows_of(path, ALL)] == [refused.request]
    counted = (
        "SELECT sum(value) FROM counter WHERE name LIKE '%seconds' AND part <> 'sum'"
    )
    assert rows_of(path, counted) == [(2.0,)]


def test_callers_are_kept_only_where_the_settings_want_it(tmp_path):
    path = written(tmp_path, an_occurrence(), rows=some_rows(keep_callers=False))
    assert rows_of(path, "SELECT caller FROM request") == [("",)]


@pytest.mark.parametrize(
    "text", ["\x00\x1b[2J\u202egnp.exe", "half \ud83d", "'; DROP TABLE request; --"]
)
def test_signs_that_no_text_should_have_do_no_harm(tmp_path, text):
    hostile = a_decision(text, label=text, reason=text)
    path = written(tmp_path, an_occurrence(hostile), an_occurrence())
    assert len(rows_of(path, ALL)) == 2
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert (digest,) in rows_of(path, "SELECT digest FROM decision")


def test_a_number_too_large_for_the_file_is_unknown_and_holds_nothing_up(tmp_path):
    path = written(
        tmp_path, an_occurrence(tokens_in=10**30), an_occurrence(tokens_in=7)
    )
    found = rows_of(path, "SELECT tokens_in FROM request ORDER BY id")
    assert found == [(None,), (7,)]


def test_what_finds_no_room_is_dropped_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 0)
    with a_log(tmp_path) as log:
        log.note(an_occurrence())
        with pytest.raises(RequestError, match="logged"):
            log.refuse_unkept(POSTED)
        monkeypatch.setattr(module, "MOST_WAITING", 10)
        log.note(an_occurrence())
        log.refuse_unkept(POSTED)
    counted = "SELECT value FROM counter WHERE name = 'maalem_log_dropped_total'"
    assert (log.dropped, rows_of(log.path, counted)) == (1, [(1.0,)])
    assert len(rows_of(log.path, ALL)) == 1


def test_long_texts_fill_the_room_before_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_LETTERS", 10)
    with a_log(tmp_path) as log:
        log.note(an_occurrence(a_decision("a" * 11)))
        log.note(an_occurrence(a_decision("a" * 9)))
        assert log.settle(timeout=30)
        log.note(an_occurrence(a_decision("a" * 9)))
    assert (log.dropped, len(rows_of(log.path, ALL))) == (1, 2)


def test_several_logs_write_into_one_file(tmp_path):
    told = [an_occurrence() for _ in range(60)]
    with a_log(tmp_path) as first, a_log(tmp_path) as second:
        threads = [
            threading.Thread(target=lambda log=log, part=part: [*map(log.note, part)])
            for log, part in ((first, told[:30]), (second, told[30:]))
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert len(rows_of(first.path, ALL)) == 60


def test_while_another_writes_requests_wait_and_none_is_lost(tmp_path, monkeypatch):
    path = written(tmp_path, an_occurrence())
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    with a_log(tmp_path) as log:
        log.note(an_occurrence())
        assert not log.settle(timeout=0.5)
        other.execute("COMMIT")
        assert log.settle(timeout=30)
    other.close()
    assert len(rows_of(path, ALL)) == 2


def test_a_request_is_written_once_however_often_it_is_told(tmp_path):
    told = an_occurrence()
    assert len(rows_of(written(tmp_path, told, told), ALL)) == 1


def test_a_follower_that_fails_loses_no_row(tmp_path, caplog):
    heard = []

    def fails(told):
        heard.append(told.request)
        raise ValueError(told.decisions[0].text)

    told = an_occurrence(a_decision("zanzibar"))
    with a_log(tmp_path, followers=[fails]) as log:
        log.note(told)
    assert heard == [told.request]
    assert len(rows_of(log.path, ALL)) == 1
    assert "zanzibar" not in caplog.text


def test_what_is_no_traffic_file_is_refused_with_a_way_out(tmp_path):
    path = tmp_path / "gateway" / "traffic.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    with (
        pytest.raises(IntegrityError, match="no traffic file") as refused,
        a_log(tmp_path),
    ):
        pass
    assert (refused.value.code, bool(refused.value.hint)) == ("traffic.damaged", True)


_ON_A_FULL_DISK = """
import resource, signal, sys, time
from pathlib import Path
from tests.serving.traffic.builders import a_log, a_decision, an_occurrence, some_rows

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
with a_log(folder, some_rows(texts="whole")) as log:
    log.note(an_occurrence())
    assert log.settle(timeout=30)
    whole = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, whole[1]))
    for number in range(300):
        log.note(an_occurrence(a_decision(f"{number} " + "x" * 2000)))
    assert not log.settle(timeout=2)
    assert log.is_failing
    print(log.waiting > 0, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, whole)
    assert log.settle(timeout=30)
    assert not log.is_failing
print(log.dropped)
"""


def test_a_full_disk_loses_nothing_once_there_is_room_again(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.stdout.split(), done.returncode) == (["True", "0"], 0), done.stderr
    path = tmp_path / "gateway" / "traffic.sqlite"
    assert len(rows_of(path, ALL)) == 301


_KILLED = """
import os, sys
from pathlib import Path
from tests.serving.traffic.builders import a_log, an_occurrence

with a_log(Path(sys.argv[1])) as log:
    for _ in range(50):
        log.note(an_occurrence())
    assert log.settle(timeout=30)
    log.note(an_occurrence())
    os.kill(os.getpid(), 9)
"""


def test_what_was_written_before_a_kill_is_whole(tmp_path):
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    path = tmp_path / "gateway" / "traffic.sqlite"
    assert len(rows_of(path, ALL)) in (50, 51)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    written(tmp_path, an_occurrence())


@pytest.mark.parametrize(
    "wrong",
    [
        {"texts": "some"},
        {"keep_days": 0},
        {"keep_days": 10, "keep_texts_days": 11},
        {"keep_texts_days": -1},
        {"otlp": "file:///etc/passwd"},
        {"otlp": "http://"},
        {"otlp": "http://["},
    ],
)
def test_settings_that_have_no_meaning_are_refused(wrong):
    with pytest.raises(SettingsError):
        TrafficSettings(**wrong)
