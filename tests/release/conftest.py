# SPDX-License-Identifier: Apache-2.0
"""One real release for the tests that read it, copies for those that harm it."""

import shutil

import pytest
from tests.release.builders import a_release


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """A promised release; never change it, take `copied` for that."""
    return a_release(tmp_path_factory.mktemp("released"))[1]


@pytest.fixture
def copied(released, tmp_path):
    """A copy of the release that may be harmed."""
    return shutil.copytree(released, tmp_path / "copied")
