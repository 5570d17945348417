# SPDX-License-Identifier: Apache-2.0
"""An erasure killed at any point never was, or is finished by the next opening."""

import signal
import subprocess
import sys

import pytest
from tests.store.builders import a_document, a_passage, an_erasure, opened
from tests.store.test_forgotten import a_secret_project, found_in

from maalem.records import Document, Passage
from maalem.store import verify_ledger
from maalem.store.subject_keys import LostKeyError, SubjectKeys

ERASING = """
import os, signal, sys
from pathlib import Path
from tests.store.builders import an_erasure, a_document, a_passage, an_item, opened
folder, point, blob = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
seen, armed = 0, False
def step():
    global seen
    seen += armed
    if seen == point and armed:
        os.kill(os.getpid(), signal.SIGKILL)
def count(event, arguments):
    if event in {"open", "os.rename", "os.chmod", "os.remove"}:
        step()
sys.addaudithook(count)
store = opened(folder)
store._access.writing.set_trace_callback(lambda statement: step())
armed = True
store.erase(an_erasure(a_document(0), a_passage(0), an_item(0), blobs=(blob,)))
armed = False
print("done", seen, flush=True)
store.close()
"""
STEPS = 56


def run(folder, blob, point):
    child = subprocess.run(
        [sys.executable, "-c", ERASING, str(folder), str(point), blob],
        capture_output=True,
        check=False,
    )
    killed = child.returncode == -signal.SIGKILL
    assert killed or child.returncode == 0, child.stderr.decode()
    return child.stdout, killed


@pytest.mark.parametrize("point", range(1, STEPS + 1))
def test_an_erasure_killed_at_any_step_never_was_or_is_finished(tmp_path, point):
    folder = tmp_path / "project"
    ((records, blob),) = a_secret_project(folder)
    (folder / "maalem.db.schema-6.backup").write_bytes(b"the zanzibarite")
    _, killed = run(folder, blob, point)
    assert killed
    report = verify_ledger(folder)
    assert report.ok, report.what
    with opened(folder) as store:
        left = [a_document(1000), a_passage(1000)]
        if store.is_erased(Document, records[0].id):
            assert [*store.find(Document), *store.find(Passage)] == left
            assert found_in(folder) == []
            with pytest.raises(LostKeyError):
                SubjectKeys(folder / "keys/subject.keys").cipher(1)
            assert next(iter(store.entries("forget"))).details["records"] == 3
        else:
            assert store.get(Document, records[0].id) == records[0]
            assert store.read(blob)
            assert list(store.entries("forget")) == []
            store.erase(an_erasure(*records, blobs=(blob,)))
            assert found_in(folder) == []
        query = "SELECT count(*) FROM erasing"
        assert store.look(lambda tables: tables.execute(query).fetchone()) == (0,)
    report = verify_ledger(folder)
    assert (report.ok, report.erased) == (True, 3), report.what


def test_the_points_of_death_reach_from_begin_to_the_last_trace(tmp_path):
    folder = tmp_path / "project"
    ((_, blob),) = a_secret_project(folder)
    (folder / "maalem.db.schema-6.backup").write_bytes(b"the zanzibarite")
    said, killed = run(folder, blob, 10_000)
    assert not killed
    assert int(said.split()[-1]) == STEPS, "choose the points of death anew"
