# SPDX-License-Identifier: Apache-2.0
"""Answers in a log of traffic, as the gateway writes them."""

import hashlib
from contextlib import closing

from maalem.serving.traffic.tables import connect, writing


def digest_of_text(text):
    return hashlib.sha256(text.encode()).hexdigest()


def log(path, request, text, **told):
    """Write one answer into the log; give the id of its request."""
    answer = {
        "task": "system",
        "release": "",
        "at": 1000.0,
        "threshold": 0.8,
        "arm": "champion",
        "status": 200,
        "label": "Engine",
        "probability": 0.9,
        "reason": "",
        "keeps": True,
        "place": 0,
    } | told
    with closing(connect(path)) as database, writing(database):
        database.execute(
            "INSERT OR IGNORE INTO request"
            ' (id, at, task, "release", threshold, arm, status, seconds, operation,'
            " path, caller, model, code) VALUES (?, ?, ?, ?, ?, ?, ?, 0.1, 'classify',"
            " '/predict', 'k', '', '')",
            (
                request,
                *(answer[one] for one in ("at", "task", "release", "threshold")),
                answer["arm"],
                answer["status"],
            ),
        )
        database.execute(
            "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                request,
                *(answer[one] for one in ("place", "label", "probability", "reason")),
                text if answer["keeps"] else None,
                digest_of_text(text),
            ),
        )
    return request
