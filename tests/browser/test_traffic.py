# SPDX-License-Identifier: Apache-2.0
"""The page of live traffic in a browser: it renews itself, and works without script."""

import shutil

import pytest
import pytest_socket
from tests.app.desk.builders import a_server
from tests.app.desk.traffic import a_request, write
from tests.browser import whole
from tests.browser.builders import NARROW, PHONE
from tests.browser.test_accessibility import SMALL, violations

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.app.desk.speech import LANGUAGES
from maalem.app.steps.routing import state_of

pytestmark = pytest.mark.slow

PAGE = "/traffic/system"
HASTE = """(() => {
  const wait = window.setTimeout;
  window.setTimeout = (deed, milliseconds) => wait(deed, Math.min(milliseconds, 50));
})()"""
"""Lets a page wait no longer than a twentieth of a second for anything."""


@pytest.fixture(scope="session")
def traffic_folder(tmp_path_factory):
    """A project after the whole loop, with a month of traffic; never change it."""
    return whole.a_whole_project(tmp_path_factory.mktemp("traffic"))


@pytest.fixture
def server(traffic_folder, tmp_path):
    """The desk of a copy of that project, live."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    folder = shutil.copytree(traffic_folder, tmp_path / "fleet")
    with (
        loop.open_workspace(folder) as work,
        a_server(work, clock=steady_clock()) as live,
    ):
        yield live


def ask_once_more(server):
    """Let one more request come."""
    write(server.work.folder, [a_request(at=steady_clock()() - 1)])


def requests(page):
    return page.locator("#volume + dl dd").first.text_content()


def hasty(visitor):
    visitor.page.add_init_script(HASTE)
    visitor.page.goto(visitor.server.url + PAGE)
    return visitor.page


def test_the_numbers_renew_themselves_and_what_was_opened_stays_open(visit, server):
    page = hasty(visit("owner"))
    before = requests(page)
    page.get_by_text("The numbers of the picture").press("Enter")
    ask_once_more(server)
    page.wait_for_function(
        "before => document.querySelector('#volume + dl dd').textContent !== before",
        arg=before,
    )
    assert int(requests(page)) == int(before) + 1
    assert page.locator("#volume-numbers").get_attribute("open") is not None
    assert page.evaluate("document.activeElement.id") == "volume-summary"


def test_a_reader_can_hold_the_numbers(visit, server):
    page = hasty(visit("owner"))
    hold = page.get_by_role("button", name="Pause the updates")
    hold.press("Enter")
    assert hold.get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(300)
    before = requests(page)
    ask_once_more(server)
    page.wait_for_timeout(500)
    assert requests(page) == before


def test_a_desk_that_does_not_answer_is_said_and_the_numbers_stay(visit, server):
    visitor = visit("owner")
    page = hasty(visitor)
    before = requests(page)
    page.route("**/traffic/system", lambda route: route.abort())
    page.get_by_text("These numbers are the last that came").wait_for()
    assert requests(page) == before
    page.unroute("**/traffic/system")
    page.get_by_text("These numbers are the last that came").wait_for(state="hidden")


def test_the_first_page_says_how_to_ask_and_axe_finds_nothing(visit, server):
    shutil.rmtree(server.work.folder / "gateway")
    visitor = visit("owner")
    visitor.page.goto(server.url + PAGE)
    assert visitor.page.get_by_text("Nobody has asked it yet").is_visible()
    assert visitor.page.get_by_text("curl http://127.0.0.1").is_visible()
    assert violations(visitor.page) == {}


def test_an_owner_decides_by_keyboard_without_a_script(visit, server):
    page = visit("owner", java_script_enabled=False).page
    page.goto(server.url + PAGE)
    page.get_by_text("Roll back: end the canary").press("Enter")
    page.locator("#why-back").fill("it errs more")
    page.get_by_role("button", name="Roll back now").press("Enter")
    page.get_by_text("it errs more").wait_for()
    assert state_of(server.work, "system").canary == ""
    page.get_by_text("Try another release on a share").press("Enter")
    page.get_by_label("Share in percent").fill("20")
    page.locator("#why-canary").fill("once more")
    page.get_by_role("button", name="Let it answer this share").press("Enter")
    page.get_by_text("Promote system-1").press("Enter")
    page.locator("#why-promote").fill("it was right more often")
    page.get_by_label("Write system-1 to confirm").fill("system-1")
    page.get_by_role("button", name="Let it answer everybody").press("Enter")
    page.get_by_text("it was right more often").wait_for()
    state = state_of(server.work, "system")
    assert (state.champion, state.previous) == ("system-1", "system-2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_that_opens_passes_axe_and_fits_a_phone(visit, server, language):
    whole.read(server.work, server.member("owner"), language)
    visitor = visit("owner", viewport=PHONE, has_touch=True, is_mobile=True)
    page = visitor.page
    page.goto(server.url + PAGE)
    for fold in page.locator("details.fold > summary").all():
        fold.press("Enter")
    assert violations(page) == {}
    assert page.evaluate(SMALL, 24) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_the_picture_is_told_to_who_does_not_see_it(visit, server):
    page = visit("owner").page
    page.goto(server.url + PAGE)
    picture = page.get_by_role("img", name="Requests over time")
    assert picture.count() == 1
    page.get_by_text("The numbers of the picture").press("Enter")
    assert page.locator("#volume-table tbody tr").count() == 24
