# SPDX-License-Identifier: Apache-2.0
"""A badge that somebody shows is checked, on any machine, offline."""

from datetime import datetime
from pathlib import Path

from maalem.app.steps.keys import find_keys
from maalem.errors import IntegrityError, UsageError
from maalem.experts.badges import Badge, verify_badge
from maalem.store.key_chain import KeyChain

_LARGEST = 1 << 16  # bytes of a badge; ours have about 3,000


def check_badge(
    path: Path, *, key: Path | None, folder: Path, now: datetime
) -> Badge:  # fmt: skip
    """Verify a badge.

    Args:
        path: The badge, a compact JWS.
        key: File with the public key of who must have signed it, or with its keys, got
            by another way than the badge; the project's in `folder` if left out.
        folder: The project.
        now: When it must hold.

    Raises:
        UsageError: There is no key.
        IntegrityError: The badge cannot be believed, or the key is none.
    """
    chain = find_keys(key, folder)
    if chain is None:
        raise UsageError(
            "whose key must have signed this badge is not said",
            hint=f"maalem verify {path} --key THEIR.pub",
        )
    with path.open("rb") as stream:
        text = stream.read(_LARGEST).decode("utf-8", errors="replace").strip()
    return _by_chain(text, chain, now=now)


def _by_chain(text: str, chain: KeyChain, *, now: datetime) -> Badge:
    """Verify a badge by whichever key of a ledger signed it.

    A badge has no place in the ledger by which it could be told from one that a thief
    signed, so that nothing of a revoked key is believed.
    """
    *older, current = chain.public_keys
    for public in older:
        try:
            badge = verify_badge(text, public=public, now=now.isoformat())
        except IntegrityError:
            continue
        revoked = chain.find_revocation(public)
        if revoked is not None:
            raise IntegrityError(
                "the badge was signed by a key that is revoked",
                why=revoked.why,
                hint="its holder takes it anew from their page at the desk",
                code="experts.badge-revoked",
            )
        return badge
    return verify_badge(text, public=current, now=now.isoformat())
