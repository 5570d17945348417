# SPDX-License-Identifier: Apache-2.0
"""What a sealed job tries is refused, whoever it runs as; no bait is reached."""

import pytest
from tests.sealing.builders import attempts_text, run_sealed
from tests.sealing.conftest import skip

pytestmark = pytest.mark.enable_socket

HOSTS = {
    "this machine": (),
    "no bubblewrap": ("bubblewrap",),
    "no user namespaces": ("namespaces",),
    "no Landlock": ("landlock",),
    "no seccomp": ("filter",),
    "no user namespaces, no Landlock": ("namespaces", "landlock"),
    "no user namespaces, no seccomp": ("namespaces", "filter"),
    "none of them": ("namespaces", "landlock", "filter"),
    "not even a hook": ("namespaces", "landlock", "filter", "hook"),
}


def open_ways(ran, level):
    """Name what a level must refuse and the job did."""
    return sorted(
        name
        for name, found in ran.results.items()
        if name != "own file" and found["level"] <= level and found["refused"] is None
    )


@pytest.mark.parametrize("profile", ["strict", "loopback"])
def test_every_way_out_is_refused_and_the_way_in_works(
    place, baits, user, profile, here
):
    if here.level < 4:
        skip(f"this machine seals up to level {here.level}")
    ran = run_sealed(place, attempts_text(baits), user=user, profile=profile)
    assert ran.code == 0, ran.said
    assert ran.seal.level == 4
    assert len(ran.results) > 26
    assert open_ways(ran, 4) == []
    assert ran.results["own file"]["works"]
    assert sum(baits.bites().values()) == 0
    assert ran.seal.bites == 0


@pytest.mark.parametrize("host", HOSTS)
def test_no_host_declares_more_than_a_job_finds_refused(place, baits, user, host):
    profile = "loopback" if user == "nobody" else "strict"
    text = attempts_text(baits)
    ran = run_sealed(place, text, user=user, profile=profile, without=HOSTS[host])
    assert open_ways(ran, ran.seal.level) == []
    if ran.seal.level >= 2:
        bites = baits.bites()
        assert bites["tcp"] == bites["udp"] == bites["abstract socket"] == 0


def test_the_baits_catch_what_is_not_sealed(place, baits):
    """Without this, no bite would prove nothing."""
    text = attempts_text(baits)
    ran = run_sealed(place, text, without=HOSTS["not even a hook"])
    assert ran.seal.level == 0
    assert {"tcp", "udp", "abstract socket", "read secret"} <= set(open_ways(ran, 3))
    bites = baits.bites()
    assert all(bites[name] for name in ("tcp", "udp", "abstract socket"))


def test_no_bait_is_reached_in_run_after_run(place, baits):
    text = attempts_text(baits)
    for _ in range(5):  # benchmarks/bench_seal.py makes a thousand
        assert run_sealed(place, text).seal.level >= 2
    bites = baits.bites()
    assert bites["tcp"] == bites["udp"] == bites["abstract socket"] == 0
