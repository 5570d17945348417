# SPDX-License-Identifier: Apache-2.0
"""A sitting in a real browser: by keyboard alone, without a network, undone."""

import pytest
from tests.app.desk.pages import an_answer

from maalem.records import Item

pytestmark = pytest.mark.slow


def keys_of(visitor, path="answers"):
    """Give the keys of what was sent to a path, in order."""
    return [body["key"] for name, body in visitor.sent if name == path]


def test_a_whole_sitting_is_done_by_keyboard_alone(visit):
    visitor = visit()
    visitor.go("system")
    for number in range(25):
        visitor.press(str(number % 3 + 1))
    visitor.saved(25)
    assert visitor.page.locator('[data-lack="pause"]').is_visible()
    assert len(visitor.answers("system")) == 25
    visitor.press("Enter", "1")
    visitor.saved(1)
    assert len(visitor.answers("system")) == 26


def test_answers_without_a_network_are_kept_and_sent_once(visit):
    visitor = visit()
    visitor.go("system")
    visitor.context.set_offline(True)
    visitor.press("1", "2", "3")
    notice = visitor.page.locator("#notice-offline")
    notice.wait_for(state="visible")
    assert "3 answers wait here; they will be sent." in notice.text_content()
    assert visitor.answers("system") == []
    visitor.context.set_offline(False)
    visitor.saved(3)
    labels = [one.labels[0] for one in visitor.answers("system")]
    assert labels == ["Engine", "Hydraulics", "Electrical"]
    assert notice.is_hidden()


def test_an_answer_whose_acknowledgement_was_lost_is_one(visit):
    visitor = visit()
    visitor.go("system")

    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort("connectionreset")

    visitor.page.route("**/answers", lose_the_first)
    visitor.press("1")
    visitor.saved(1)
    assert len(visitor.answers("system")) == 1
    first, second = keys_of(visitor)
    assert lost == [200]
    assert first == second


def test_a_reload_in_the_middle_loses_nothing(visit):
    visitor = visit()
    visitor.go("system")
    visitor.page.route("**/answers", lambda route: route.abort())
    before = visitor.text
    visitor.press("1", "2")
    visitor.page.unroute("**/answers")
    visitor.page.reload()
    visitor.page.wait_for_selector("#card:not([hidden])")
    visitor.saved(2)
    assert len(visitor.answers("system")) == 2
    assert visitor.text != before


def test_a_text_that_was_begun_survives_a_reload(visit):
    visitor = visit()
    visitor.go("write")
    visitor.press("e")
    visitor.page.keyboard.type("نصف جملة half")
    visitor.page.reload()
    visitor.page.wait_for_selector("#card:not([hidden])")
    assert visitor.page.locator("[data-written]").input_value() == "نصف جملة half"


def test_undo_brings_the_last_cards_back_and_takes_their_answers_back(visit):
    visitor = visit()
    visitor.go("system")
    first = visitor.text
    visitor.press("1", "2")
    visitor.saved(2)
    visitor.press("u", "Backspace")
    visitor.saved(0)
    assert visitor.text == first
    visitor.press("3", "3")
    visitor.saved(2)
    labels = [one.labels[0] for one in visitor.answers("system")]
    assert labels == ["Engine", "Hydraulics", "Electrical", "Electrical"]
    assert len(keys_of(visitor, "withdraw")) == 2


def test_undo_reaches_behind_a_reload(visit):
    visitor = visit()
    visitor.go("system")
    first = visitor.text
    visitor.press("1")
    visitor.saved(1)
    visitor.page.reload()
    visitor.page.wait_for_selector("#card:not([hidden])")
    visitor.wait_until_ready()
    visitor.press("u")
    assert visitor.text == first


def test_a_skipped_card_goes_back_to_the_desk_and_is_no_answer(visit):
    visitor = visit()
    visitor.go("system")
    first = visitor.text
    with visitor.page.expect_response("**/skips") as answer:
        visitor.press("s")
    assert answer.value.status == 200
    assert visitor.text != first
    assert visitor.answers("system") == []


def test_an_answer_is_looked_at_again_and_given_otherwise(visit):
    visitor = visit()
    visitor.go("system")
    first = visitor.text
    visitor.press("1", "2")
    visitor.saved(2)
    open_card = visitor.text
    visitor.press("k", "k")
    assert visitor.text == first
    chosen = visitor.page.locator('[data-label][aria-pressed="true"]')
    assert chosen.get_attribute("data-label") == "Engine"
    visitor.press("3")
    assert visitor.text == open_card
    visitor.page.wait_for_load_state("networkidle")
    labels = [one.labels[0] for one in visitor.answers("system")]
    assert labels == ["Engine", "Hydraulics", "Electrical"]
    assert len(keys_of(visitor, "withdraw")) == 1


def test_answers_of_another_day_are_looked_at_by_a_button(visit):
    visitor = visit()
    visitor.go("system")
    first = visitor.text
    visitor.press("1")
    visitor.saved(1)
    visitor.page.evaluate("sessionStorage.clear()")
    visitor.go("system")
    visitor.page.locator("#back button").click()
    assert visitor.text == first
    visitor.page.locator('#looking [data-deed="next"]').click()
    assert visitor.page.locator("#looking").is_hidden()
    assert visitor.text != first


def test_ones_own_keys_are_chosen_without_a_script_and_work_on_the_cards(visit):
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.goto(f"{visitor.server.url}/me")
    page.locator("#key-skip").fill("1")
    page.get_by_role("button", name="Save the keys").click()
    assert "1 is a digit" in page.locator("[role=alert]").inner_text()
    page.locator("#key-skip").fill("X")
    page.get_by_role("button", name="Save the keys").click()
    assert page.locator("#key-skip").input_value() == "x"
    scripted = visit()
    scripted.go("system")
    first = scripted.text
    scripted.press("s")
    assert scripted.text == first
    scripted.press("x")
    assert scripted.text != first


