# SPDX-License-Identifier: Apache-2.0
"""The Ed25519 key of a ledger: kept in a file that only its owner can read."""

import base64
import hashlib
import stat
from pathlib import Path
from typing import Self

from cryptography.exceptions import (
    InternalError,
    InvalidSignature,
    UnsupportedAlgorithm,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from maalem.errors import IntegrityError, SettingsError
from maalem.store.durable import write_whole

ED25519 = b"\x01"  # signature type in C2SP signed-note
COSIGNING = b"\x04"  # signature type of a witness, in C2SP tlog-cosignature
_WHOSE = {
    ED25519: ("ledger", "ledger.pub"),
    COSIGNING: ("witness", "witness.pub"),
}


class SigningKey:
    """A named Ed25519 key.

    Attributes:
        name: Name of the key, as it stands in signature lines; for a ledger its origin.
    """

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        refuse_key_name(name)
        self.name = name
        self._private = private

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """Make a new key and write it to a file with mode 0600, PKCS #8 in PEM.

        Raises:
            SettingsError: The name cannot stand in a signature line.
        """
        key = cls(name, Ed25519PrivateKey.generate())
        pem = key._private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        write_whole(path, pem, mode=0o600)
        return key

    @classmethod
    def load(cls, path: Path, name: str) -> Self:
        """Read a key file.

        Raises:
            SettingsError: Others than the owner may read, write or replace it.
            IntegrityError: It is missing, or is no Ed25519 key.
        """
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            around = stat.S_IMODE(path.parent.stat().st_mode)
            pem = path.read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"the signing key {path} cannot be read",
                why=str(error),
                hint="restore the file from the backup of your keys",
                code="store.key",
            ) from error
        if mode & 0o077:
            raise SettingsError(
                f"the signing key {path} has mode {mode:04o}",
                why="others than its owner may read or write it",
                hint=f"chmod 600 {path}",
                code="store.key-open",
            )
        if around & 0o022 and not around & stat.S_ISVTX:
            raise SettingsError(
                f"the folder {path.parent} of a signing key has mode {around:04o}",
                why="others than its owner may put another key in its place",
                hint=f"chmod 700 {path.parent}",
                code="store.key-open",
            )
        return cls(name, _parse(pem, path))

    @property
    def public_bytes(self) -> bytes:
        """The public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """Short name of the key in signature lines, 4 bytes."""
        return key_id(self.name, self.public_bytes)

    @property
    def verifier(self) -> str:
        """The public key as one line that `read_verifier` and Go's `note` read."""
        return verifier_line(self.name, self.public_bytes)

    def sign(self, message: bytes) -> bytes:
        """Give the Ed25519 signature of a message, 64 bytes; always the same one."""
        return self._private.sign(message)


def key_id(name: str, public: bytes, *, use: bytes = ED25519) -> bytes:
    """Give the 4 bytes by which a signature line names an Ed25519 key.

    Args:
        name: The key's name.
        public: 32 bytes.
        use: `ED25519` for a ledger's own key, `COSIGNING` for a witness's.

    Source:
        C2SP, "Note" (signed-note), section "Ed25519 signatures", and "Transparency Log
        Cosignatures" (tlog-cosignature), section "Format".
    """
    return hashlib.sha256(name.encode() + b"\n" + use + public).digest()[:4]


def verifier_line(name: str, public: bytes, *, use: bytes = ED25519) -> str:
    """Write a public key as one line that `read_verifier` and Go's `note` read."""
    encoded = base64.b64encode(use + public).decode()
    return f"{name}+{key_id(name, public, use=use).hex()}+{encoded}"


def signature_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a key signed a message.

    Args:
        public: Ed25519 public key, 32 bytes.
        signature: 64 bytes; any other length does not hold.
        message: What was signed.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_verifier(line: str, *, use: bytes = ED25519) -> tuple[str, bytes]:
    """Read a verifier line: the name of a key and its 32 public bytes.

    Args:
        line: The line.
        use: What the key has to be for, as in `key_id`.

    Raises:
        IntegrityError: It is no such line, or its id is not its key's.
    """
    try:
        name, short, encoded = line.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        told = bytes.fromhex(short)
    except ValueError:
        name, raw, told = "", b"", b""
    if raw[:1] != use or len(raw) != 33 or key_id(name, raw[1:], use=use) != told:
        whose, file = _WHOSE[use]
        raise IntegrityError(
            f"{line.strip()[:80]!r} is not the public key of a {whose}",
            hint=f"ask the {whose}'s owner for its keys/{file}",
            code="store.key",
        )
    return name, raw[1:]


def refuse_key_name(name: str) -> None:
    """Refuse a name that cannot stand in a signature line.

    Raises:
        SettingsError: It is empty, or has a space, a control character or a plus.
    """
    if not name or "+" in name or not name.isprintable() or any(map(str.isspace, name)):
        raise SettingsError(
            f"{name!r} cannot name a ledger",
            why="a name is not empty and has no space, control character or plus sign",
            hint="use a name such as example.org/ledger",
            code="store.origin",
        )


def _parse(pem: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise IntegrityError(
            f"{path} holds no Ed25519 key",
            hint="restore the file from the backup of your keys",
            code="store.key",
        )
    return private
