# SPDX-License-Identifier: Apache-2.0
"""Signed text in three parts, and how a public key is called in it: JWS and did:key."""

import base64
import binascii

from maalem.errors import IntegrityError
from maalem.records import Json
from maalem.store.keys import SigningKey, signature_holds

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = b"\xed\x01"  # multicodec ed25519-pub, 0xed as a variable-length integer
LARGEST = 1 << 16  # characters; a credential of ours has about 3,000


def sign_compact(header: bytes, payload: bytes, *, key: SigningKey) -> str:
    """Sign a payload.

    Source:
        RFC 7515, JSON Web Signature, section 7.1 (compact serialisation), with EdDSA
        by Ed25519 of RFC 8037, section 3.1.
    """
    signed = f"{encode(header)}.{encode(payload)}"
    return f"{signed}.{encode(key.sign(signed.encode()))}"


def open_compact(text: str, *, public: bytes) -> tuple[bytes, bytes]:
    """Give header and payload of what a key signed, exactly as it was signed.

    Args:
        text: The three parts.
        public: Ed25519 public key, 32 bytes; what the header says about keys is not
            believed here.

    Raises:
        IntegrityError: It has no such form, or the key did not sign it; code
            `experts.badge`.
    """
    parts = text.split(".")
    if len(text) > LARGEST or len(parts) != 3:
        raise refusal("it is no text in three parts")
    header, payload, signature = (_decode(part) for part in parts)
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not signature_holds(public, signature, signed):
        raise refusal("the signature does not hold with this key")
    return header, payload


def refusal(why: str) -> IntegrityError:
    """Say why a badge is not believed."""
    return IntegrityError(
        "this badge cannot be believed",
        why=why,
        hint="ask whoever issued it for the badge and the public key again",
        code="experts.badge",
    )


def encode(content: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(
            text + "=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error) as error:
        raise refusal("a part of it is no base64url") from error
    if encode(raw) != text:  # else another text would have the same signature
        raise refusal("a part of it is written otherwise than base64url is")
    return raw


def jwk(public: bytes) -> dict[str, Json]:
    """Write an Ed25519 public key as a JSON Web Key.

    Source:
        RFC 8037, section 2.
    """
    return {"crv": "Ed25519", "kty": "OKP", "x": encode(public)}


def did_key(public: bytes) -> str:
    """Name an Ed25519 public key, so that the name gives the key.

    Source:
        W3C CCG, "The did:key Method": the multibase base58btc form of the
        multicodec key.

    Examples:
        >>> did_key(bytes.fromhex(
        ...     "4bdeafde2ea8beefadd8c699b5c7e0704cf51154d52e17b20b71337ca04cc5a5"
        ... ))
        'did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi'
    """
    number, digits = int.from_bytes(_ED25519 + public), ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return f"did:key:z{digits}"
