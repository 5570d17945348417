# SPDX-License-Identifier: Apache-2.0
"""What makes and reads the links to single answers, where a project has any."""

import hashlib

from maalem.app.workspace import Workspace
from maalem.serving.corrections.links import Linker


def linker_of(work: Workspace) -> Linker | None:
    """Give what makes a project's links; none where its settings want none."""
    settings = work.project.corrections
    if not settings.link:
        return None
    secret = hashlib.sha256(work.store.signing_key.sign(b"links to answers")).digest()
    return Linker(secret, address=settings.link, days=settings.link_days)
