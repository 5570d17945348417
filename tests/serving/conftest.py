# SPDX-License-Identifier: Apache-2.0
"""A real release, taught and signed by the loop, opened once."""

import pytest
from tests.app.conftest import copied, journey  # noqa: F401  # fixtures
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.builders import a_gateway

from maalem.serving.opened import open_release


@pytest.fixture(scope="session")
def opened(journey):  # noqa: F811  # the fixture
    """A release of a task called system, loaded."""
    return open_release(journey.release)


@pytest.fixture
def gateway(opened):
    """A gateway that serves it."""
    made = a_gateway(opened)
    yield made
    made.close()
