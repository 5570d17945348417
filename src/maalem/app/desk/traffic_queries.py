# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608  # what is put together are constants of this module
"""The questions to the gateway's file of traffic, in SQL; values come by name.

An answer is what a model said; what only reads or corrects is no answer, and is no
traffic of a model unless it is refused.
"""

from maalem.serving.occurrences import SHADOW

_SPAN = "r.task = :task AND r.at >= :since AND r.at < :until"
_SENT = f"r.arm <> '{SHADOW}'"
_ASKED = "(r.operation NOT IN ('read', 'feedback') OR r.code <> '')"
_ANSWERS = f"{_SPAN} AND r.operation NOT IN ('read', 'feedback') AND r.status < 400"
_SAID = "request r JOIN decision d ON d.request = r.id"

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"

LAST = f"SELECT max(r.at) FROM request r WHERE r.task = :task AND {_SENT} AND {_ASKED}"
"""Moment of the last request for a task."""

REQUESTS = f"""
SELECT count(*), total(r.status >= 400)
FROM request r WHERE {_SPAN} AND {_SENT} AND {_ASKED}"""
"""Requests, and the refused among them."""

SLOTS = f"""
SELECT CAST(r.at / :slot AS INTEGER), sum(r.status < 400), sum(r.status >= 400)
FROM request r WHERE {_SPAN} AND {_SENT} AND {_ASKED} GROUP BY 1"""
"""Number of the slot, answered and refused requests in it."""

REFUSALS = f"""
SELECT r.code, r.status, count(*)
FROM request r WHERE {_SPAN} AND {_SENT} AND r.status >= 400
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
"""Code, status, requests."""

TEXTS = f"""
SELECT "release", model, arm, texts, alone, count(*) FROM (
    SELECT r."release", r.model, r.arm, count(d.place) AS texts,
        total(d.reason = '') AS alone
    FROM request r LEFT JOIN decision d ON d.request = r.id AND d.label <> ''
    WHERE {_ANSWERS} AND r.model <> '' GROUP BY r.id
) GROUP BY 1, 2, 3, 4, 5"""
"""Release, model, arm, texts of a request, those decided alone, requests like it."""

_RANKED = """
SELECT place, seconds FROM (
    SELECT r.seconds, row_number() OVER (ORDER BY r.seconds) AS place
    FROM request r WHERE {}
) WHERE place IN (:p50, :p95, :p99)"""
_OF_MODEL = (
    f'{_ANSWERS} AND r.model = :model AND r."release" = :release AND r.arm = :arm'
)
COUNT = f"SELECT count(*) FROM request r WHERE {_ANSWERS} AND {_SENT}"
COUNT_OF_MODEL = f"SELECT count(*) FROM request r WHERE {_OF_MODEL}"
RANKED = _RANKED.format(f"{_ANSWERS} AND {_SENT}")
"""Rank of an answer by its time, and the time, for three ranks."""
RANKED_OF_MODEL = _RANKED.format(_OF_MODEL)

CASES = f"""
SELECT count(DISTINCT d.digest) FROM {_SAID}
WHERE {_ANSWERS} AND {_SENT} AND d.reason <> ''"""
"""Different texts that a person must decide."""

CORRECTIONS = """
SELECT count(*), total(NOT c.is_right)
FROM correction c JOIN request r ON r.id = c.request
WHERE c.source = 'feedback' AND r.task = :task AND c.at >= :since AND c.at < :until"""
"""Corrections and confirmations, and the corrections among them."""
