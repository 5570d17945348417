# SPDX-License-Identifier: Apache-2.0
"""The signature: a DSSE envelope around an in-toto statement about every file."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maalem.errors import IntegrityError
from maalem.records import FileEntry, Json, canonical_json
from maalem.store.keys import SigningKey, signature_holds

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:maalem:release:v1"
LARGEST = 16 * 2**20  # a statement about 50,000 files


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A signature and what it signs.

    Attributes:
        payload: The bytes signed.
        signer: Fingerprint of the key, as the envelope says.
        signature: Ed25519 signature of the payload's pre-authentication encoding.
    """

    payload: bytes
    signer: str
    signature: bytes


def fingerprint(public_key: bytes) -> str:
    """Name a public key so that two people can compare it on the telephone.

    Args:
        public_key: The 32 bytes of an Ed25519 key.
    """
    digest = hashlib.sha256(public_key).hexdigest()[:32]  # 128 bits: nobody finds twins
    return "-".join(digest[start : start + 4] for start in range(0, 32, 4))


def write_statement(files: Sequence[FileEntry], predicate: Mapping[str, Json]) -> bytes:
    """Write the in-toto statement that names every file by its SHA-256.

    Source:
        in-toto Attestation Framework, Statement v1.
    """
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": file.name, "digest": {"sha256": file.digest[7:]}}
                for file in files
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def sign(payload: bytes, key: SigningKey) -> bytes:
    """Put a payload into a signed envelope; the same input gives the same bytes.

    Source:
        DSSE (Dead Simple Signing Envelope) v1.0, protocol and envelope.
    """
    return _write(
        Envelope(
            payload=payload,
            signer=fingerprint(key.public_bytes),
            signature=key.sign(encode(payload)),
        )
    )


def encode(payload: bytes) -> bytes:
    """Give the pre-authentication encoding of a payload, which is what is signed."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def open_envelope(text: bytes) -> Envelope:
    """Read an envelope; it must be, byte for byte, as `sign` writes it.

    Raises:
        IntegrityError: It is not.
    """
    try:
        parts = read_json(text)
        (signature,) = parts["signatures"]
        envelope = Envelope(
            payload=base64.b64decode(parts["payload"], validate=True),
            signer=str(signature["keyid"]),
            signature=base64.b64decode(signature["sig"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _not_an_envelope(str(error)) from error
    if _write(envelope) != text:
        raise _not_an_envelope("it is not written as it was signed")
    return envelope


def is_signed_by(envelope: Envelope, public_key: bytes) -> bool:
    """Tell whether a key made an envelope's signature."""
    if envelope.signer != fingerprint(public_key):
        return False
    signed = encode(envelope.payload)
    return signature_holds(public_key, envelope.signature, signed)


def read_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Read JSON that somebody else may have written.

    Raises:
        ValueError: It is too large, too deep, has a key twice, or is not JSON.
    """
    if len(text) > LARGEST:
        raise ValueError(f"more than {LARGEST} bytes")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _write(envelope: Envelope) -> bytes:
    return canonical_json(
        {
            "payload": base64.b64encode(envelope.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {
                    "keyid": envelope.signer,
                    "sig": base64.b64encode(envelope.signature).decode(),
                }
            ],
        }
    )


def _not_an_envelope(why: str) -> IntegrityError:
    return IntegrityError(
        "the signature cannot be read", why=why, code="release.signature"
    )
