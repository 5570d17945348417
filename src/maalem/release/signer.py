# SPDX-License-Identifier: Apache-2.0
"""Claim about the key that signed: it was the ledger's then, and nobody revoked it."""

from maalem.errors import IntegrityError
from maalem.release.claims import AMBER, GREEN, Evidence
from maalem.release.folder import PROOF
from maalem.release.signing import fingerprint
from maalem.store.key_chain import Revocation
from maalem.store.key_history import KeyHistory
from maalem.store.notes import read_tlog_proof, read_tree_head, take_apart


def judge_signer(evidence: Evidence) -> tuple[str, str]:
    """The key was the ledger's when it signed, and nobody has revoked it since."""
    history, key = evidence.history, evidence.key
    if history is None:
        return GREEN, (
            "Signed by the first key of the ledger, as far as this folder tells; a "
            "file of keys from its owner would tell of later ones and of revocations."
        )
    chain = history.chain
    if key not in chain.public_keys:
        raise _refused(f"the key {fingerprint(key)} is none of the ledger's")
    proof = read_tlog_proof(evidence.read(PROOF).decode())
    size = read_tree_head(take_apart(proof.checkpoint)[0]).size
    if chain.at(size) != key:
        raise _refused(f"the key {fingerprint(key)} was not in force at entry {size}")
    revoked = chain.find_revocation(key)
    if revoked is not None:
        return AMBER, _believed_still(evidence, history, revoked, index=proof.index)
    number, count = chain.public_keys.index(key) + 1, len(chain.keys)
    return GREEN, (
        f"Signed by key {number} of {count} of the ledger {chain.origin}; each key was "
        f"signed by the one before, and none of this was revoked up to entry "
        f"{history.size - 1}."
    )


def _believed_still(
    evidence: Evidence, history: KeyHistory, revoked: Revocation, *, index: int
) -> str:
    """Say why a release of a revoked key holds, or refuse it.

    A thief can date a release back, so that its own proof, which the revoked key
    signed, is no evidence of when it was made: a later key must vouch for the entry.
    """
    reason = f" ({revoked.why})" if revoked.why else ""
    told = f"its key is revoked from entry {revoked.since} on{reason}"
    if index > revoked.since:
        raise _refused(f"{told}, and the release is entry {index}")
    if history.releases.get(evidence.digest) != index:
        raise _refused(
            f"{told}, and no later key vouches that the release was made before that"
        )
    return (
        f"Its key is revoked from entry {revoked.since} on{reason}, but the release is "
        f"entry {index}, for which a later key of the ledger vouches."
    )


def _refused(what: str) -> IntegrityError:
    return IntegrityError(
        what,
        hint="ask the ledger's owner for a release that a key in force signed",
        code="release.signer",
    )
