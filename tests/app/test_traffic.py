# SPDX-License-Identifier: Apache-2.0
"""What a project's gateway keeps, shows, enters into the ledger and forgets."""

import csv
import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.app.marks import LATIN, TEACHING, holding
from tests.app.test_gateway import BODY, MISTRAL, a_key, clock
from tests.serving.builders import ask
from tests.serving.traffic.builders import (
    a_decision,
    a_refusal,
    an_occurrence,
    rows_of,
    some_rows,
    written,
)

from maalem.app import loop
from maalem.app.gateway.corrections import taking_home
from maalem.app.gateway.opening import open_gateway
from maalem.app.gateway.traffic_days import CLOSED
from maalem.app.report_traffic import harmless
from maalem.errors import IntegrityError, SettingsError
from maalem.records import Item
from maalem.serving.traffic.tables import FILE, connect

DAY = 86400.0


def setting(folder, line):
    path = folder / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[traffic]\n{line}\n", "utf-8")


@contextmanager
def a_project_gateway(folder, *, at=clock):
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=at)
        try:
            yield gateway
        finally:
            gateway.close()


def closed_days(folder):
    """Open the gateway until it has closed the days that are over; give them."""
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=clock)
        patience = time.monotonic() + 30
        while not [*work.store.entries(CLOSED)] and time.monotonic() < patience:
            time.sleep(0.01)
        gateway.close()
        return [dict(one.details) for one in work.store.entries(CLOSED)]


def test_what_was_asked_is_logged_without_the_personal_data_in_it(copied):
    key = a_key(copied, "predict")
    body = {**BODY, "input": ["engine too hot, call amal@example.org"]}
    with a_project_gateway(copied) as gateway:
        reply = ask(gateway, f"/{MISTRAL}", json=body, key=key)
        ask(gateway, f"/{MISTRAL}", json={**body, "model": "other"}, key=key)
        assert ask(gateway, "/metrics", key=key).status_code == 200
        assert ask(gateway, "/metrics", key="").status_code == 401
    rows = rows_of(copied / FILE, "SELECT id, task, status, code FROM request")
    assert (reply.headers["x-request-id"], "system", 200, "") in rows
    assert {code for *_, code in rows} == {"", "gateway.model", "gateway.key"}
    ((text,),) = rows_of(copied / FILE, "SELECT text FROM decision")
    assert text.startswith("engine too hot, call [email-")
    held = b"".join(one.read_bytes() for one in (copied / FILE).parent.iterdir())
    assert b"amal@" not in held
    assert key.encode() not in held


def test_where_the_log_must_be_kept_nothing_is_answered_without_it(copied):
    setting(copied, "must_log = true")
    key = a_key(copied, "predict")
    with a_project_gateway(copied) as gateway:
        assert ask(gateway, f"/{MISTRAL}", json=BODY, key=key).status_code == 200
    path = copied / FILE
    for one in path.parent.iterdir():
        one.unlink()
    path.mkdir()
    with a_project_gateway(copied) as gateway:
        refused = ask(gateway, f"/{MISTRAL}", json=BODY, key=key)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["error"]["code"] == "gateway.unlogged"
        assert ask(gateway, "/health").status_code == 200


def test_a_log_that_cannot_be_kept_stops_no_answers_elsewhere(copied):
    (copied / FILE).mkdir(parents=True)
    key = a_key(copied, "predict")
    with a_project_gateway(copied) as gateway:
        assert ask(gateway, f"/{MISTRAL}", json=BODY, key=key).status_code == 200
        told = ask(gateway, "/metrics", key=key).text
        assert "maalem_log_failing 1" in told


