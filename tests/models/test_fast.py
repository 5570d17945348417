# SPDX-License-Identifier: Apache-2.0
"""What is faster gives the same answer."""

import subprocess
import sys

import numpy as np
import pytest
from tests.models.builders import TEXTS, an_encoder_folder

from maalem.errors import UnsafeWeightsError
from maalem.models.encoder import open_encoder

LENGTHS = ["pump " * count for count in range(30)]
MANY = [*TEXTS, "", *LENGTHS]
SILENT = {"openvino": "maalem.models.fast_silence"}  # never imported but through it
BLIND = """
import sys
import socket
def refuse(*args, **settings):
    raise SystemExit("a socket was opened")
socket.socket = refuse
from pathlib import Path
from maalem.models.encoder import open_encoder
assert open_encoder(Path(sys.argv[1]), backend="openvino").encode(["pump"]).shape
assert "torch" not in sys.modules, "torch was imported"
assert sys.modules.get("openvino_telemetry") is None, "telemetry was imported"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return an_encoder_folder(tmp_path_factory.mktemp("fast") / "model")


def a_backend(name, folder):
    pytest.importorskip(SILENT.get(name, name))
    return open_encoder(folder, backend=name)


BACKENDS = ["openvino", pytest.param("torch", marks=pytest.mark.torch)]


@pytest.mark.parametrize("name", BACKENDS)
def test_the_fast_vectors_point_where_the_exact_ones_do(name, folder):
    exact = open_encoder(folder).encode(MANY)
    fast = a_backend(name, folder).encode(MANY)
    assert (exact * fast).sum(axis=1).min() >= 0.999
    assert np.abs(np.linalg.norm(fast, axis=1) - 1).max() <= 1e-6


@pytest.mark.parametrize("name", BACKENDS)
def test_a_fast_batch_gives_what_its_texts_give_one_by_one(name, folder):
    encoder = a_backend(name, folder)
    alone = np.concatenate([encoder.encode([text]) for text in MANY])
    assert (encoder.encode(MANY) * alone).sum(axis=1).min() >= 0.999


@pytest.mark.parametrize("name", BACKENDS)
def test_a_fast_encoder_counts_what_it_cuts(name, folder):
    encoder = a_backend(name, folder)
    encoder.encode(["pump " * 40, "pump"])
    assert encoder.truncated == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_fast_weights_of_another_shape_are_refused(name, tmp_path):
    place = an_encoder_folder(tmp_path / "model")
    text = (place / "config.json").read_text()
    (place / "config.json").write_text(text.replace('_layers": 2', '_layers": 3'))
    pytest.importorskip(SILENT.get(name, name))
    with pytest.raises(UnsafeWeightsError) as refusal:
        open_encoder(place, backend=name)
    assert refusal.value.code == "weights.shape"


def test_openvino_needs_no_torch_no_socket_and_reports_nothing(folder, tmp_path):
    pytest.importorskip(SILENT["openvino"])
    command = [sys.executable, "-c", BLIND, str(folder)]
    settings = {"HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=settings
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
