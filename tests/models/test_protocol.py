# SPDX-License-Identifier: Apache-2.0
"""Settings outside their range are refused by name; kinds are found by name."""

import pytest

from maalem.errors import SettingsError
from maalem.models import Recipe, kind_named


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gear", "fast"),
        ("epochs", 0),
        ("learning_rate", 0.0),
        ("learning_rate", 1.0),
        ("batch_size", 1),
        ("contrast", 0.0),
        ("strength", -1.0),
        ("max_tokens", 7),
        ("max_tokens", 513),
        ("validation_share", 0.0),
        ("validation_share", 0.6),
        ("patience", 0),
        ("precision", "fp16"),
        ("save_every", 0),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=name):
        Recipe(**{name: value})


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="no kind of model") as refusal:
        kind_named("classify.v0")
    assert refusal.value.code == "models.unknown-kind"
    assert "classify.v1" in refusal.value.hint
    assert "tiny.v1" in refusal.value.hint
