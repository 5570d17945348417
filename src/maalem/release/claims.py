# SPDX-License-Identifier: Apache-2.0
"""A claim about a release, and the evidence that every claim is judged on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from maalem.errors import IntegrityError, MaalemError, boundary
from maalem.records import Digest
from maalem.release.folder import KEYS, PUBLIC_KEY, SIGNATURE, Found, look_into
from maalem.release.manifest import Records, read_manifest, read_records, release_digest
from maalem.release.signing import Envelope, fingerprint, open_envelope
from maalem.store.key_history import KeyHistory, read_history
from maalem.store.keys import read_verifier

GREEN, AMBER, RED = "green", "amber", "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that a release says of itself, judged.

    Attributes:
        name: `files`, `signature`, `statement`, `records`, `weights`, `ledger`, `gate`,
            `approval`, `signer`, `seal`, `provenance` or `bom`.
        status: `green` it holds, `amber` it holds with a doubt that the text names,
            `red` it does not hold.
        text: One sentence for a person.
    """

    name: str
    status: str
    text: str


class Evidence:
    """What can be read in a folder, whoever wrote it; each part is read once.

    Attributes:
        folder: The folder.
        found: Its files.
        trusted: Key that the caller trusts, 32 bytes, if any.
    """

    def __init__(
        self, folder: Path, trusted: bytes | None, *, history: KeyHistory | None = None
    ) -> None:
        self.folder = folder
        self.found: Found = look_into(folder)
        self.trusted = trusted
        self._given = history

    @cached_property
    def history(self) -> KeyHistory | None:
        """The ledger's keys: as the caller knows them, else as the folder tells.

        Raises:
            IntegrityError: They do not hold, or lead nowhere from the trusted key.
        """
        if self._given is not None or KEYS not in self.found.files:
            return self._given
        told = read_history(self.read(KEYS).decode())
        if self.trusted not in {None, *told.chain.public_keys}:
            raise IntegrityError("the keys in the folder are not those of your key")
        return told

    @cached_property
    def expected(self) -> bytes | None:
        """The key that must have signed: the trusted one, or one that it leads to."""
        try:
            history = self.history
        except MaalemError:  # the claim about the signer tells why
            history = None
        if self.trusted is None or history is None:
            return self.trusted
        keys = history.chain.public_keys
        signer = self.envelope.signer
        return next((key for key in keys if fingerprint(key) == signer), self.trusted)

    @cached_property
    def digest(self) -> Digest:
        """Name of the release that lies there."""
        return release_digest(self.found.signed)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest; raises `IntegrityError` if it cannot be read."""
        return read_manifest(self.folder)

    @cached_property
    def records(self) -> Records:
        """Its records; raises `IntegrityError` if they cannot be read."""
        return read_records(self.folder)

    @cached_property
    def envelope(self) -> Envelope:
        """Its signature; raises `IntegrityError` if it cannot be read."""
        return open_envelope(self.read(SIGNATURE))

    @cached_property
    def key(self) -> bytes:
        """The key to check with: the caller's, else the one that came along."""
        if self.expected is not None:
            return self.expected
        with boundary(IntegrityError, "read the public key that came along"):
            return read_verifier(self.read(PUBLIC_KEY).decode())[1]

    def read(self, name: str) -> bytes:
        """Give the bytes of a small file that lies there and is no link.

        Raises:
            IntegrityError: It is missing.
        """
        if name not in self.found.files:
            raise IntegrityError(f"{name!r} is missing")
        with boundary(IntegrityError, f"read {name}"):
            return (self.folder / name).read_bytes()


Judge: TypeAlias = Callable[[Evidence], tuple[str, str]]
"""Gives colour and sentence of a claim that holds; raises where it does not."""


def judge(name: str, judged_by: Judge, evidence: Evidence) -> Claim:
    """Judge one claim; a failure of any kind makes it red."""
    try:
        with boundary(IntegrityError, f"judge the {name}"):
            status, text = judged_by(evidence)
    except MaalemError as failure:
        status, text = RED, _in_a_sentence(failure)
    return Claim(name=name, status=status, text=text)


def some(names: list[str]) -> str:
    """Name a few of many."""
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _in_a_sentence(failure: MaalemError) -> str:
    text = f"{failure.message}: {failure.why}" if failure.why else failure.message
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
