# SPDX-License-Identifier: Apache-2.0
"""A witness signs what only grew, and nothing else."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.builders import a_document, a_store

from maalem.errors import DataError, IntegrityError
from maalem.store.cosigning import cosign, open_cosignatures
from maalem.store.keys import COSIGNING, SigningKey, read_verifier, verifier_line
from maalem.store.merkle import (
    complete_levels,
    consistency_path,
    leaf_hash,
    node_in,
    tree_root,
)
from maalem.store.notes import TreeHead, open_checkpoint, sign_note, take_apart
from maalem.store.witnessing import (
    Submission,
    admit,
    read_submission,
    submission_since,
    write_submission,
)

# A witness's key as the tests of transparency-dev/formats (Go) have it.
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
# The cosignature in C2SP's tlog-cosignature, which says when it was made.
EXAMPLE = (
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
    "qhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_key(name: str, seed: int = 1) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


LEDGER = a_key("example.org/ledger", 1)
WITNESS = a_key("example.org/witness", 2)


def leaves(count: int, *, history: str = "one") -> bytes:
    return b"".join(leaf_hash(f"{history} {at}".encode()) for at in range(count))


def head_of(count: int, *, history: str = "one") -> TreeHead:
    node_at = node_in(complete_levels(leaves(count, history=history)))
    return TreeHead(origin=LEDGER.name, size=count, root=tree_root(count, node_at))


def a_submission(old: int, new: int, *, history: str = "one") -> Submission:
    node_at = node_in(complete_levels(leaves(new, history=history)))
    return Submission(
        old=old,
        path=tuple(consistency_path(old, new, node_at)),
        checkpoint=sign_note(head_of(new, history=history).text, LEDGER),
    )


def test_a_witness_key_that_go_reads_is_read_and_written():
    name, public = read_verifier(REMORA, use=COSIGNING)
    assert verifier_line(name, public, use=COSIGNING) == REMORA


def test_a_ledger_key_is_no_witness_key():
    with pytest.raises(IntegrityError, match="witness"):
        read_verifier(LEDGER.verifier, use=COSIGNING)


def test_the_time_lies_where_the_standard_puts_it():
    checkpoint = sign_note(head_of(3).text, LEDGER)
    at = datetime.fromtimestamp(1679315147, UTC)
    line = cosign(head_of(3).text, WITNESS, at=at)
    ours = base64.b64decode(line.split(" ")[2])
    assert ours[4:12] == base64.b64decode(EXAMPLE)[4:12]
    known = [(WITNESS.name, WITNESS.public_bytes)]
    (found,) = open_cosignatures(checkpoint + line, known)
    assert (found.witness, found.at) == (WITNESS.name, at)


def test_a_cosigned_checkpoint_is_still_the_ledgers():
    note = sign_note(head_of(3).text, LEDGER)
    note += cosign(head_of(3).text, WITNESS, at=NOON)
    assert open_checkpoint(note, LEDGER.public_bytes) == head_of(3)


def test_a_witness_nobody_knows_counts_for_nothing():
    note = sign_note(head_of(3).text, LEDGER)
    note += cosign(head_of(3).text, WITNESS, at=NOON)
    assert open_cosignatures(note, [("else", LEDGER.public_bytes)]) == []


def test_a_cosignature_does_not_pass_for_another_time():
    line = cosign(head_of(3).text, WITNESS, at=NOON)
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1
    forged = f"— {WITNESS.name} {base64.b64encode(raw).decode()}\n"
    note = sign_note(head_of(3).text, LEDGER) + forged
    with pytest.raises(IntegrityError, match="wrong"):
        open_cosignatures(note, [(WITNESS.name, WITNESS.public_bytes)])


def test_a_cosignature_does_not_pass_for_another_checkpoint():
    line = cosign(head_of(3).text, WITNESS, at=NOON)
    note = sign_note(head_of(4).text, LEDGER) + line
    with pytest.raises(IntegrityError, match="wrong"):
        open_cosignatures(note, [(WITNESS.name, WITNESS.public_bytes)])


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=4).map(sorted))
def test_whatever_only_grew_is_admitted(sizes):
    last = None
    for size in sizes:
        old = last.size if last else 0
        submission = read_submission(write_submission(a_submission(old, size)))
        text, last = admit(submission, public=LEDGER.public_bytes, last=last)
        assert text == head_of(size).text
        assert last == head_of(size)


@settings(max_examples=60, deadline=None)
@given(old=st.integers(1, 70), more=st.integers(0, 40))
def test_no_other_history_is_ever_admitted(old, more):
    other = a_submission(old, old + more, history="other")
    with pytest.raises(IntegrityError, match="was not cosigned"):
        admit(other, public=LEDGER.public_bytes, last=head_of(old))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_of_a_submission_is_never_admitted(data):
    whole = bytearray(write_submission(a_submission(5, 11)).encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        text = whole.decode()
        got = admit(read_submission(text), public=LEDGER.public_bytes, last=head_of(5))
    except (IntegrityError, DataError, UnicodeDecodeError):
        return
    assert got == (head_of(11).text, head_of(11))  # in a line nobody relies on


def test_a_ledger_that_shrank_is_refused():
    submission = Submission(
        old=7, path=(), checkpoint=sign_note(head_of(5).text, LEDGER)
    )
    with pytest.raises(IntegrityError, match="was not cosigned"):
        admit(submission, public=LEDGER.public_bytes, last=head_of(7))


def test_where_the_witness_stands_is_named():
    with pytest.raises(DataError, match="stands at 5") as refusal:
        admit(a_submission(3, 9), public=LEDGER.public_bytes, last=head_of(5))
    assert "--since 5" in refusal.value.hint


def test_what_the_ledger_did_not_sign_is_refused():
    forger = a_key(LEDGER.name, 9)
    submission = Submission(
        old=0, path=(), checkpoint=sign_note(head_of(3).text, forger)
    )
    with pytest.raises(IntegrityError, match="did not sign"):
        admit(submission, public=LEDGER.public_bytes, last=None)


def test_an_empty_ledger_is_not_cosigned():
    with pytest.raises(IntegrityError, match="was not cosigned"):
        admit(a_submission(0, 0), public=LEDGER.public_bytes, last=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old\n\n",
        "old -1\n\n",
        "old 01\n\nx\n",
        "new 3\n\nx\n",
        "old 3\n!!!\n\nx\n",
        "old 3\n" + "AAAA\n" * 64 + "\nx\n",
    ],
)
def test_what_is_no_submission_is_refused(text):
    with pytest.raises(IntegrityError):
        admit(read_submission(text), public=LEDGER.public_bytes, last=None)


def test_a_store_shows_how_it_grew(tmp_path):
    with a_store(tmp_path) as store:
        last = None
        for number in range(6):
            store.append("import", [a_document(number)])
            submission = submission_since(store, last.size if last else 0)
            public = store.signing_key.public_bytes
            _, last = admit(submission, public=public, last=last)
        assert last.size == 7


def test_a_store_shorter_than_what_a_witness_saw_says_so(tmp_path):
    with a_store(tmp_path) as store, pytest.raises(DataError, match="the witness saw"):
        submission_since(store, 99)


def test_the_text_of_a_note_is_what_was_signed():
    assert take_apart(sign_note(head_of(3).text, LEDGER))[0] == head_of(3).text
