# SPDX-License-Identifier: Apache-2.0
"""A real release, taught and signed by the loop, opened once."""

import pytest
from tests.app.conftest import copied, journey  # noqa: F401  # fixtures
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.contracts.kind import teach
from tests.models.builders import an_encoder_folder
from tests.serving.builders import a_gateway, an_encoding

from maalem.models import Recipe
from maalem.models.classify import ClassifyKind, open_classifier
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


@pytest.fixture(scope="session")
def classifier(tmp_path_factory):
    """A classifier that answers from vectors."""
    home = tmp_path_factory.mktemp("classifier")
    base = an_encoder_folder(home / "base")
    teach(ClassifyKind(), base, Recipe(gear="quick"), home / "taught")
    return open_classifier(home / "taught" / "checkpoint")


@pytest.fixture
def near(opened, classifier):
    """A gateway that serves both: system has no vectors, near has."""
    made = a_gateway(opened, an_encoding(opened, classifier), allow_unproven=True)
    yield made
    made.close()
