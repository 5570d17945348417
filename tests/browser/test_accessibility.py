# SPDX-License-Identifier: Apache-2.0
"""The card page meets WCAG 2.2 AA as far as a machine can tell, on phone and desk."""

from pathlib import Path

import pytest
from tests.browser.builders import DESK, NARROW, PHONE, TASKS

pytestmark = pytest.mark.slow

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = """size => [...document.querySelectorAll("button, a, summary, input, textarea")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip"))
  .map((one) => [one.outerHTML.slice(0, 80), one.closest("label") ?? one])
  .map(([name, one]) => [name, one.getBoundingClientRect()])
  .filter(([_, { width, height }]) => width < size || height < size)
  .map(([name, { width, height }]) => `${name} ${width}x${height}`)"""


def violations(page):
    """Give what axe-core finds, rule by rule, with the elements."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed; `make check-js` does it")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run({ runOnly: tags })", TAGS)
    assert len(found["passes"]) > 10
    return {
        one["id"]: [node["html"][:120] for node in one["nodes"]]
        for one in found["violations"]
    }


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("role", ["owner", "curator", "expert"], ids=["en", "fr", "ar"])
def test_axe_finds_nothing_on_any_card(visit, role, viewport):
    visitor = visit(role, viewport=viewport)
    found = {}
    for task in TASKS:
        visitor.go(task)
        found[task] = violations(visitor.page)
    assert {task: one for task, one in found.items() if one} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("key", ["g", "?", "f", "o", "n"])
def test_axe_finds_nothing_in_what_opens_beside_a_card(visit, key, scheme):
    visitor = visit("expert", color_scheme=scheme)
    visitor.go("system")
    visitor.press(key)
    assert violations(visitor.page) == {}


def test_a_narrow_page_scrolls_one_way_only(visit):
    visitor = visit("expert", viewport=NARROW)
    widths = {}
    for task in TASKS:
        visitor.go(task)
        widths[task] = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert max(widths.values()) <= NARROW["width"]


def test_every_target_on_a_phone_can_be_hit(visit):
    visitor = visit("expert", viewport=PHONE, has_touch=True, is_mobile=True)
    for task in TASKS:
        visitor.go(task)
        assert visitor.page.evaluate(SMALL, 24) == []
        assert visitor.page.locator(".answer:visible, .done:visible").count() > 0
        for button in visitor.page.locator(".foot button:visible").all():
            assert button.bounding_box()["height"] >= 44


def test_the_answers_of_a_phone_stay_under_the_thumb(visit):
    visitor = visit("expert", viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.go("system")
    box = visitor.page.locator(".foot").bounding_box()
    assert round(box["y"] + box["height"]) == PHONE["height"]


def test_the_focus_is_seen_in_forced_colours(visit):
    visitor = visit(forced_colors="active", reduced_motion="reduce")
    visitor.go("several")
    visitor.press("1")
    style = "one => getComputedStyle(one).outlineStyle"
    pressed = visitor.page.locator('[aria-pressed="true"]')
    assert pressed.evaluate(style) == "solid"


def test_the_page_speaks_the_language_and_direction_of_its_reader(visit):
    visitor = visit("expert")
    visitor.go("system")
    root = visitor.page.locator("html")
    assert root.get_attribute("lang") == "ar"
    assert root.get_attribute("dir") == "rtl"
    assert visitor.page.locator("[data-label] .name").first.text_content() == "المحرك"
    assert "بقيت" in visitor.page.locator("#left").text_content()
