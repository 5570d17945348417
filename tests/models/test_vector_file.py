# SPDX-License-Identifier: Apache-2.0
"""Vectors outlive the process, without the texts; damage costs time, nothing else."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from tests.models.builders import an_encoder_folder

from maalem.models.encoder import open_encoder
from maalem.models.live_encoder import KeptVectors, kept_from
from maalem.models.vector_file import VectorFile, made_by
from maalem.records import digest_of

BASE = digest_of("base")
TEXTS = ["hydraulic leak at the pump", "تسرب زيت", "hose burst"]
VECTORS = {
    text: np.arange(8, dtype=np.float32) + place for place, text in enumerate(TEXTS)
}


def a_file(path, *, base=BASE, backend="numpy", most=1000):
    return VectorFile(path, of=made_by(base, max_tokens=64, backend=backend), most=most)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.sqlite"


def test_what_was_kept_is_read_by_the_next_process(path):
    a_file(path).keep(VECTORS)
    found = a_file(path).read([*TEXTS, "never seen"])
    assert found.keys() == VECTORS.keys()
    for text, vector in VECTORS.items():
        np.testing.assert_array_equal(found[text], vector)


def test_another_base_or_way_to_compute_finds_nothing(path):
    a_file(path).keep(VECTORS)
    assert a_file(path, base=digest_of("other")).read(TEXTS) == {}
    assert a_file(path, backend="openvino").read(TEXTS) == {}
    assert a_file(path).read(TEXTS).keys() == VECTORS.keys()


def test_no_text_stands_in_the_file(path):
    a_file(path).keep(VECTORS)
    content = path.read_bytes()
    for text in TEXTS:
        assert text.encode() not in content
        assert digest_of(text).removeprefix("sha256:").encode() not in content


def test_a_vector_that_was_damaged_is_not_given(path):
    a_file(path).keep(VECTORS)
    damaged = VECTORS[TEXTS[1]].tobytes()
    content = path.read_bytes()
    assert content.count(damaged) == 1
    path.write_bytes(content.replace(damaged, b"\x01" + damaged[1:]))
    assert set(a_file(path).read(TEXTS)) == {TEXTS[0], TEXTS[2]}
    a_file(path).keep({TEXTS[1]: VECTORS[TEXTS[1]]})
    assert set(a_file(path).read(TEXTS)) == set(TEXTS)


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0junk"])
def test_a_damaged_file_is_made_anew(path, content, caplog):
    path.write_bytes(content * 500)
    assert a_file(path).read(TEXTS) == {}
    a_file(path).keep(VECTORS)
    assert a_file(path).read(TEXTS).keys() == VECTORS.keys()
    assert "made anew" in caplog.text


def test_a_place_where_no_file_can_be_costs_time_only(tmp_path):
    (tmp_path / "folder").mkdir()
    file = a_file(tmp_path / "folder" / "none" / "vectors.sqlite")
    file.keep(VECTORS)
    assert file.read(TEXTS) == {}


def test_the_oldest_are_dropped_beyond_the_limit(path):
    file = a_file(path, most=2)
    for text, vector in VECTORS.items():
        file.keep({text: vector})
    assert set(file.read(TEXTS)) == set(TEXTS[1:])


def test_what_is_forgotten_leaves_no_bytes(path):
    a_file(path).keep(VECTORS)
    assert VECTORS[TEXTS[0]].tobytes() in path.read_bytes()
    a_file(path).forget([TEXTS[0]])
    assert set(a_file(path).read(TEXTS)) == set(TEXTS[1:])
    assert VECTORS[TEXTS[0]].tobytes() not in path.read_bytes()


KEEPING = """
import sys
from pathlib import Path
import numpy as np
from tests.models.test_vector_file import a_file
file = a_file(Path(sys.argv[1]))
for number in range(100_000):
    file.keep({f"text {number}": np.full(8, number, np.float32)})
    print(number, flush=True)
"""


def test_a_killed_process_leaves_whole_vectors(path):
    child = subprocess.Popen(
        [sys.executable, "-c", KEEPING, str(path)], stdout=subprocess.PIPE
    )
    for _ in range(20):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    found = a_file(path).read([f"text {number}" for number in range(20)])
    assert len(found) == 20
    for text, vector in found.items():
        assert set(vector) == {float(text.removeprefix("text "))}


class Counting:
    """An encoder that tells what it had to compute."""

    def __init__(self, encoder):
        self.encoder, self.seen = encoder, []

    def encode(self, texts):
        self.seen += texts
        return self.encoder.encode(texts)


def test_a_start_encodes_only_what_is_new(path, tmp_path):
    encoder = Counting(open_encoder(an_encoder_folder(tmp_path / "e")))
    first = KeptVectors(encoder, name="small", file=a_file(path))
    wanted = first.encode(TEXTS[:2])
    encoder.seen.clear()
    second = KeptVectors(encoder, name="small", file=a_file(path))
    np.testing.assert_array_equal(second.encode(TEXTS)[:2], wanted)
    assert encoder.seen == TEXTS[2:]
    second.forget(TEXTS[:1])
    assert TEXTS[0] not in second
    encoder.seen.clear()
    KeptVectors(encoder, name="small", file=a_file(path)).encode(TEXTS)
    assert encoder.seen == TEXTS[:1]


def test_a_base_that_was_changed_is_encoded_anew(path, tmp_path):
    folder = an_encoder_folder(tmp_path / "e")
    kept = kept_from(folder, name="small", base=digest_of("first"), file=path)
    kept.encode(TEXTS)
    size = path.stat().st_size
    again = kept_from(folder, name="small", base=digest_of("second"), file=path)
    np.testing.assert_allclose(again.encode(TEXTS), kept.encode(TEXTS), atol=1e-6)
    assert path.stat().st_size >= size
    of = made_by(
        digest_of("second"),
        max_tokens=open_encoder(folder).max_tokens,
        backend=open_encoder(folder).backend,
    )
    assert VectorFile(path, of=of).read(TEXTS).keys() == set(TEXTS)
