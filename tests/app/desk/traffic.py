# SPDX-License-Identifier: Apache-2.0
"""The gateway's file of traffic, written small for the tests of the page."""

import sqlite3
from contextlib import closing
from itertools import count

TABLES = """
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, at REAL, seconds REAL, operation, path, caller, task,
    "release", model, threshold REAL, arm, status INTEGER, code,
    tokens_in INTEGER, tokens_out INTEGER);
CREATE TABLE IF NOT EXISTS decision (
    request, place INTEGER, label, probability REAL, reason, text, digest,
    PRIMARY KEY (request, place));
"""
JUDGED = """
CREATE TABLE IF NOT EXISTS taken (
    request, place, task, kind, item, outcome, at REAL, label, "release",
    is_settled DEFAULT 0, PRIMARY KEY (request, place));
CREATE TABLE IF NOT EXISTS audit (
    request, place, item, chosen REAL, at REAL, PRIMARY KEY (request, place));
CREATE TABLE IF NOT EXISTS correction (
    request, place, annotation, label, is_right INTEGER, source, at REAL);
"""
COLUMNS = (
    *("id", "at", "seconds", "operation", "path", "caller", "task", "release"),
    *("model", "threshold", "arm", "status", "code", "tokens_in", "tokens_out"),
)
NUMBERS = count(1)


def a_request(*, at, alone=1, asked=0, **said):
    """One request: texts decided alone, texts asked of a person, and what it was."""
    blank = {
        "id": f"request-{next(NUMBERS)}",
        "at": at,
        "seconds": 0.004,
        "operation": "classify",
        "path": "/v1/classifications",
        "caller": "k1",
        "task": "system",
        "release": "",
        "model": "sha256:m",
        "threshold": 0.9,
        "arm": "champion",
        "status": 200,
        "code": "",
        "tokens_in": None,
        "tokens_out": None,
    }
    request = {**blank, **said}
    reasons = [""] * alone + ["below the threshold"] * asked
    return request, reasons if request["status"] < 400 else []


def write(folder, requests):
    """Write requests into the file of a project, which is made."""
    with closing(opened(folder)) as database, database:
        database.executescript(TABLES)
        for request, reasons in requests:
            row = [request[name] for name in COLUMNS]
            database.execute(f"INSERT INTO request VALUES ({marks(row)})", row)
            for place, reason in enumerate(reasons):
                words = f"{request['id']} {place}"
                row = [request["id"], place, "Engine", 0.95, reason, None, words]
                database.execute(f"INSERT INTO decision VALUES ({marks(row)})", row)


def judge(folder, *, at, drawn=(), corrections=()):
    """Write what was drawn for the audit, and what people said.

    Args:
        folder: Of the project.
        at: When the drawn answers were given, in seconds since 1970.
        drawn: Pairs of request and the probability with which it was drawn.
        corrections: Request, whether it was right, source, seconds since 1970.
    """
    with closing(opened(folder)) as database, database:
        database.executescript(JUDGED)
        for request, chosen in drawn:
            item = f"item of {request}"
            row = [request, 0, "system", "audit", item, "new", at, "Engine", "", 0]
            database.execute(f"INSERT INTO taken VALUES ({marks(row)})", row)
            row = [request, 0, item, chosen, at]
            database.execute(f"INSERT INTO audit VALUES ({marks(row)})", row)
        for request, is_right, source, said in corrections:
            label = "Engine" if is_right else "Electrical"
            row = [request, 0, "a", label, int(is_right), source, said]
            database.execute(f"INSERT INTO correction VALUES ({marks(row)})", row)


def opened(folder):
    path = folder / "gateway" / "traffic.sqlite"
    path.parent.mkdir(exist_ok=True)
    return sqlite3.connect(path)


def marks(row):
    return ", ".join("?" for _ in row)
