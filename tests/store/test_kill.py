# SPDX-License-Identifier: Apache-2.0
"""A process killed at any point leaves whole entries, or none.

The child kills itself with SIGKILL at the n-th SQL statement, or at the n-th file
operation, so that every point is reached and none by chance.
"""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.builders import a_store, an_annotation, opened

from maalem.records import Annotation
from maalem.store import verify_ledger
from maalem.store.schema import MIGRATIONS

APPENDING = """
import os, signal, sys
from pathlib import Path
from tests.store.builders import an_annotation, opened
folder, point = Path(sys.argv[1]), int(sys.argv[2])
store = opened(folder)
store.append("add", [an_annotation(n) for n in range(20)])
print("acknowledged", flush=True)
seen = 0
def count(statement):
    global seen
    seen += 1
    if seen == point:
        os.kill(os.getpid(), signal.SIGKILL)
store._access.writing.set_trace_callback(count)
store.put(b"a blob")
store.append("add", [an_annotation(n) for n in range(10, 30)])
store.checkpoint()
print("done", seen, flush=True)
"""

PUTTING = """
import os, signal, sys
from pathlib import Path
from tests.store.builders import a_store, an_annotation, opened
folder, point = Path(sys.argv[1]), int(sys.argv[2])
seen, armed = 0, False
def count(event, arguments):
    global seen
    if armed and event in {"open", "os.rename", "os.mkdir", "os.chmod", "os.remove",
                           "sqlite3.connect", "sqlite3.connect/handle", "fcntl.flock"}:
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
armed = True
store = opened(folder) if (folder / "maalem.db").exists() else a_store(folder)
store.put(b"a blob")
store.put_file(Path(__file__ if "__file__" in globals() else sys.executable).resolve())
store.append("add", [an_annotation(n) for n in range(10)])
store.close()
print("done", seen, flush=True)
"""

GROUPING = """
import os, signal, sys, threading
from pathlib import Path
from tests.store.builders import an_annotation, opened
folder, point = Path(sys.argv[1]), int(sys.argv[2])
store = opened(folder)
store._writes._patience = 0.01
seen = 0
def count(statement):
    global seen
    seen += 1
    if seen == point:
        os.kill(os.getpid(), signal.SIGKILL)
store._access.writing.set_trace_callback(count)
def work(worker):
    for turn in range(5):
        store.append("add", [an_annotation(worker * 5 + turn)])
        os.write(1, b"%d\\n" % (worker * 5 + turn))
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""

MIGRATING = """
import os, signal, sys
from pathlib import Path
from maalem.store.schema import MIGRATIONS, connect, migrate
path, point = Path(sys.argv[1]) / "maalem.db", int(sys.argv[2])
database = connect(path, mode="rw")
later = (*MIGRATIONS, ("CREATE TABLE a (x) STRICT",), ("CREATE TABLE b (x) STRICT",))
later = [[s.replace("(x)", "(x TEXT)") for s in step] for step in later]
seen = 0
def count(statement):
    global seen
    seen += 1
    if seen == point:
        os.kill(os.getpid(), signal.SIGKILL)
database.set_trace_callback(count)
migrate(database, path, later)
print("done", seen, flush=True)
"""


def run(script: str, folder: Path, point: int) -> tuple[bytes, bool]:
    """Run a child to its end or to its death, and tell which."""
    child = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(point)],
        capture_output=True,
        check=False,
    )
    killed = child.returncode == -signal.SIGKILL
    assert killed or child.returncode == 0, child.stderr.decode()
    return child.stdout, killed


@pytest.mark.parametrize(
    "point", [1, 2, 3, 4, 5, 9, 14, 15, 16, 18, 19, 20, 21, 22, 25, 26, 27]
)
def test_a_writer_killed_in_mid_append_leaves_no_half_entry(tmp_path, point):
    folder = tmp_path / "project"
    a_store(folder).close()
    said, killed = run(APPENDING, folder, point)
    assert b"acknowledged" in said
    report = verify_ledger(folder)
    assert report.ok, report.what
    with opened(folder) as store:
        count = store.count(Annotation)
        assert count == sum(entry.added for entry in store.entries())
        assert count in {20, 30}  # what was acknowledged is there, and never a part
        if not killed:
            assert count == 30
        store.append("add", [an_annotation(n) for n in range(10, 40)])
        assert store.count(Annotation) == 40
    assert verify_ledger(folder).ok


@pytest.mark.parametrize("point", range(1, 120, 9))
def test_writers_killed_in_a_commit_they_share_keep_what_was_acknowledged(
    tmp_path, point
):
    folder = tmp_path / "project"
    a_store(folder).close()
    said, killed = run(GROUPING, folder, point)
    assert killed
    acknowledged = {an_annotation(int(line)).id for line in said.split()}
    report = verify_ledger(folder)
    assert report.ok, report.what
    with opened(folder) as store:
        kept = [one.id for one in store.find(Annotation)]
        assert len(kept) == len(set(kept)) == len(list(store.entries())) - 1
        assert acknowledged <= set(kept)


def test_the_points_of_death_reach_from_begin_to_checkpoint(tmp_path):
    folder = tmp_path / "project"
    a_store(folder).close()
    said, killed = run(APPENDING, folder, 10_000)
    assert not killed
    statements = int(said.split()[-1])
    assert statements == 26, "choose the points of death anew"


@pytest.mark.parametrize("point", range(1, 47, 3))
def test_a_store_killed_while_it_is_made_or_takes_a_blob_is_taken_up(tmp_path, point):
    folder = tmp_path / "project"
    _, killed = run(PUTTING, folder, point)
    said, _ = run(PUTTING, folder, 10_000)
    assert b"done" in said
    report = verify_ledger(folder)
    assert report.ok, report.what
    with opened(folder) as store:
        assert store.count(Annotation) == 10
    assert not list(folder.rglob(".part-*"))
    assert killed


@pytest.mark.parametrize("point", range(1, 12, 2))
def test_an_upgrade_killed_in_mid_migration_is_taken_up(tmp_path, point):
    folder = tmp_path / "project"
    with a_store(folder) as store:
        store.append("add", [an_annotation(1)])
    _, killed = run(MIGRATING, folder, point)
    assert killed == (point <= 10)
    with closing(sqlite3.connect(folder / "maalem.db")) as shell:
        tables = {name for (name,) in shell.execute("SELECT name FROM sqlite_master")}
        version = shell.execute("PRAGMA user_version").fetchone()[0]
        begun = version - len(MIGRATIONS)
        assert begun == len(tables & {"a", "b"})  # never a schema in between
        assert shell.execute("SELECT count(*) FROM entry").fetchone() == (2,)
    said, _ = run(MIGRATING, folder, 10_000)
    assert b"done" in said
    assert (folder / f"maalem.db.schema-{version}.backup").exists() or begun == 2
