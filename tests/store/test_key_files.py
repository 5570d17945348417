# SPDX-License-Identifier: Apache-2.0
"""A key file with a flipped bit is refused, or another key; never a traceback."""

from contextlib import suppress

from maalem.errors import MaalemError
from maalem.store.keys import SigningKey, read_verifier

NAME = "example.org/ledger"


def flipped(content: bytes):
    for bit in range(len(content) * 8):
        harmed = bytearray(content)
        harmed[bit // 8] ^= 1 << bit % 8
        yield bytes(harmed)


def test_no_flipped_bit_of_a_key_file_is_a_traceback(tmp_path):
    path = tmp_path / "ledger.key"
    key = SigningKey.create(path, NAME)
    content = path.read_bytes()
    same = 0
    for harmed in flipped(content):
        path.write_bytes(harmed)
        with suppress(MaalemError):
            same += SigningKey.load(path, NAME).public_bytes == key.public_bytes
    assert same < 20  # line ends and the like


def test_no_flipped_bit_of_a_public_key_names_another_one(tmp_path):
    line = SigningKey.create(tmp_path / "ledger.key", NAME).verifier
    for harmed in flipped(line.encode()):
        text = harmed.decode(errors="replace")
        with suppress(MaalemError):
            assert read_verifier(text) == read_verifier(line)
