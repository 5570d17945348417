# SPDX-License-Identifier: Apache-2.0
"""Whether a release is what was signed: claims a person can read, one by one."""

from dataclasses import dataclass
from pathlib import Path

from maalem.errors import IntegrityError
from maalem.records import Digest
from maalem.release.approvals import judge_approval
from maalem.release.claims import AMBER, RED, Claim, Evidence, Judge, judge
from maalem.release.documents import judge_bom, judge_provenance
from maalem.release.provenance import (
    judge_gate,
    judge_ledger,
    judge_records,
    judge_seal,
    judge_weights,
)
from maalem.release.sameness import judge_files, judge_signature, judge_statement
from maalem.release.signer import judge_signer
from maalem.store.key_history import is_history, read_history
from maalem.store.keys import read_verifier

CLAIMS: tuple[tuple[str, Judge], ...] = (
    ("files", judge_files),
    ("signature", judge_signature),
    ("signer", judge_signer),
    ("statement", judge_statement),
    ("records", judge_records),
    ("weights", judge_weights),
    ("ledger", judge_ledger),
    ("gate", judge_gate),
    ("approval", judge_approval),
    ("seal", judge_seal),
    ("provenance", judge_provenance),
    ("bom", judge_bom),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found out about a release.

    Without a key got by another way, a folder that somebody changed and signed anew
    has no red claim: only the amber one on its signature tells that it may be theirs.

    Attributes:
        claims: Each claim with its colour and a sentence.
        release: Digest of the files that lie there, whatever they should be.
    """

    claims: tuple[Claim, ...]
    release: Digest

    @property
    def ok(self) -> bool:
        """Whether no claim is red."""
        return all(claim.status != RED for claim in self.claims)

    @property
    def doubts(self) -> tuple[Claim, ...]:
        """The claims that are amber."""
        return tuple(claim for claim in self.claims if claim.status == AMBER)


def verify(folder: Path, *, key: bytes | None = None) -> Verification:
    """Check a release; nothing in it is run, imported or followed out of the folder.

    Any changed, missing or additional file makes a claim red.

    Args:
        folder: The release.
        key: Public key of who must have signed it, got by another way: 32 bytes, or
            the line of a `ledger.pub`, or a file of keys (`maalem ledger keys`), which
            knows of rotations and revocations. An older key of the ledger leads to its
            later ones by what the folder brings along. Without it the key in the folder
            is taken and the claim stays amber, since whoever writes a folder also
            writes its key.

    Raises:
        IntegrityError: `key` is not a public key.
    """
    evidence = _evidence(folder, key)
    claims = tuple(judge(name, judged_by, evidence) for name, judged_by in CLAIMS)
    return Verification(claims=claims, release=evidence.digest)


def _evidence(folder: Path, key: bytes | None) -> Evidence:
    if key is None or len(key) == 32:
        return Evidence(folder, key)
    text = key.decode(errors="replace")
    if not is_history(text):
        return Evidence(folder, read_verifier(text)[1])
    history = read_history(text)
    return Evidence(folder, history.chain.current, history=history)


def refuse_unverified(folder: Path, *, key: bytes | None = None) -> Verification:
    """Verify a release and refuse it if a claim is red.

    Raises:
        IntegrityError: The first red claim, and how many more there are.
    """
    verification = verify(folder, key=key)
    red = [claim for claim in verification.claims if claim.status == RED]
    if red:
        raise IntegrityError(
            f"{folder.name or folder} is not the release that was signed",
            why="; ".join(f"{claim.name}: {claim.text}" for claim in red),
            hint="get the folder again from where it was released",
            code="release.unverified",
        )
    return verification
