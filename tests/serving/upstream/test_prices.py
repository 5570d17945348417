# SPDX-License-Identifier: Apache-2.0
"""What a model costs is what the owner said, and else not known."""

import pytest

from maalem.errors import SettingsError
from maalem.serving.upstream.prices import Prices


def test_a_price_that_nobody_named_is_not_known():
    prices = Prices(per_million=("small@vendor 0.10 0.30", "free@here 0 0"))
    assert prices.of_tokens("small@vendor") == (0.10, 0.30)
    assert prices.of_tokens("free@here") == (0.0, 0.0)
    assert prices.of_tokens("large@vendor") is None


@pytest.mark.parametrize(
    "line", ["", "small@vendor", "small@vendor 1", "m -1 1", "m nan 1", "m 1 2 3"]
)
def test_a_line_that_is_no_price_is_refused(line):
    with pytest.raises(SettingsError, match="per_million"):
        Prices(per_million=("m 1 1", line))


@pytest.mark.parametrize("hour", [0.0, -1.0, float("inf"), float("nan")])
def test_an_hour_costs_more_than_nothing(hour):
    with pytest.raises(SettingsError, match="machine_hour"):
        Prices(machine_hour=hour)
