# SPDX-License-Identifier: Apache-2.0
"""Baits that a test lays itself, and a count of what this machine could not show."""

import shutil
import tempfile
from pathlib import Path

import pytest
from tests.sealing.builders import compile_probes, why_no_nobody

from maalem.sealing.baits import Baits
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings

_skipped = []


@pytest.fixture
def baits():
    """Lay baits that file rights keep from nobody: only a seal does."""
    made = Baits(tempfile.gettempdir())
    folder = Path(made.told()["folder"])
    folder.chmod(0o777)
    for path in folder.iterdir():
        path.chmod(0o777)
    yield made
    made.close()


@pytest.fixture
def place():
    """Give a folder that an ordinary user reaches too, unlike `tmp_path`."""
    made = Path(tempfile.mkdtemp(prefix="maalem-test-"))
    made.chmod(0o777)
    compile_probes(made)
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=["self", "nobody"])
def user(request):
    if request.param == "nobody" and (why := why_no_nobody()):
        skip(why)
    return request.param


@pytest.fixture(scope="session")
def here():
    """Give the highest seal of this machine."""
    return prove_seal(SealSettings())


def skip(why):
    _skipped.append(why)
    pytest.skip(why)


def pytest_terminal_summary(terminalreporter):
    if _skipped:
        reasons = ", ".join(sorted(set(_skipped)))
        terminalreporter.write_line(f"seal: {len(_skipped)} not shown here ({reasons})")