def test_the_time_left_is_said_once_there_is_a_pace(visit):
    visitor = visit()
    visitor.go("system")
    said = visitor.page.locator("#minutes")
    for _ in range(4):
        visitor.press("1")
    assert said.text_content() == ""
    visitor.press("1")
    assert said.text_content() == "less than a minute left of this sitting"


def test_who_failed_is_told_when_the_next_trial_opens(visit):
    visitor = visit("expert")
    hand = {"cards": [], "left": 0, "state": "unqualified", "opens": 1_795_000_000.0}
    visitor.page.route("**/cards", lambda route: route.fulfill(json=hand))
    visitor.page.goto(f"{visitor.server.url}/task/system")
    visitor.page.locator('[data-lack="unqualified"]').wait_for(state="visible")
    assert "18 نوفمبر" in visitor.page.locator("#opens").text_content()
    assert visitor.page.locator("#closed").is_hidden()


def test_an_ended_session_keeps_the_answers_until_somebody_signs_in(visit, server):
    visitor = visit()
    visitor.go("system")
    cookies = visitor.context.cookies()
    visitor.context.clear_cookies()
    visitor.press("1", "2")
    notice = visitor.page.locator("#notice-ended")
    notice.wait_for(state="visible")
    assert notice.locator("a").get_attribute("href") == "/sign-in?next=/task/system"
    assert visitor.answers("system") == []
    visitor.context.add_cookies(cookies)
    visitor.go("system")
    visitor.saved(2)
    assert len(visitor.answers("system")) == 2


def test_nobody_sends_what_another_person_left_in_the_browser(visit):
    visitor = visit("owner")
    visitor.go("system")
    visitor.context.set_offline(True)
    visitor.press("1")
    visitor.page.locator("#notice-offline").wait_for(state="visible")
    other = visitor.server.member("curator")
    visitor.context.add_cookies([visitor.server.cookie(other)])
    visitor.context.set_offline(False)
    visitor.go("system")
    visitor.press("2")
    visitor.saved(1)
    owners = {one.annotator for one in visitor.answers("system")}
    visitor.member = other
    assert owners == set()
    assert [one.labels for one in visitor.answers("system")] == [("Hydraulics",)]


def test_a_double_tap_answers_one_card(visit):
    visitor = visit()
    visitor.go("system")
    twice = "one => { one.click(); one.click(); }"
    visitor.page.locator("[data-label]").first.evaluate(twice)
    visitor.saved(1)
    assert len(keys_of(visitor)) == 1


def test_keys_write_in_a_text_field_and_answer_nothing(visit):
    visitor = visit()
    visitor.go("system")
    visitor.press("n")
    visitor.page.keyboard.type("123 ugh")
    assert visitor.page.locator("#note").input_value() == "123 ugh"
    assert keys_of(visitor) == []


def test_single_keys_can_be_turned_off(visit):
    visitor = visit()
    visitor.go("system")
    visitor.press("?")
    visitor.page.locator("#keys-on").uncheck()
    visitor.press("Escape", "1", "u", "g")
    assert keys_of(visitor) == []
    assert visitor.page.locator("#guideline").is_hidden()
    visitor.page.locator("[data-label]").first.click()
    visitor.saved(1)


def test_the_guideline_says_that_it_is_new_until_it_is_read(visit):
    visitor = visit()
    visitor.go("system")
    flag = visitor.page.locator(".tools [data-unread]")
    flag.wait_for(state="visible")
    visitor.press("g")
    visitor.page.locator("[data-read]").click()
    flag.wait_for(state="hidden")
    visitor.go("system")
    visitor.page.wait_for_load_state("networkidle")
    assert flag.is_hidden()


def test_the_guideline_comes_back_where_it_was_left_on_another_day_too(visit):
    visitor = visit(viewport={"width": 390, "height": 300})
    visitor.go("system")
    visitor.press("g")
    place = visitor.page.locator("#guideline .scrolled")
    place.evaluate("one => { one.scrollTop = 60; }")
    visitor.press("g")
    visitor.go("system")
    visitor.press("g")
    assert place.evaluate("one => one.scrollTop") == 60


def test_the_whole_document_opens_beside_its_passage(visit):
    visitor = visit()
    visitor.go("system")
    text = visitor.text
    visitor.press("o")
    visitor.page.locator("#document mark").first.wait_for()
    marked = visitor.page.locator("#document mark").all_text_contents()
    assert "".join(marked) == text
    visitor.press("Escape")
    assert visitor.page.locator("#document").is_hidden()


def test_every_saved_answer_is_announced(visit):
    visitor = visit()
    visitor.go("system")
    visitor.press("1")
    visitor.saved(1)
    said = visitor.page.locator("#said")
    assert said.get_attribute("role") == "status"
    assert "1" in said.text_content()
    assert visitor.page.evaluate("document.activeElement.id") == "card"


def test_nothing_waits_once_all_is_answered(visit, server):
    visitor = visit()
    items = server.work.store.find(Item, "system")
    answers = [an_answer(item, visitor.member.id) for item in items]
    server.work.store.append("annotation.import", answers)
    visitor.page.goto(f"{server.url}/task/system")
    visitor.page.locator('[data-lack="empty"]').wait_for(state="visible")
    assert visitor.page.locator("#card").is_hidden()
