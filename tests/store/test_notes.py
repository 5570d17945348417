# SPDX-License-Identifier: Apache-2.0
"""Signed notes against the examples of the standards, and against forgers."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from maalem.errors import IntegrityError
from maalem.store.keys import SigningKey, read_verifier
from maalem.store.merkle import leaf_hash, root_of
from maalem.store.notes import (
    TlogProof,
    TreeHead,
    open_checkpoint,
    open_note,
    open_tlog_proof,
    read_tlog_proof,
    read_tree_head,
    sign_note,
    signature_line,
    write_tlog_proof,
)

# The example of Go's golang.org/x/mod/sumdb/note, with its published private key.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NEUMANN_NOTE = (
    f"{NEUMANN_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n"
)


def a_key(name: str = "example.org/ledger", seed: int = 1) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


def a_checkpoint(key: SigningKey, leaves: list[bytes]) -> str:
    root = root_of([leaf_hash(leaf) for leaf in leaves])
    head = TreeHead(origin=key.name, size=len(leaves), root=root)
    return sign_note(head.text, key)


def a_proof(key: SigningKey, extra: bytes = b"one") -> str:
    checkpoint = a_checkpoint(key, [b"zero", b"one"])
    path = (leaf_hash(b"zero"),)
    return write_tlog_proof(
        TlogProof(index=1, path=path, checkpoint=checkpoint, extra=extra)
    )


def test_a_note_that_go_signed_is_opened():
    name, public = read_verifier(NEUMANN)
    assert open_note(NEUMANN_NOTE, public, name=name) == NEUMANN_TEXT


def test_the_key_and_note_are_those_that_go_makes():
    private = Ed25519PrivateKey.from_private_bytes(NEUMANN_SEED)
    key = SigningKey("PeterNeumann", private)
    assert key.verifier == NEUMANN
    assert sign_note(NEUMANN_TEXT, key) == NEUMANN_NOTE


def test_the_checkpoint_of_the_standard_is_read():
    text = (
        "example.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    head = read_tree_head(text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert head.text == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(0, 255))
def test_what_is_signed_is_opened_and_nothing_else(line, place):
    key = a_key()
    text = f"{line}\n"
    note = sign_note(text, key)
    assert open_note(note, key.public_bytes) == text
    place %= len(note)
    forged = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
    if base64_of_last(forged) != base64_of_last(note) or not forged.startswith(text):
        with pytest.raises(IntegrityError):
            open_note(forged, key.public_bytes, name=key.name)


def base64_of_last(note: str) -> bytes | None:
    """A flipped spare bit of base64 gives the same bytes; that forges nothing."""
    try:
        return base64.b64decode(note.rstrip("\n").rsplit(" ", 1)[1], validate=True)
    except (ValueError, IndexError):
        return None


def test_a_note_of_another_key_is_refused():
    note = sign_note("text\n", a_key())
    for public in (a_key(seed=2).public_bytes, b"short", b""):
        with pytest.raises(IntegrityError) as refused:
            open_note(note, public)
        assert refused.value.code == "store.note"


def test_a_note_under_another_name_is_refused():
    with pytest.raises(IntegrityError):
        open_note(sign_note("text\n", a_key("a")), a_key().public_bytes, name="b")


def test_witnesses_add_lines_and_change_nothing():
    key, witness = a_key(), a_key("witness.example", 2)
    note = a_checkpoint(key, [b"zero"])
    cosigned = note + signature_line(open_note(note, key.public_bytes), witness)
    assert open_checkpoint(cosigned, key.public_bytes).size == 1
    assert open_checkpoint(cosigned, witness.public_bytes, origin=None).size == 1


def test_a_wrong_signature_beside_a_right_one_is_refused():
    key = a_key()
    note = sign_note("text\n", key) + signature_line("other\n", key)
    with pytest.raises(IntegrityError):
        open_note(note, key.public_bytes)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAA\n",
        "text\n\n— name !!!!\n",
        "text\n\n— name AAAA",
        "text\n\n" + "— name AAAA\n" * 65,
        "t" * (1 << 20) + "\n\n— name AAAA\n",
    ],
)
def test_what_is_no_note_is_refused(note):
    with pytest.raises(IntegrityError):
        open_note(note, a_key().public_bytes)


@pytest.mark.parametrize(
    "lines",
    [
        ["example.org", "1"],
        ["example.org", "01", "A" * 43 + "="],
        ["example.org", "-1", "A" * 43 + "="],
        ["example.org", "١", "A" * 43 + "="],
        ["example.org", "9" * 30, "A" * 43 + "="],
        ["example.org", "1", "AAAA"],
        ["example.org", "1", "?"],
        ["", "1", "A" * 43 + "="],
        ["example.org", "1", "A" * 43 + "=", "", "x"],
    ],
)
def test_what_is_no_checkpoint_is_refused(lines):
    with pytest.raises(IntegrityError):
        read_tree_head("\n".join(lines) + "\n")


def test_a_checkpoint_of_another_ledger_is_refused():
    key = a_key()
    note = sign_note(TreeHead(origin="b", size=0, root=bytes(32)).text, key)
    with pytest.raises(IntegrityError):
        open_checkpoint(note, key.public_bytes, origin=key.name)


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", "return\r\n"])
def test_a_text_that_no_note_can_hold_is_a_mistake_of_the_program(text):
    with pytest.raises(ValueError, match="a note"):
        sign_note(text, a_key())


def test_a_proof_of_the_standard_is_written_to_the_byte():
    hashes = tuple(leaf_hash(b"hash%d" % number) for number in (1, 2))
    encoded = [base64.b64encode(step).decode() for step in hashes]
    proof = TlogProof(
        index=10, path=hashes, checkpoint="test checkpoint\n", extra=b"extra data"
    )
    assert write_tlog_proof(proof) == (
        "c2sp.org/tlog-proof@v1\nextra ZXh0cmEgZGF0YQ==\nindex 10\n"
        f"{encoded[0]}\n{encoded[1]}\n\ntest checkpoint\n"
    )
    assert read_tlog_proof(write_tlog_proof(proof)) == proof


def test_a_proof_of_a_single_entry_has_no_path():
    proof = TlogProof(index=0, path=(), checkpoint="checkpoint\n")
    text = "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"
    assert write_tlog_proof(proof) == text
    assert read_tlog_proof(text) == proof


def test_a_proof_gives_the_leaf_that_it_proves():
    key = a_key()
    leaf, proof = open_tlog_proof(a_proof(key), key.public_bytes, origin=key.name)
    assert (leaf, proof.index) == (b"one", 1)


def test_a_proof_without_its_leaf_proves_the_one_given():
    key = a_key()
    text = a_proof(key, extra=b"")
    assert open_tlog_proof(text, key.public_bytes, leaf=b"one")[0] == b"one"
    with pytest.raises(IntegrityError):
        open_tlog_proof(text, key.public_bytes, leaf=b"two")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index 1", "index 0"),
        ("index 1", "index 01"),
        ("index 1", "index -1"),
        ("index 1", "place 1"),
        ("index 1", "index 1\nAAAA"),
        ("index 1", "index 1\n" + "A" * 43 + "="),
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("b25l", "dHdv"),
        ("b25l", "?"),
        ("extra b25l\n", ""),
        ("\n2\n", "\n3\n"),
        ("\n\nexample.org", "\nexample.org"),
    ],
)
def test_a_proof_that_was_changed_is_refused(old, new):
    key = a_key()
    text = a_proof(key)
    assert old in text
    with pytest.raises(IntegrityError) as refused:
        open_tlog_proof(text.replace(old, new, 1), key.public_bytes)
    assert refused.value.code == "store.note"


@pytest.mark.parametrize("text", ["", "\n\n", "c2sp.org/tlog-proof@v1", "a\n\nb"])
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(IntegrityError):
        read_tlog_proof(text)


@pytest.mark.parametrize(
    "line",
    ["", "a+b", "PeterNeumann+c74f20a4+" + NEUMANN.rsplit("+", 1)[1], NEUMANN[:-4]],
)
def test_what_is_no_public_key_is_refused(line):
    with pytest.raises(IntegrityError) as refused:
        read_verifier(line)
    assert refused.value.code == "store.key"
