# SPDX-License-Identifier: Apache-2.0
"""How an answer is named: by everything that it says."""

import dataclasses

from maalem.records import Annotation, Digest, digest_of, to_json


def named(annotation: Annotation) -> Annotation:
    """Give an annotation its id, the digest of all its other fields.

    The same answer read twice is one annotation.
    """
    fields = to_json(annotation)
    del fields["id"]
    return dataclasses.replace(annotation, id=digest_of(fields))


UNNAMED = Digest("")
"""The id of an annotation before `named` gave it one."""
