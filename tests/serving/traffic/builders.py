# SPDX-License-Identifier: Apache-2.0
"""Occurrences and logs for tests; nothing in them is an example of a real person's."""

from contextlib import closing, contextmanager
from itertools import count

from tests.serving.builders import Clock

from maalem.corpus.cleaning import clean
from maalem.corpus.pseudonyms import Pseudonyms
from maalem.serving.occurrences import Decision, Occurrence
from maalem.serving.traffic.log import RequestLog
from maalem.serving.traffic.rows import Rows
from maalem.serving.traffic.settings import TrafficSettings
from maalem.serving.traffic.tables import reading

_NUMBERS = count()


def redact(text):
    return Pseudonyms(b"k" * 32).replace(clean(text)[0])[0]


def a_decision(text="engine", place=0, label="Engine", probability=0.9, reason=""):
    return Decision(
        place=place, text=text, label=label, probability=probability, reason=reason
    )


def an_occurrence(*decisions, at=1000.0, seconds=0.01, task="system", **fields):
    """Make what happened: a text was classified, unless it is told otherwise."""
    given = {
        "request": f"{next(_NUMBERS):016x}",
        "operation": "classify",
        "path": "/v1/classifications",
        "caller": "mlm_key",
        "release": "sha256:release",
        "model": "sha256:model",
        "threshold": 0.8,
    }
    given["decisions"] = decisions or (a_decision(),)
    return Occurrence(at=at, seconds=seconds, task=task, **(given | fields))


def a_refusal(code="gateway.key", status=401, **fields):
    empty = {"task": "", "release": "", "model": "", "threshold": None}
    empty["decisions"] = ()
    return an_occurrence(code=code, status=status, **(empty | fields))


def some_rows(redact=redact, **settings):
    return Rows(
        TrafficSettings(**settings),
        redact=redact,
        named={"sha256:release": "system-1"}.__getitem__,
    )


@contextmanager
def a_log(folder, rows=None, *, clock=None, **more):
    """Open a log in a folder and close it."""
    path = folder / "gateway" / "traffic.sqlite"
    with closing(
        RequestLog(path, rows or some_rows(), clock=clock or Clock(), **more)
    ) as log:
        yield log


def written(folder, *told, rows=None):
    """Write what happened; give the file."""
    with a_log(folder, rows) as log:
        for one in told:
            log.note(one)
    return log.path


def rows_of(path, query):
    """Give what a query finds in the file."""
    with reading(path) as database:
        return database.execute(query).fetchall()
