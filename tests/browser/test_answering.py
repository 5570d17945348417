# SPDX-License-Identifier: Apache-2.0
"""Each kind of answer is given in a real browser, in three languages."""

import pytest

from maalem.records import Item

pytestmark = pytest.mark.slow

ROLES = {"en": "owner", "fr": "curator", "ar": "expert"}


@pytest.fixture(params=ROLES)
def visitor(request, visit):
    """Somebody who reads English, French or Arabic."""
    return visit(ROLES[request.param])


def only(visitor, task):
    """Give the one answer that was kept."""
    visitor.saved(1)
    (answer,) = visitor.answers(task)
    assert answer.seconds > 0
    return answer


def options_of(visitor, answer):
    """Give the options of an answered item, as nobody is shown them."""
    return visitor.server.work.store.get(Item, answer.item).options


def ranked(visitor):
    """Give the options in the order in which they were ranked."""
    answer = only(visitor, "rank")
    options = options_of(visitor, answer)
    return [options[number] for number in answer.ranking]


def test_a_label_is_chosen_by_its_digit(visitor):
    visitor.go("system")
    visitor.press("2")
    assert only(visitor, "system").labels == ("Hydraulics",)


def test_a_label_is_chosen_by_a_click(visitor):
    visitor.go("system")
    visitor.page.locator('[data-label="Electrical"]').click()
    assert only(visitor, "system").labels == ("Electrical",)


def test_a_label_of_a_tree_is_found_by_its_name(visitor):
    visitor.go("tree")
    visitor.press("/")
    visitor.page.keyboard.type("part 1")
    assert visitor.page.locator("[data-label]:visible").count() == 2
    visitor.press("Enter")
    assert only(visitor, "tree").labels == ("Part 1",)


def test_several_labels_are_chosen_and_saved(visitor):
    visitor.go("several")
    visitor.press("1", "3", "2", "2", "Enter")
    assert only(visitor, "several").labels == ("Engine", "Electrical")


def test_an_answer_that_is_missing_is_asked_for(visitor):
    visitor.go("several")
    visitor.press("Enter")
    assert visitor.page.locator("#hint").text_content()
    assert visitor.answers("several") == []


def test_of_two_options_the_one_on_the_screen_is_chosen(visitor):
    visitor.go("compare")
    shown = visitor.page.locator("[data-option]").all_text_contents()
    visitor.press("1", "Enter")
    answer = only(visitor, "compare")
    number = ("first", "second").index(answer.labels[0])
    assert options_of(visitor, answer)[number] == shown[0]
    assert answer.reason is None


def test_why_an_option_is_better_is_said_by_one_key_or_one_click(visitor):
    visitor.go("compare")
    visitor.press("b", "3")
    visitor.saved(1)
    visitor.page.locator('[data-side="first"]').click()
    visitor.page.locator("[data-why] .reason").first.click()
    visitor.saved(2)
    reasons = [one.reason for one in visitor.answers("compare")]
    assert reasons == ["More complete", "More correct"]


def test_of_two_options_alike_no_reason_is_asked(visitor):
    visitor.go("compare")
    visitor.press("3")
    assert only(visitor, "compare").labels == ("both",)


def test_a_choice_can_be_changed_while_its_reason_is_asked(visitor):
    visitor.go("compare")
    visitor.press("1", "u")
    assert visitor.page.locator("[data-why]").is_hidden()
    visitor.press("2", "a", "Escape", "4")
    assert only(visitor, "compare").labels == ("neither",)


def test_options_are_ranked_by_digits(visitor):
    visitor.go("rank")
    shown = visitor.page.locator("[data-ranking] [data-text]").all_text_contents()
    visitor.press("3", "1", "Enter")
    assert ranked(visitor) == [shown[2], shown[0], shown[1]]


def test_options_are_ranked_by_buttons(visitor):
    visitor.go("rank")
    shown = visitor.page.locator("[data-ranking] [data-text]").all_text_contents()
    visitor.page.locator("[data-up]").nth(1).click()
    visitor.page.locator(".done").click()
    assert ranked(visitor) == [shown[1], shown[0], shown[2]]


def test_a_draft_is_corrected_with_its_difference_in_sight(visitor):
    visitor.go("correct")
    visitor.press("e", "Control+End")
    visitor.page.keyboard.type(" فحص it")
    assert visitor.page.locator("[data-after] ins").all_text_contents()
    visitor.press("Control+Enter")
    assert only(visitor, "correct").text.endswith("is blocked. فحص it")


def test_an_answer_is_written(visitor):
    visitor.go("write")
    assert "ما سبب العطل" in visitor.page.locator("#question").text_content()
    visitor.press("e")
    visitor.page.keyboard.type("الفلتر 1")
    visitor.press("Control+Enter")
    assert only(visitor, "write").text == "الفلتر 1"


def test_criteria_are_rated_by_digits(visitor):
    visitor.go("rate")
    visitor.press("4", "0", "Enter")
    assert only(visitor, "rate").ratings == (("Correct", 4), ("Clear", 0))


def test_not_knowing_and_bad_questions_are_answers(visitor):
    visitor.go("system")
    visitor.press("0", "f", "3")
    visitor.saved(2)
    told = [(one.outcome, one.reason) for one in visitor.answers("system")]
    assert told == [("unknown", None), ("bad-question", "No answer fits")]


def test_a_note_goes_with_the_answer(visitor):
    visitor.go("system")
    visitor.press("n")
    visitor.page.keyboard.type("1 see <b>page</b> 4")
    visitor.press("Escape", "1")
    assert only(visitor, "system").note == "1 see <b>page</b> 4"
