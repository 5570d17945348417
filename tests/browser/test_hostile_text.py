# SPDX-License-Identifier: Apache-2.0
"""Hostile documents, labels, guidelines and notes are text: shown, never obeyed."""

import pytest
from tests.browser.builders import BEACON, HOSTILE

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(visit):
    """Somebody with a hostile card of a hostile task; `visit` counts what it does."""
    one = visit()
    one.go("hostile")
    while not one.text.startswith("<script>"):
        one.press("s")
    return one


def test_a_hostile_document_is_shown_as_it_is_written(visitor):
    assert visitor.text.startswith(HOSTILE.strip())
    assert visitor.page.locator("#card :is(script, img, svg, iframe)").count() == 0


def test_a_hostile_label_is_a_button_like_any_other(visitor):
    names = visitor.page.locator("[data-label] .name").all_text_contents()
    assert names == ["<script>alert(7)</script>", '"><svg onload=alert(9)>']
    visitor.press("1")
    visitor.saved(1)
    assert visitor.answers("hostile")[0].labels == ("<script>alert(7)</script>",)


def test_a_hostile_guideline_loads_nothing_and_hides_nothing(visitor):
    visitor.press("g")
    drawer = visitor.page.locator("#guideline")
    assert BEACON in drawer.text_content()
    assert "<script>alert(6)</script>" in drawer.text_content()
    assert drawer.locator("img, script, a, svg").count() == 0
    assert drawer.locator(".control").all_text_contents() == ["RLO"]


def test_a_hostile_document_stays_text_in_the_whole_document(visitor):
    visitor.press("o")
    visitor.page.locator("#document mark").first.wait_for()
    assert visitor.page.locator("#document :is(script, img, svg)").count() == 0


def test_a_hostile_note_comes_back_as_text(visitor):
    note = "<img src=x onerror=alert(10)>"
    visitor.press("n")
    visitor.page.keyboard.type(note)
    visitor.press("Escape", "1")
    visitor.saved(1)
    visitor.press("u")
    assert visitor.page.locator("#note").input_value() == note


def test_orders_to_a_model_are_data_and_choose_nothing(visitor):
    assert visitor.page.locator('[aria-pressed="true"]').count() == 0
    assert visitor.answers("hostile") == []


def test_no_script_of_the_document_could_run_by_the_policy(visitor):
    policy = visitor.page.evaluate(
        "fetch(location.href).then((one) => one.headers.get('content-security-policy'))"
    )
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
