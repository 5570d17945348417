# SPDX-License-Identifier: Apache-2.0
"""What is over age or forgotten is gone from the file, not only from its tables."""

from itertools import islice

import pytest
from tests.serving.builders import Clock
from tests.serving.traffic.builders import (
    a_decision,
    a_log,
    an_occurrence,
    rows_of,
    some_rows,
    written,
)

from maalem.serving.corrections.collector import MOST_LETTERS, MOST_WAITING, Found
from maalem.serving.corrections.feedback import Said
from maalem.serving.corrections.spool import Spool
from maalem.serving.refusals import RequestError
from maalem.serving.traffic import sweeping
from maalem.serving.traffic.settings import TrafficSettings
from maalem.serving.traffic.sweeping import (
    DAY,
    Swept,
    find_said,
    forget_said,
    shred_log,
    sweep,
)
from maalem.serving.traffic.tables import connect

NOW = 1000 * DAY
OLD, MIDDLE, NEW = "zanzibar-old", "zanzibar-middle", "zanzibar-new"
AGES = {OLD: 366, MIDDLE: 91, NEW: 1}


@pytest.fixture
def path(tmp_path):
    """A file with a request that is over age, one whose text is, and a new one."""
    return written(
        tmp_path,
        *(
            an_occurrence(a_decision(text), at=NOW - days * DAY)
            for text, days in AGES.items()
        ),
    )


def swept(path, **settings):
    into = Swept()
    for _ in sweep(path, TrafficSettings(**settings), now=NOW, into=into):
        pass
    return into


def bytes_of(path):
    return b"".join(one.read_bytes() for one in path.parent.iterdir())


def test_requests_and_texts_leave_at_their_age_and_leave_no_trace(path):
    found = swept(path)
    assert (found.requests, found.texts, found.is_shredded) == (1, 1, True)
    rows = rows_of(path, "SELECT label, text, digest <> '' FROM decision")
    assert sorted(rows, key=str) == [("Engine", NEW, 1), ("Engine", None, 0)]
    left = bytes_of(path)
    assert NEW.encode() in left
    assert OLD.encode() not in left
    assert MIDDLE.encode() not in left


def test_a_second_sweep_finds_nothing(path):
    swept(path)
    again = swept(path)
    assert (again.requests, again.texts) == (0, 0)


def test_texts_kept_for_no_day_leave_with_the_first_sweep(path):
    assert swept(path, keep_texts_days=0).texts == 2
    assert b"zanzibar" not in bytes_of(path)


def test_a_sweep_goes_in_pieces_and_goes_on_after_a_kill(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "_PIECE", 3)
    path = written(tmp_path, *(an_occurrence(at=1.0) for _ in range(10)))
    pieces = sweep(path, TrafficSettings(), now=NOW, into=Swept())
    assert len([*islice(pieces, 2)]) == 2
    pieces.close()
    assert rows_of(path, "SELECT count(*) FROM request") == [(4,)]
    assert swept(path).requests == 4
    assert rows_of(path, "SELECT count(*) FROM decision") == [(0,)]


def test_the_log_tends_itself_at_opening_and_each_hour(tmp_path):
    clock, into = Clock(), Swept()

    def chore(now):
        path = tmp_path / "gateway" / "traffic.sqlite"
        yield from sweep(path, TrafficSettings(keep_days=1, keep_texts_days=0),
                         now=now, into=into)  # fmt: skip

    with a_log(tmp_path, clock=clock, chores=[chore]) as log:
        log.note(an_occurrence(at=clock.now))
        assert log.settle(timeout=30)
        clock.now += 2 * DAY
        log.note(an_occurrence(at=clock.now))
        assert log.settle(timeout=30)
    assert into.requests == 1


def test_a_chore_that_fails_stops_no_log(tmp_path, caplog):
    def fails(now):
        raise ValueError("the disk is on fire")
        yield

    with a_log(tmp_path, chores=[fails]) as log:
        log.note(an_occurrence())
        assert log.settle(timeout=30)
    assert rows_of(log.path, "SELECT count(*) FROM request") == [(1,)]
    assert "on fire" in caplog.text


