# SPDX-License-Identifier: Apache-2.0
"""What personal data stands behind the rows of a dataset."""

from collections.abc import Iterable

from maalem.app.workspace import Workspace
from maalem.corpus.privacy import PersonalData, count_personal
from maalem.records import Example, Passage


def personal_in(work: Workspace, examples: Iterable[Example]) -> PersonalData:
    """Count the personal data in the passages that examples ask about."""
    asked = {one.passage for one in examples}
    passages = (one for one in work.store.find(Passage) if one.id in asked)
    return count_personal(passages)
