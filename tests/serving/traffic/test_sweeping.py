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
