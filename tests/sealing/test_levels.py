# SPDX-License-Identifier: Apache-2.0
"""A level is named when its mechanisms are there and its probes were refused."""

import pytest

from maalem.errors import SettingsError
from maalem.sealing.levels import (
    FULL,
    KERNEL,
    NAMES,
    NETWORK,
    OPEN,
    REFUSED,
    open_probes,
    proven_level,
)
from maalem.sealing.settings import SealSettings

ALL = dict.fromkeys((*NETWORK, *KERNEL, *FULL), REFUSED)
LAYERS = ("namespaces", "bubblewrap", "landlock", "filter")


def test_all_of_it_is_the_fourth_of_five_levels():
    assert proven_level(LAYERS, ALL, profile="strict") == 4
    assert NAMES[4] == "full"
    assert len(NAMES) == 6


@pytest.mark.parametrize(("probes", "highest"), [(NETWORK, 1), (KERNEL, 2), (FULL, 3)])
def test_one_open_probe_lowers_the_level(probes, highest):
    for name in probes:
        level = proven_level(LAYERS, ALL | {name: OPEN}, profile="strict")
        assert level <= highest
        assert proven_level(LAYERS, without(name), profile="strict") <= highest


def without(name):
    return {key: word for key, word in ALL.items() if key != name}


@pytest.mark.parametrize(
    ("missing", "level"), [("bubblewrap", 3), ("landlock", 2), ("filter", 2)]
)
def test_probes_alone_are_not_enough(missing, level):
    layers = [one for one in LAYERS if one != missing]
    assert proven_level(layers, ALL, profile="strict") == level


def test_a_filter_alone_closes_no_network_that_it_must_leave_open():
    assert proven_level(["filter"], ALL, profile="strict") == 2
    assert proven_level(["filter"], ALL, profile="loopback") == 0


def test_a_hook_is_the_lowest_seal():
    assert proven_level(["hook"], {"hook": REFUSED}, profile="strict") == 1
    assert proven_level(["hook"], {"hook": OPEN}, profile="strict") == 0
    assert open_probes({"hook": OPEN}, 0) == ["hook"]


@pytest.mark.parametrize(
    "wrong", [{"require": 6}, {"require": -1}, {"profile": "x"}, {"without": ("x",)}]
)
def test_a_setting_that_means_nothing_is_refused(wrong):
    with pytest.raises(SettingsError):
        SealSettings(**wrong)
