# SPDX-License-Identifier: Apache-2.0
"""Witnesses are asked over HTTP, and what they sign is taken home."""

from collections.abc import Sequence
from dataclasses import dataclass

from maalem.app.keeping import refuse_address
from maalem.app.steps.witnessing import (
    keep_cosigned,
    known_witnesses,
    last_witnessed,
)
from maalem.app.witness_post import LIMIT, SIZE_TYPE, Reply, UnreachableError, post
from maalem.app.workspace import Workspace
from maalem.errors import IntegrityError, MaalemError, SettingsError
from maalem.store.cosigning import Cosignature, open_cosignatures
from maalem.store.notes import read_number
from maalem.store.witnessing import submission_since, write_submission

_TURNS = 3  # somebody else may submit this ledger between two of ours
_FEW = 300  # characters of a refusal that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking some witnesses about one checkpoint.

    Attributes:
        cosigned: The cosignatures taken home.
        failures: Why others gave none, by address.
    """

    cosigned: tuple[Cosignature, ...]
    failures: tuple[tuple[str, MaalemError], ...]


def addresses_to_ask(work: Workspace, named: Sequence[str]) -> tuple[str, ...]:
    """Give the addresses that were named, or else those of the settings.

    Raises:
        SettingsError: One of them is none, or there are none at all.
    """
    for address in named:
        refuse_address(address)
    chosen = tuple(named) or work.project.ledger.asked
    if not chosen:
        raise SettingsError(
            "no witness is named",
            hint='maalem ledger ask URL, or [ledger] asked = ["URL"] in maalem.toml',
            code="witness.none-named",
        )
    return chosen


def ask_witnesses(
    work: Workspace, addresses: Sequence[str], *, limit: float = LIMIT
) -> Asked:
    """Ask witnesses to sign the ledger as it stands, and keep what they sign.

    All sign one checkpoint; one that fails keeps no other from being asked.

    Args:
        work: The opened project.
        addresses: Where the witnesses are, without `/add-checkpoint`.
        limit: Seconds that each of them has for an answer.

    Raises:
        IntegrityError: The ledger's history changed while they were asked.
    """
    note, since = work.store.checkpoint(), last_witnessed(work)
    lines, failures = [], []
    for address in addresses:
        try:
            lines.append(_lines_of(work, address, note, since=since, limit=limit))
        except MaalemError as error:
            failures.append((address, error))
    cosigned = keep_cosigned(work, note + "".join(lines)) if lines else ()
    return Asked(cosigned=cosigned, failures=tuple(failures))


def _lines_of(
    work: Workspace, address: str, note: str, *, since: int, limit: float
) -> str:
    """Get a witness's signature lines, from wherever it stands."""
    for _ in range(_TURNS):
        shown = submission_since(work.store, since, checkpoint=note)
        reply = post(address, write_submission(shown), limit=limit)
        if reply.status == 200:
            return _known_lines(work, note, reply.text)
        if reply.status != 409 or reply.kind != SIZE_TYPE:
            raise _refused(address, reply)
        since = read_number(reply.text.removesuffix("\n"))
    raise UnreachableError(
        f"the witness {address} stood elsewhere each time it was asked",
        hint="ask again",
    )


def _known_lines(work: Workspace, note: str, lines: str) -> str:
    """Leave out whatever no known witness signed.

    Raises:
        IntegrityError: A line is none, or forged, or nothing is left.
    """
    known = known_witnesses(work.project.ledger.witnesses)
    signed = [
        line
        for line in lines.splitlines(keepends=True)
        if open_cosignatures(note + line, known)
    ]
    if not signed:
        raise IntegrityError(
            "what came back was signed by no known witness",
            hint="add the line of the witness's keys/witness.pub to [ledger] "
            "witnesses in maalem.toml",
            code="witness.not-ours",
        )
    return "".join(signed)


def _refused(address: str, reply: Reply) -> IntegrityError:
    told = "".join(c for c in reply.text.strip() if c.isprintable())[:_FEW]
    return IntegrityError(
        f"the witness {address} signed nothing: status {reply.status}",
        why=told,
        hint="maalem verify --ledger, and speak to the witness's owner",
        code="witness.said-no",
    )
