# SPDX-License-Identifier: Apache-2.0
"""Answers and forms for the tests of pages."""

import re

from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation

FIELD = re.compile(
    r'<input(?![^>]*type="(?:checkbox|radio)")[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"'
)


def an_answer(item, annotator, *, labels=("Engine",), **said):
    """An answer of an expert to an item."""
    said = {"at": "2026-11-24T09:00:00+00:00", **said}
    return named(
        Annotation(
            id=UNNAMED,
            item=item.id,
            task=item.task,
            annotator=annotator,
            labels=labels,
            **said,
        )
    )


def give(opened, answers):
    """Write answers into the project of a desk."""
    opened.work.store.append("annotation.import", answers)


def fields(page):
    """Give the hidden and written fields of a page's forms."""
    return dict(FIELD.findall(page))
