# SPDX-License-Identifier: Apache-2.0
"""What the quick gear has learned is shown on a card as likely, taken by one key, and
kept from whoever must answer blind."""

import re

import pytest
import pytest_socket
from tests.app.desk.builders import a_desk_project, a_server
from tests.app.desk.deals import Room, set_asking
from tests.app.desk.test_gear import answer_some

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.app.steps.settled import exam_items
from maalem.records import Item

pytestmark = pytest.mark.slow

CARDS = 9


@pytest.fixture
def server(tmp_path):
    """A live desk whose quick gear, with the small encoder, was taught ten answers."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    folder = a_desk_project(tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        set_asking(work, blind_share=0.4, random_share=0.2)
        with a_server(work, clock=steady_clock()) as live:
            teacher = Room(work, clock=live.guard.desk.clock)
            teacher.dealers = live.dealers
            answer_some(teacher, "expert:teacher", 10)
            teacher.dealer.deck.teaching.settle()
            yield live
            live.dealers.close()


def answer_as_likely(visitor):
    """Take by Enter what is likely, else choose the first label; give the likely."""
    page = visitor.page
    likely = page.locator("[data-label]:has(.likely:visible)")
    if likely.count() == 0:
        visitor.press("Enter")  # there is nothing to take
        assert page.locator("#hint").text_content()
        visitor.press("1")
        return None
    (label,) = [one.get_attribute("data-label") for one in likely.all()]
    told = likely.locator(".likely").text_content()
    assert re.fullmatch(r"likely, \u2068\d+%\u2069", told)
    visitor.press("Enter")
    return label


def test_what_is_likely_is_taken_by_enter_and_blind_cards_show_nothing(visit, server):
    visitor = visit()
    visitor.go("system")
    likely = [answer_as_likely(visitor) for _ in range(CARDS)]
    visitor.saved(CARDS)
    answers = visitor.answers("system")
    assert [one.suggestion_shown for one in answers] == [bool(one) for one in likely]
    assert [one.labels[0] for one in answers] == [one or "Engine" for one in likely]
    assert 0 < sum(one.suggestion_shown for one in answers) < CARDS
    exam = exam_items(server.work, [*server.work.store.find(Item, "system")])
    examined = [one for one in answers if one.item in exam]
    assert not any(one.suggestion_shown for one in examined)
