# SPDX-License-Identifier: Apache-2.0
"""A badge that somebody shows is checked, on any machine, offline."""

from datetime import datetime
from pathlib import Path

from maalem.errors import UsageError
from maalem.experts.badges import Badge, verify_badge
from maalem.store.folder import PUBLIC_KEY
from maalem.store.keys import read_verifier

_LARGEST = 1 << 16  # bytes of a badge; ours have about 3,000


def check_badge(
    path: Path, *, key: Path | None, folder: Path, now: datetime
) -> Badge:  # fmt: skip
    """Verify a badge.

    Args:
        path: The badge, a compact JWS.
        key: File with the public key of who must have signed it, got by another way
            than the badge; the key of the project in `folder` if left out.
        folder: The project.
        now: When it must hold.

    Raises:
        UsageError: There is no key.
        IntegrityError: The badge cannot be believed, or the key is none.
    """
    trusted = key or folder / PUBLIC_KEY
    if not trusted.is_file():
        raise UsageError(
            "whose key must have signed this badge is not said",
            hint=f"maalem verify {path} --key THEIR.pub",
        )
    public = read_verifier(trusted.read_text(encoding="utf-8", errors="replace"))[1]
    with path.open("rb") as stream:
        text = stream.read(_LARGEST).decode("utf-8", errors="replace").strip()
    return verify_badge(text, public=public, now=now.isoformat())
