# SPDX-License-Identifier: Apache-2.0
"""What may not be set about routes."""

import pytest

from maalem.errors import SettingsError
from maalem.serving.routes.settings import RouteSettings


def test_by_default_no_release_is_promoted_without_a_person():
    assert not RouteSettings().automatic


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 0.0),
        ("alpha", 0.5),
        ("margin", 0.0),
        ("margin", float("nan")),
        ("least", 0),
        ("every_seconds", 0.5),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=name):
        RouteSettings(**{name: value})
