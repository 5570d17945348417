# SPDX-License-Identifier: Apache-2.0
"""Evidence chooses the champion; the house, the price and the clock break a tie."""

import dataclasses

from maalem.evaluation.champion import Cost, Latency, Standing, choose_champion
from maalem.records import Digest, Estimate

UNKNOWN = Cost(amount=None, reason="not set")


def standing(name, outcome="ship", *, cost=UNKNOWN, seconds=0.01, **more):
    digest = Digest(f"sha256:{name}")
    latency = Latency(median=seconds, slow=seconds, mean=seconds, count=10)
    return Standing(
        name=name, model=digest, report=digest, verdict=digest, outcome=outcome,
        accuracy=Estimate(value=0.9), difference=Estimate(value=0.0), against="tfidf",
        latency=latency, cost=cost, **more,
    )  # fmt: skip


def test_the_one_that_the_gate_lets_ship_is_champion_whatever_it_costs():
    dear = standing("dear", cost=Cost(amount=9.0, currency="EUR"), leaves_house=True)
    cheap = standing("cheap", "don't ship", cost=Cost(amount=0.1, currency="EUR"))
    assert choose_champion([cheap, dear]).champion == "dear"


def test_of_several_what_stays_in_the_house_is_chosen_even_at_an_unknown_price():
    away = standing("away", cost=Cost(amount=0.1, currency="EUR"), leaves_house=True)
    assert choose_champion([away, standing("here")]).champion == "here"


def test_a_known_price_goes_before_an_unknown_one_and_the_lower_first():
    known = standing("known", cost=Cost(amount=5.0, currency="EUR"), seconds=1.0)
    lower = standing("lower", cost=Cost(amount=4.0, currency="EUR"), seconds=2.0)
    choice = choose_champion([standing("unknown"), known, lower])
    assert choice.champion == "lower"
    assert "known and" not in choice.reason
    assert "unknown, known ship too" in choice.reason


def test_at_one_price_the_sooner_answer_is_chosen():
    slow, fast = standing("slow", seconds=0.2), standing("fast", seconds=0.1)
    assert choose_champion([slow, fast]).reason.endswith("fast answers sooner")


def test_of_those_that_are_level_the_first_is_chosen():
    cost = [Cost(amount=one, currency="EUR") for one in (1.05, 1.0)]
    first = standing("first", cost=cost[0], seconds=0.0105)
    second = standing("second", cost=cost[1], seconds=0.01)
    choice = choose_champion([first, second])
    assert choice.champion == "first"
    assert choice.reason.endswith("comes first of those that are level")


def test_without_enough_evidence_nobody_is_chosen_and_the_price_is_said():
    open_ = standing("open", "not enough evidence", items_needed=40, hours_needed=1.5)
    more = dataclasses.replace(open_, name="more", items_needed=400)
    choice = choose_champion([more, open_])
    assert choice.champion is None
    assert "40 more judged items (1.5 expert hours) would settle it for open" in (
        choice.reason
    )


def test_where_no_number_of_items_would_settle_it_that_is_said():
    stuck = standing("stuck", "not enough evidence")
    assert "no number" in choose_champion([stuck]).reason
    refused = standing("refused", "don't ship")
    assert choose_champion([refused]).reason == "the gate lets none of them ship"
