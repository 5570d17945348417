# SPDX-License-Identifier: Apache-2.0
"""How an answer is named: by its key, or by everything that it says."""

import dataclasses

from maalem.records import Annotation, Digest, digest_of, to_json

_LATER = (
    *("outcome", "text", "spans", "ratings", "ranking", "order_shown", "note"),
    "key",
)


def named(annotation: Annotation) -> Annotation:
    """Give an annotation its id.

    With an idempotency key it is the digest of task, annotator and key, so that an
    answer sent twice is one annotation; else of all other fields, so that the same
    answer read twice is one. A field that says nothing and did not exist in the first
    version does not count, so that old names hold.
    """
    if annotation.key:
        who = {"task": annotation.task, "annotator": annotation.annotator}
        return dataclasses.replace(
            annotation, id=digest_of({**who, "key": annotation.key})
        )
    fields = to_json(annotation)
    del fields["id"]
    said = {key: value for key, value in fields.items() if value or key not in _LATER}
    return dataclasses.replace(annotation, id=digest_of(said))


UNNAMED = Digest("")
"""The id of an annotation before `named` gave it one."""