def test_what_was_asked_is_found_by_its_digest_and_by_what_is_kept(tmp_path):
    texts = ("call amal@example.org", "the zanzibar engine", "something else")
    decisions = (a_decision(text, place) for place, text in enumerate(texts))
    told = an_occurrence(*decisions)
    path = written(tmp_path, told)

    def holds(kept):
        return b"zanzibar" in kept

    found = find_said(path, [texts[0]], holds=holds)
    assert found == [(told.request, 0), (told.request, 1)]
    assert not find_said(path, ["never asked"], holds=b"".startswith)
    assert not find_said(path.with_name("missing"), [texts[0]], holds=holds)


def test_what_is_forgotten_leaves_the_answer_and_no_text(tmp_path):
    told = an_occurrence(a_decision("zanzibar"), a_decision("engine", 1))
    path = written(tmp_path, told, rows=some_rows(texts="whole"))
    assert forget_said(path, [(told.request, 0)])
    rows = rows_of(path, "SELECT label, text, digest = '' FROM decision")
    assert rows == [("Engine", None, 1), ("Engine", "engine", 0)]
    assert b"zanzibar" not in bytes_of(path)


def test_a_log_that_somebody_reads_says_that_it_is_not_empty_yet(path):
    reader, writer = connect(path), connect(path)
    writer.execute("PRAGMA busy_timeout = 0")
    writer.execute("DELETE FROM decision")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM request").fetchone()
    writer.execute("DELETE FROM request")
    assert not shred_log(writer)
    reader.execute("COMMIT")
    assert shred_log(writer)
    reader.close()
    writer.close()


def a_wait(request, *, at=NOW, place=0, **told):
    given = {"task": "system", "release": "", "label": "Engine", "text": None} | told
    return Found(request=request, place=place, at=at, **given)


def said_of(request, **told):
    given = {"input": None, "comment": "", "by": ""} | told
    return Said(request=request, place=0, label="", key="", caller="k", at=NOW, **given)


def numbers_waiting(path):
    return [number for number, _ in Spool(path).waiting(10)]


def test_what_nobody_takes_home_leaves_with_the_texts(path):
    spool = Spool(path)
    spool.put([a_wait("r1", text="zanzibar-waits", at=NOW - 91 * DAY), a_wait("r2")])
    spool.say(said_of("r3"))
    assert swept(path).waiting == 1
    assert numbers_waiting(path) == [2, 3]
    assert b"zanzibar-waits" not in bytes_of(path)


@pytest.mark.parametrize("word", ["input", "comment", "by"])
def test_what_is_forgotten_waits_no_longer_to_be_taken_home(tmp_path, word):
    told = an_occurrence(a_decision("zanzibar"))
    path = written(tmp_path, told, rows=some_rows(texts="none"))
    spool = Spool(path)
    spool.put([a_wait("r2", text="zanzibar"), a_wait("r3", text="engine")])
    spool.say(said_of("r4", **{word: "a zanzibar that leaks"}))
    spool.say(said_of(told.request))
    found = find_said(path, ["zanzibar"], holds=lambda kept: b"zanzibar that" in kept)
    assert found == [(told.request, 0), ("r2", 0), ("r4", 0)]
    assert forget_said(path, found)
    assert numbers_waiting(path) == [2]
    assert b"zanzibar" not in bytes_of(path)


def test_no_more_waits_than_there_is_room_for_and_what_is_over_is_told(path, caplog):
    spool = Spool(path)
    spool.put(a_wait(f"r{n}") for n in range(MOST_WAITING + 2))
    spool.put([a_wait("late")])
    assert spool.left == 3
    assert "2 answers are left to the log" in caplog.text
    spool.say(said_of("r1"))
    spool.say(said_of("r1", comment="x" * (MOST_LETTERS - 1000)))
    with pytest.raises(RequestError) as refused:
        spool.say(said_of("r1", comment="x" * 1000))
    assert (refused.value.status, refused.value.code) == (
        503,
        "gateway.feedback-unkept",
    )
