# SPDX-License-Identifier: Apache-2.0
"""Signed notes: checkpoints of a ledger, and proofs that an entry is in it.

Source:
    C2SP, "Note" (signed-note), "Transparency Log Checkpoints" (tlog-checkpoint) and
    "Transparency Log Proofs" (tlog-proof), c2sp.org.
"""

import base64
import binascii
from dataclasses import dataclass

from maalem.errors import IntegrityError
from maalem.store.keys import SigningKey, key_id, signature_holds
from maalem.store.merkle import WIDTH, inclusion_holds, leaf_hash

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
DASH = "\N{EM DASH}"
MAX_SIGNATURES = 64  # the standard asks for at least 16
MAX_NOTE = 1 << 20  # characters; a checkpoint with 64 signatures has some 20,000


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """How large a ledger was, and the root of its tree then.

    Attributes:
        origin: Name of the ledger.
        size: Entries.
        root: Merkle root, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines of a checkpoint that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """A proof that something is entry number `index` of a ledger; not yet checked.

    Attributes:
        index: The entry.
        path: Hashes from the leaf's sibling up to the root's child.
        checkpoint: The signed note of the tree that it is in.
        extra: What came along; in our proofs the leaf itself, else empty.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""


def sign_note(text: str, key: SigningKey) -> str:
    """Put a text and its signature into a note.

    Args:
        text: What is signed; ends in a newline, without other control characters.
        key: Whose signature it bears.
    """
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise ValueError("a note ends in a newline and has no other control character")
    return f"{text}\n{signature_line(text, key)}"


def signature_line(text: str, key: SigningKey) -> str:
    """Give one more signature line, to append to a note over the same text."""
    signed = base64.b64encode(key.key_id + key.sign(text.encode())).decode()
    return f"{DASH} {key.name} {signed}\n"


def open_note(note: str, public: bytes, *, name: str | None = None) -> str:
    """Give the text of a note, if the key signed it.

    Args:
        note: The signed note.
        public: Ed25519 public key, 32 bytes.
        name: The key's name; any name under which the key signed, if left out.

    Raises:
        IntegrityError: It is no note, the key did not sign it, or a signature that
            claims to be the key's is wrong.
    """
    text, signatures = take_apart(note)
    ours = [
        raw[4:]
        for signer, raw in signatures
        if raw[:4] == key_id(signer, public) and name in {None, signer}
    ]
    if not ours:
        raise _refused("the note is not signed by the expected key")
    if not all(signature_holds(public, one, text.encode()) for one in ours):
        raise _refused("the note's signature is wrong")
    return text


def read_tree_head(text: str) -> TreeHead:
    """Read the text of a checkpoint, as `open_note` gave it.

    Raises:
        IntegrityError: It is no checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise _refused("the note is not a checkpoint")
    size, root = read_number(lines[1]), unbase64(lines[2])
    if len(root) != WIDTH:
        raise _refused("the checkpoint's root is not 32 bytes")
    return TreeHead(origin=lines[0], size=size, root=root)


def open_checkpoint(note: str, public: bytes, *, origin: str | None = None) -> TreeHead:
    """Read a checkpoint, if the key signed it.

    Args:
        note: The signed checkpoint.
        public: Ed25519 public key of the ledger, 32 bytes.
        origin: The ledger expected; any, if left out.

    Raises:
        IntegrityError: It is no checkpoint, not this ledger's, or not signed by it.
    """
    head = read_tree_head(open_note(note, public, name=origin))
    if origin not in {None, head.origin}:
        raise _refused(f"the checkpoint is of {head.origin!r}, not of {origin!r}")
    return head


def write_tlog_proof(proof: TlogProof) -> str:
    """Write a proof as text, for a file that ends in `.tlog-proof`."""
    extra = [f"extra {base64.b64encode(proof.extra).decode()}"] if proof.extra else []
    path = [base64.b64encode(step).decode() for step in proof.path]
    lines = [PROOF_HEADER, *extra, f"index {proof.index}", *path, "", proof.checkpoint]
    return "\n".join(lines)


def read_tlog_proof(text: str) -> TlogProof:
    """Read the text of a proof; whether it holds, `open_tlog_proof` tells.

    Raises:
        IntegrityError: It is no such proof.
    """
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    extra = b""
    if len(lines) > 1 and lines[1].startswith("extra "):
        extra = unbase64(lines.pop(1).removeprefix("extra "))
    if not blank or lines[0] != PROOF_HEADER or len(lines) < 2:
        raise _refused("the text is not a proof of inclusion")
    if not lines[1].startswith("index "):
        raise _refused("the proof of inclusion names no index")
    path = tuple(unbase64(line) for line in lines[2:])
    if len(path) > 64 or any(len(step) != WIDTH for step in path):
        raise _refused("the proof of inclusion has a path that cannot be")
    index = read_number(lines[1].removeprefix("index "))
    return TlogProof(index=index, path=path, checkpoint=checkpoint, extra=extra)


def open_tlog_proof(
    text: str, public: bytes, *, origin: str | None = None, leaf: bytes | None = None
) -> tuple[bytes, TlogProof]:
    """Give what a proof proves, if it holds.

    Args:
        text: The proof.
        public: Ed25519 public key of the ledger, 32 bytes.
        origin: The ledger expected; any, if left out.
        leaf: The entry's canonical JSON; what the proof brings along, if left out.

    Returns:
        The proven leaf, and the proof.

    Raises:
        IntegrityError: The checkpoint is not signed by the key, or the leaf is not
            the entry that the proof names.
    """
    proof = read_tlog_proof(text)
    head = open_checkpoint(proof.checkpoint, public, origin=origin)
    proven = proof.extra if leaf is None else leaf
    holds = inclusion_holds(
        leaf_hash(proven), proof.path, index=proof.index, size=head.size, root=head.root
    )
    if not holds:
        raise _refused(f"entry {proof.index} of {head.origin!r} says something else")
    return proven, proof


def take_apart(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Give a note's text, and name and bytes of each signature line; none is checked.

    Raises:
        IntegrityError: It is no note.
    """
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or len(note) > MAX_NOTE:
        raise _refused("the text is not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH:
            raise _refused("the note has a signature line that is none")
        signatures.append((parts[1], unbase64(parts[2])))
    if len(signatures) > MAX_SIGNATURES:
        raise _refused(f"the note has more than {MAX_SIGNATURES} signatures")
    return f"{text}\n", signatures


def unbase64(text: str) -> bytes:
    """Read base64.

    Raises:
        IntegrityError: It is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(f"{text[:60]!r} is not base64") from error


def read_number(text: str) -> int:
    """Read a number of entries, which has one form only.

    Raises:
        IntegrityError: It is none.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise _refused(f"{text[:60]!r} is not a number of entries")
    if str(int(text)) != text:
        raise _refused(f"{text[:60]!r} has leading zeroes")
    return int(text)


def _refused(what: str) -> IntegrityError:
    return IntegrityError(
        what, hint="ask its sender for the file again", code="store.note"
    )
