# SPDX-License-Identifier: Apache-2.0
"""Parts of mixed Arabic and Latin text are marked, and their offsets hold."""

import pytest
from tests.browser.builders import MIXED, PHONE

from maalem.records import Item

pytestmark = pytest.mark.slow

SELECT = """([start, end]) => {
  const host = document.querySelector("[data-marking]");
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const after = at + node.data.length;
    if (start >= at && start < after) range.setStart(node, start - at);
    if (end > at && end <= after) range.setEnd(node, end - at);
    at = after;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def visitor(visit):
    """Somebody with a card whose text is mixed."""
    one = visit("expert")
    one.go("mark")
    while MIXED not in one.text:
        one.press("s")
    return one


def select(visitor, quote):
    """Select a part of the text by what it says."""
    start = len(visitor.text[: visitor.text.index(quote)].encode("utf-16-le")) // 2
    end = start + len(quote.encode("utf-16-le")) // 2
    visitor.page.evaluate(SELECT, [start, end])
    visitor.page.keyboard.press("m")


def kept(visitor):
    """Give the spans that the desk has, each checked against the item's text."""
    visitor.saved(1)
    (answer,) = visitor.answers("mark")
    text = visitor.server.work.store.get(Item, answer.item).text
    assert all(text[one.start : one.end] == one.quote for one in answer.spans)
    return [one.quote for one in answer.spans]


@pytest.mark.parametrize(
    "quote",
    ["😀", "تَعَطَّلَ", "«الفِلْتَر Donaldson P550»", "Donaldson P550» في 12/3", "4.5 bar،"],
)
def test_a_selection_comes_back_as_the_same_words(visitor, quote):
    select(visitor, quote)
    visitor.press("Enter")
    assert kept(visitor) == [quote]


def test_a_selection_widens_to_whole_words(visitor):
    select(visitor, "aldson P5")
    visitor.press("Enter")
    assert kept(visitor) == ["Donaldson P550"]


def test_several_parts_are_marked_and_overlapping_ones_are_one(visitor):
    for quote in ("bar", "الفِلْتَر", "Donaldson", "الفِلْتَر Donaldson P550"):
        select(visitor, quote)
    visitor.press("Enter")
    assert kept(visitor) == ["الفِلْتَر Donaldson P550", "bar"]


def test_a_mark_is_split_where_the_direction_changes(visitor):
    select(visitor, "الفِلْتَر Donaldson")
    marks = visitor.page.locator("[data-marking] mark.marked").all_text_contents()
    assert [one.strip() for one in marks] == ["الفِلْتَر", "Donaldson"]


def test_words_are_marked_by_keyboard_alone(visitor):
    visitor.press("m", "ArrowLeft", "Shift+ArrowLeft", " ", "Control+Enter")
    (quote,) = kept(visitor)
    assert quote.startswith("الفِلْتَر Donaldson")


def test_a_mark_is_taken_away_by_keyboard_and_by_button(visitor):
    select(visitor, "Donaldson")
    select(visitor, "bar")
    visitor.page.locator("[data-marks] button").first.click()
    visitor.press("Enter")
    assert kept(visitor) == ["bar"]


def test_words_are_marked_by_dragging(visitor):
    where = """quote => {
      const host = document.querySelector("[data-marking]");
      const node = [...host.childNodes].find((one) => one.data?.includes(quote));
      const range = document.createRange();
      range.setStart(node, node.data.indexOf(quote));
      range.setEnd(node, node.data.indexOf(quote) + quote.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x, y: y + height / 2, end: x + width };
    }"""
    box = visitor.page.evaluate(where, "Donaldson P550")
    mouse = visitor.page.mouse
    mouse.move(box["x"] + 4, box["y"])
    mouse.down()
    mouse.move(box["end"] - 4, box["y"], steps=5)
    mouse.up()
    visitor.press("Enter")
    assert kept(visitor) == ["Donaldson P550"]


def test_words_are_marked_by_touching_the_first_and_the_last(visit):
    visitor = visit("expert", viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.go("mark")
    while MIXED not in visitor.text:
        visitor.page.locator('[data-deed="skip"]').click()
        visitor.wait_until_ready()
    where = """quote => {
      const host = document.querySelector("[data-marking]");
      const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
      while (walker.nextNode() && !walker.currentNode.data.includes(quote));
      const node = walker.currentNode;
      const range = document.createRange();
      range.setStart(node, node.data.indexOf(quote));
      range.setEnd(node, node.data.indexOf(quote) + quote.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    }"""
    for quote in ("Donaldson", "P550"):
        visitor.page.touchscreen.tap(*visitor.page.evaluate(where, quote))
        visitor.wait_until_ready()
    visitor.page.locator(".done").click()
    assert kept(visitor) == ["Donaldson P550"]