def test_a_damaged_log_is_refused_at_opening_with_a_way_out(project):
    (project / FILE).parent.mkdir()
    (project / FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(IntegrityError, match="damaged"), a_project_gateway(project):
        pass


@pytest.mark.parametrize("desk", ['address = "0.0.0.0"', "is_secure = true"])
def test_metrics_are_open_only_where_nobody_else_can_read_them(project, desk):
    setting(project, "open_metrics = true")
    with a_project_gateway(project) as gateway:
        assert ask(gateway, "/metrics", key="").status_code == 200
    path = project / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[desk]\n{desk}\n", "utf-8")
    with (
        pytest.raises(SettingsError, match="cannot be open"),
        a_project_gateway(project),
    ):
        pass


def test_spans_go_to_the_collector_that_the_settings_name(copied, loopback):  # noqa: F811  # the fixture
    taken = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.server_address[1]
            setting(copied, f'otlp = "http://127.0.0.1:{port}/v1/traces"')
            key = a_key(copied, "predict")
            trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            with a_project_gateway(copied) as gateway:
                ask(gateway, f"/{MISTRAL}", json=BODY, key=key,
                    headers={"traceparent": trace})  # fmt: skip
        finally:
            server.shutdown()
            thread.join()
    (sent,) = taken
    assert b"classify system" in sent
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") in sent
    assert BODY["input"].encode() not in sent


def test_traffic_shows_the_last_day_by_task(project, maalem):
    now = clock() - 60
    written(
        project,
        an_occurrence(a_decision(), a_decision(place=1, reason="below"), at=now),
        an_occurrence(task="urgency", seconds=0.5, at=now),
        a_refusal(at=now),
    )
    told = maalem("-C", project, "--json", "traffic").json
    assert told["schema"] == "maalem.traffic/1"
    assert told["all"]["requests"] == 3
    by_task = {one["task"]: one for one in told["tasks"]}
    assert {task: one["texts"] for task, one in by_task.items()} == {
        "": 0,
        "system": 2,
        "urgency": 1,
    }
    shown = maalem("-C", project, "traffic").out
    assert "50.0 %" in shown
    assert "gateway.key" in shown
    one = maalem("-C", project, "--json", "traffic", "--task", "urgency").json
    assert (one["all"]["requests"], one["all"]["p50"]) == (1, 0.5)


def test_without_traffic_it_says_how_the_gateway_is_opened(project, maalem):
    told = maalem("-C", project, "traffic")
    assert (told.code, told.out) == (0, "")
    assert "serve" in told.err
    assert maalem("-C", project, "--json", "traffic").json["tasks"] == []


@pytest.mark.parametrize("since", ["yesterday", "-1h", "2999-01-01", "1e9d", ""])
def test_a_time_that_is_not_past_is_refused(project, maalem, since):
    told = maalem("-C", project, "traffic", f"--since={since}")
    assert (told.code, "error[usage]" in told.err) == (2, True)


@pytest.mark.parametrize(("since", "number"), [("1h", 0), ("3d", 1), ("2020-02-01", 1)])
def test_a_time_is_told_in_hours_days_or_as_a_date(project, maalem, since, number):
    written(project, an_occurrence(at=clock() - 2 * DAY))
    told = maalem("-C", project, "--json", "traffic", "--since", since).json
    assert told["all"]["requests"] == number


def test_one_request_shows_its_answers_and_moves_no_cursor(project, maalem):
    told = an_occurrence(a_decision("\x1b[2J\u202eevil"), at=clock())
    written(project, told, rows=some_rows(texts="whole"))
    shown = maalem("-C", project, "traffic", "request", told.request)
    assert (shown.code, "\x1b[2J" in shown.out, "\u202e" in shown.out) == (
        0,
        False,
        False,
    )
    assert harmless("\x1b[2J\u202eevil") in shown.out
    answers = maalem("--json", "-C", project, "traffic", "request", told.request).json
    assert answers["answers"][0]["label"] == "Engine"
    missing = maalem("-C", project, "traffic", "request", "nobody")
    assert (missing.code, "traffic.unknown" in missing.err) == (2, True)


def test_an_export_has_a_line_for_each_request_and_neither_texts_nor_callers(
    project, maalem, tmp_path
):
    written(project, an_occurrence(a_decision("zanzibar"), at=clock() - 60))
    path = tmp_path / "requests.csv"
    assert maalem("-C", project, "traffic", "export", "--to", path).code == 0
    (row,) = csv.DictReader(path.read_text("utf-8").splitlines())
    assert (row["task"], row["texts"], row["status"]) == ("system", "1", "200")
    assert "zanzibar" not in path.read_text("utf-8")
    assert "mlm_key" not in path.read_text("utf-8")
    printed = maalem("-C", project, "traffic", "export").out
    assert printed == path.read_text("utf-8")


def test_a_sweep_takes_away_what_is_over_age(project, maalem):
    assert maalem("-C", project, "--json", "traffic", "sweep").json["requests"] == 0
    written(project, an_occurrence(at=clock() - 400 * DAY), an_occurrence(at=clock()))
    swept = maalem("-C", project, "--json", "traffic", "sweep").json
    assert (swept["requests"], swept["texts"], swept["is_shredded"]) == (1, 0, True)
    assert rows_of(project / FILE, "SELECT count(*) FROM request") == [(1,)]


def test_each_day_that_is_over_is_entered_once_and_a_changed_row_is_seen(
    project, maalem
):
    assert maalem("-C", project, "traffic", "check").code == 0
    then = clock() - 3 * DAY
    path = written(project, an_occurrence(at=then), an_occurrence(at=clock()))
    (entered,) = closed_days(project)
    assert closed_days(project) == [entered]
    day = datetime.fromtimestamp(then, UTC).date().isoformat()
    assert (entered["day"], entered["requests"]) == (day, 1)
    checked = maalem("-C", project, "--json", "traffic", "check")
    assert (checked.code, checked.json["days"][0]["is_same"]) == (0, True)
    database = connect(path)
    database.execute("UPDATE decision SET label = 'Hydraulics'")
    database.close()
    changed = maalem("-C", project, "traffic", "check")
    assert (changed.code, "traffic.changed" in changed.err) == (5, True)


def test_a_day_that_is_over_age_is_not_missed(project, maalem):
    written(project, an_occurrence(at=clock() - 3 * DAY))
    assert closed_days(project)
    setting(project, "keep_days = 1\nkeep_texts_days = 1")
    maalem("-C", project, "traffic", "sweep")
    checked = maalem("-C", project, "--json", "traffic", "check")
    assert (checked.code, checked.json["days"][0]["found"]) == (0, None)


@pytest.mark.parametrize("texts", ["whole", "redacted"])
def test_what_is_forgotten_is_not_in_the_log_either(forgettable, maalem, texts):
    with loop.open_workspace(forgettable, read_only=True) as work:
        text = next(one.text for one in work.store.find(Item) if LATIN in one.text)
    path = written(
        forgettable,
        an_occurrence(a_decision(text), a_decision(f"they say: {text}", 1)),
        an_occurrence(a_decision("pump loses pressure")),
        rows=some_rows(texts=texts),
    )
    assert FILE in holding(forgettable)
    plan = maalem("-C", forgettable, "--json", "forget", TEACHING, "--plan").json
    assert len(plan["remains"]["asked"]) == 2
    assert FILE not in plan["remains"]["files"]
    assert maalem("-C", forgettable, "forget", TEACHING, "--yes").code == 0
    assert holding(forgettable) == []
    kept = rows_of(path, "SELECT label, text FROM decision ORDER BY text")
    assert kept == [
        ("Engine", None),
        ("Engine", None),
        ("Engine", "pump loses pressure"),
    ]


def test_a_log_that_somebody_reads_is_emptied_by_the_next_try(forgettable, maalem):
    with loop.open_workspace(forgettable, read_only=True) as work:
        text = next(one.text for one in work.store.find(Item) if LATIN in one.text)
    path = written(forgettable, an_occurrence(a_decision(text)))
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM decision").fetchone()
    busy = maalem("-C", forgettable, "forget", TEACHING, "--yes")
    assert (busy.code, "traffic.erasing" in busy.err) == (6, True)
    reader.close()
    assert maalem("-C", forgettable, "forget", TEACHING, "--yes").code == 0
    assert holding(forgettable) == []


def test_settings_of_the_traffic_are_shown_with_their_defaults(project, maalem):
    shown = maalem("-C", project, "project", "show").out
    assert 'texts = "redacted"' in shown
    assert "keep_days = 365" in shown


def test_a_desk_enters_the_days_of_a_gateway_that_only_reads(copied, caplog):
    written(copied, an_occurrence(at=clock() - 3 * DAY))
    with loop.open_workspace(copied, read_only=True) as work:
        open_gateway(work, clock=clock).close()
        assert not [*work.store.entries(CLOSED)]
    assert "not tended" not in caplog.text
    with (
        loop.open_workspace(copied) as work,
        taking_home(work, clock, gateway=None),
    ):
        patience = time.monotonic() + 30
        while not [*work.store.entries(CLOSED)] and time.monotonic() < patience:
            time.sleep(0.01)
        (entry,) = work.store.entries(CLOSED)
        assert entry.details["requests"] == 1
