# SPDX-License-Identifier: Apache-2.0
"""Who may answer is shown on gold cards, and does not hold for ever."""

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import a_task, an_answer, an_item, changed

from maalem.errors import DataError
from maalem.experts.hidden_cards import cards_in_use, find_hidden_card
from maalem.experts.qualification import qualify, qualifying_cards, standing
from maalem.records import GoldCard, TaskVersion, digest_of
from maalem.tasks import LabelDefinition
from maalem.tasks.asking import Asking

NOW = "2026-03-01T08:00:00+00:00"
SAMPLE = 6
LABELS = ("Engine", "Bucket", "Cab")


def asking(**fields):
    task = a_task(LabelDefinition(name="Engine", critical=True), *LABELS[1:])
    fields = {"qualification_cards": SAMPLE, **fields}
    return dataclasses.replace(task, asking=Asking(**fields))


def a_card(item, *labels, by="expert:owner", **fields):
    return GoldCard(
        id=digest_of(["gold", item.id]),
        task="system",
        item=item.id,
        labels=labels,
        by=by,
        at=NOW,
        **fields,
    )


ITEMS = [
    changed(an_item(number=n), language="fr" if n % 5 == 0 else "en") for n in range(60)
]
BY_ID = {item.id: item for item in ITEMS}
# Half of the cards have the first label.
CARDS = cards_in_use(
    a_card(item, LABELS[0] if n % 2 else LABELS[1 + n // 2 % 2])
    for n, item in enumerate(ITEMS)
)


def trial(annotator="expert:1", **given):
    given = {
        "task": asking(),
        "items": BY_ID,
        "language": "en",
        "answered": (),
        **given,
    }
    return qualifying_cards(CARDS, annotator=annotator, **given)


def answer_to(card, label=None, **fields):
    return an_answer(BY_ID[card.item], label or card.labels[0], **fields)


def qualified(cards, answers, **given):
    given = {
        "task": asking(),
        "language": "en",
        "annotator": "expert:1",
        "now": NOW,
        **given,
    }
    return qualify(cards, answers, **given)


def standing_of(qualifications, versions=(), **given):
    given = {
        "task": asking(),
        "language": "en",
        "annotator": "expert:1",
        "now": NOW,
        **given,
    }
    return standing(qualifications, versions, **given)


def passed(**given):
    return qualified(trial(), [answer_to(card) for card in trial()], **given)


def a_version(number, *, ask_again=(), guideline=None):
    return TaskVersion(
        id=guideline or digest_of(["version", number]),
        task="system",
        number=number,
        toml="",
        by="expert:owner",
        at=NOW,
        ask_again=ask_again,
    )


def test_every_label_has_as_many_cards_as_the_others():
    for who in range(20):
        cards = trial(f"expert:{who}")
        assert set(Counter(card.labels for card in cards).values()) == {2}
        assert {BY_ID[card.item].language for card in cards} == {"en"}


def test_an_annotator_gets_the_same_cards_again_and_another_gets_others():
    assert trial() == trial()
    assert {*trial()} != {*trial("expert:2")}


def test_adding_a_gold_card_moves_few_others():
    task = asking(qualification_cards=6)
    before = qualifying_cards(
        dict(list(CARDS.items())[:-1]),
        task=task,
        items=BY_ID,
        language="en",
        annotator="expert:1",
        answered=(),
    )
    assert len({*before} - {*trial()}) <= 1


def test_who_tries_again_gets_other_cards():
    first = {card.item for card in trial()}
    second = trial(answered=first)
    assert first.isdisjoint(card.item for card in second)
    assert len(second) == SAMPLE


def test_nobody_is_measured_on_their_own_card():
    mine = {
        item: dataclasses.replace(card, by="expert:1") for item, card in CARDS.items()
    }
    given = {"task": asking(), "items": BY_ID, "language": "en", "answered": ()}
    assert qualifying_cards(mine, annotator="expert:1", **given) == ()
    given = {"task": asking(gold_share=0.5), "answered": (), "salt": "s"}
    shown = [
        find_hidden_card(n, mine, annotator="expert:1", **given) for n in range(50)
    ]
    assert shown == [None] * 50


def test_a_later_card_takes_the_place_of_an_earlier_and_an_empty_one_ends_it():
    item, other = ITEMS[:2]
    cards = [
        a_card(item, "Cab"),
        a_card(other, "Cab"),
        a_card(item, "Engine", number=2),
        a_card(other, number=2),
    ]
    assert cards_in_use(cards) == {item.id: cards[2]}


def test_who_is_right_often_enough_passes_until_it_expires():
    done = passed()
    assert (done.cards, done.right, done.passed) == (6, 6, True)
    assert done.expires == "2026-08-28T08:00:00+00:00"
    assert done.guideline == asking().version


@pytest.mark.parametrize(("wrong", "is_enough"), [(0, True), (1, True), (2, False)])
def test_the_pass_mark_decides(wrong, is_enough):
    cards = trial()
    answers = [
        answer_to(card, "Hoist" if n < wrong else None) for n, card in enumerate(cards)
    ]
    done = qualified(cards, answers)
    assert (done.right, done.passed) == (6 - wrong, is_enough)


def test_not_knowing_is_not_right_and_the_last_answer_counts():
    cards = trial()
    answers = [answer_to(card, "Hoist") for card in cards]
    answers += [answer_to(card) for card in cards[1:]]
    answers.append(
        an_answer(BY_ID[cards[1].item], None, outcome="unknown"),
    )
    assert qualified(cards, answers).right == 4


def test_a_trial_counts_when_all_its_cards_are_answered():
    cards = trial()
    answers = [answer_to(card) for card in cards]
    assert qualified(cards, answers[:-1]) is None
    others = [answer_to(card, annotator="expert:2") for card in cards]
    assert qualified(cards, others) is None
    undone = an_answer(BY_ID[cards[0].item], None, outcome="withdrawn")
    assert qualified(cards, [*answers, undone]) is None


def test_too_few_gold_cards_qualify_nobody():
    cards = trial()[:-1]
    assert qualified(cards, [answer_to(card) for card in cards]) is None


def test_nobody_is_qualified_without_a_trial_unless_none_is_asked():
    assert standing_of([]).reason == "not tried"
    assert standing_of([], task=asking(qualification_cards=0)).is_qualified
    assert standing_of([passed()], language="ar").reason == "not tried"
    assert standing_of([passed()], annotator="expert:2").reason == "not tried"


def test_the_last_trial_counts():
    cards = trial()
    failed = qualified(cards, [answer_to(card, "Hoist") for card in cards])
    assert standing_of([failed]).reason == "not passed"
    assert standing_of([failed, passed()]).is_qualified
    assert standing_of([passed(), failed]).reason == "not passed"


def test_it_expires_to_the_minute():
    done = passed()
    assert standing_of([done], now="2026-08-28T07:59:59+00:00").is_qualified
    assert standing_of([done], now="2026-08-28T08:00:00+00:00").reason == "expired"
    assert standing_of([done], now="2026-08-28T09:59:59+02:00").is_qualified


def test_a_version_that_asks_again_ends_a_qualification_and_others_do_not():
    old = a_version(1, guideline=asking().version)
    clearer = a_version(2)
    another = a_version(3, ask_again=("Cab",))
    later = dataclasses.replace(asking(), guideline="Choose one, with care.")
    assert standing_of([passed()], [old, clearer], task=later).is_qualified
    ended = standing_of([passed()], [old, clearer, another], task=later)
    assert (ended.is_qualified, ended.reason) == (False, "guideline changed")
    anew = passed(task=later)
    known = [old, another, a_version(4, guideline=later.version)]
    assert standing_of([passed(), anew], known, task=later).is_qualified


def test_a_version_that_nobody_kept_is_older_than_all():
    known = [a_version(1, ask_again=("Cab",))]
    later = dataclasses.replace(asking(), guideline="Choose one, with care.")
    assert standing_of([passed()], known, task=later).reason == "guideline changed"
    assert standing_of([passed()], known).is_qualified


def test_a_time_without_zone_is_refused():
    with pytest.raises(DataError) as refused:
        passed(now="2026-03-01T08:00:00")
    assert refused.value.code == "experts.time"


def shown_to(annotator, *, salt="s", cards=CARDS, share=0.2, count=400):
    """Show one card after the other, and answer it."""
    task, answered, shown = asking(gold_share=share), set(), []
    for number in range(count):
        card = find_hidden_card(
            number,
            cards,
            task=task,
            annotator=annotator,
            answered=answered,
            salt=salt,
        )
        answered |= {card.item} if card else set()
        shown.append(card)
    return shown


def test_gold_cards_come_in_the_share_that_the_task_says():
    plenty = cards_in_use(a_card(an_item(number=n), LABELS[n % 3]) for n in range(500))
    shown = shown_to("expert:1", cards=plenty, count=1500)
    share = sum(card is not None for card in shown) / len(shown)
    assert 0.17 < share < 0.23
    assert shown_to("expert:1", share=0.0, count=50) == [None] * 50


def test_no_gold_card_is_shown_twice():
    shown = [card.item for card in shown_to("expert:1") if card]
    assert len(shown) == len({*shown}) == len(CARDS)


def test_which_card_is_gold_cannot_be_told_without_the_salt():
    mine, theirs, salted = (
        [card is not None for card in shown]
        for shown in (
            shown_to("expert:1"),
            shown_to("expert:2"),
            shown_to("expert:1", salt="t"),
        )
    )
    assert mine != theirs
    assert mine != salted
    assert shown_to("expert:1") == shown_to("expert:1")


def test_every_second_gold_card_is_of_a_critical_label_that_is_wanting():
    plenty = cards_in_use(
        a_card(an_item(number=n), LABELS[0] if n % 10 == 0 else LABELS[1])
        for n in range(600)
    )
    gold = [card for card in shown_to("expert:1", cards=plenty) if card][:60]
    critical = sum(card.labels == (LABELS[0],) for card in gold)
    assert 20 <= critical <= 45


@given(number=st.integers(0, 10_000), share=st.sampled_from([0.05, 0.5]))
def test_an_answered_item_is_never_shown_as_a_gold_card(number, share):
    given = {"task": asking(gold_share=share), "annotator": "expert:1", "salt": "s"}
    answered = {item.id for item in ITEMS[:-1]}
    card = find_hidden_card(number, CARDS, answered=answered, **given)
    assert card in {None, CARDS[ITEMS[-1].id]}
    assert find_hidden_card(number, CARDS, answered={*CARDS}, **given) is None
