# SPDX-License-Identifier: Apache-2.0
"""Every page but the cards, in a browser: readable on a phone, and without script."""

import shutil
from itertools import chain

import pytest
import pytest_socket
from tests.app.desk.builders import a_server
from tests.browser import whole
from tests.browser.builders import DESK, NARROW, PHONE
from tests.browser.test_accessibility import violations

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.app.desk.speech import LANGUAGES
from maalem.app.steps.runs import dataset_folder
from maalem.records import Adjudication

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def pages_folder(tmp_path_factory):
    """A project after the whole loop, with people who differ; never change it."""
    return whole.a_whole_project(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def server(pages_folder, tmp_path):
    """The desk of a copy of that project, live."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    folder = shutil.copytree(pages_folder, tmp_path / "fleet")
    with (
        loop.open_workspace(folder) as work,
        a_server(work, clock=steady_clock()) as live,
    ):
        yield live


@pytest.fixture
def reader(visit, server):
    """Let the owner come, reading a language."""

    def come(language, **options):
        whole.read(server.work, server.member("owner"), language)
        return visit("owner", **options)

    return come


@pytest.fixture
def stranger(visit):
    """Let somebody come whom the desk does not know, reading a language."""

    def come(language, **options):
        visitor = visit("owner", **options)
        whole.forget(visitor, language)
        return visitor

    return come


def found_wide(pages):
    """Give the pages that are wider than the narrow screen, each with its width."""
    wide = {
        name: page.evaluate("document.documentElement.scrollWidth")
        for name, page in pages
    }
    return {name: one for name, one in wide.items() if one > NARROW["width"]}


LOOKS = {
    "phone": {"viewport": PHONE, "color_scheme": "light"},
    "desk": {"viewport": DESK, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(reader, language, look):
    pages = whole.walk(reader(language, **LOOKS[look]), language)
    found = {name: violations(page) for name, page in pages}
    assert {name: one for name, one in found.items() if one} == {}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page_of_a_stranger(stranger, language, look):
    pages = whole.walk_outside(stranger(language, **LOOKS[look]), language)
    found = {name: violations(page) for name, page in pages}
    assert {name: one for name, one in found.items() if one} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrow_page_scrolls_one_way_only(reader, stranger, language):
    assert found_wide(whole.walk(reader(language, viewport=NARROW), language)) == {}
    outside = whole.walk_outside(stranger(language, viewport=NARROW), language)
    assert found_wide(outside) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_reader_s_language(reader, stranger, language):
    direction = "rtl" if language == "ar" else "ltr"
    inside = whole.walk(reader(language), language)
    outside = whole.walk_outside(stranger(language), language)
    for name, page in chain(inside, outside):
        root = page.locator("html")
        told = (root.get_attribute("lang"), root.get_attribute("dir"))
        assert (name, *told) == (name, language, direction)


@pytest.mark.parametrize("viewport", [NARROW, DESK], ids=["phone", "desk"])
def test_the_menu_opens_by_keyboard_without_a_script(visit, viewport):
    visitor = visit("owner", viewport=viewport, java_script_enabled=False)
    page = visitor.page
    page.goto(visitor.server.url)
    if viewport is NARROW:
        page.get_by_text("Menu", exact=True).press("Enter")
    page.get_by_role("link", name="Disagreements").press("Enter")
    page.wait_for_url("**/resolve")


def test_a_disagreement_is_settled_without_a_script(visit, server):
    page = visit("owner", java_script_enabled=False).page
    page.goto(f"{server.url}/resolve/system")
    assert page.get_by_text("Curator One").count() == 0
    page.get_by_role("radio").first.check()
    page.get_by_label("Why?").fill("the report names the engine of this machine")
    page.get_by_role("button", name="Settle and go on").click()
    page.get_by_role("status").wait_for()
    assert "One" in page.get_by_role("status").inner_text()
    last = [*server.work.store.find(Adjudication, "system")][-1]
    assert last.reason == "the report names the engine of this machine"


def test_an_owner_changes_a_guideline_without_a_script(visit, server):
    page = visit("owner", java_script_enabled=False).page
    page.goto(f"{server.url}/tasks/system")
    page.get_by_label("Guideline", exact=True).fill("Choose **one**.\n\n- the cause")
    page.get_by_role("button", name="Preview", exact=True).click()
    assert page.locator(".preview strong").first.inner_text() == "one"
    page.get_by_label("What changed?").fill("the cause counts")
    page.get_by_role("button", name="Save this version").click()
    page.get_by_role("status").wait_for()
    saved = server.work.task("system")
    assert saved.guideline == "Choose **one**.\n\n- the cause"
    assert saved.guideline_in("ar") == "اختر النظام الذي يجب **إصلاحه**."


def test_a_task_saved_as_it_is_shown_stays_the_same(visit, server):
    before = server.work.task("system")
    page = visit("owner", java_script_enabled=False).page
    page.goto(f"{server.url}/tasks/system")
    page.get_by_role("button", name="Save this version").click()
    page.get_by_role("status").wait_for()
    assert server.work.task("system") == before


def test_a_badge_is_downloaded_past_the_worker(visit, server):
    page = visit("owner").page
    page.goto(f"{server.url}/me")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    with page.expect_download() as badge:
        page.get_by_role("link", name="Download the badge").first.click()
    assert badge.value.suggested_filename.startswith("badge-system-")


def test_a_releases_page_has_no_origin_and_runs_nothing(visit, server):
    page = visit("owner").page
    page.goto(f"{server.url}/releases/system-1/page")
    assert page.evaluate("window.origin") == "null"
    assert page.locator("h1").count() == 1


def test_who_taught_a_row_is_found_from_the_dataset_by_keyboard(visit, server):
    page = visit("owner", java_script_enabled=False).page
    dataset = loop.latest_dataset(server.work, "system")
    page.goto(f"{server.url}/datasets/{dataset.id}")
    page.get_by_role("link", name="Look at the rows").press("Enter")
    page.get_by_label("Label").select_option("Electrical")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**label=Electrical**")
    page.locator("ul.rows a").first.press("Enter")
    page.get_by_role("heading", name="Who taught this row").wait_for()
    assert page.get_by_role("row").filter(has_text="amina").count() == 1
    page.get_by_role("link", name="reports.csv").press("Enter")
    page.wait_for_url("**/corpus/**")


def test_a_file_of_a_dataset_is_downloaded_whole(visit, server):
    page = visit("owner").page
    dataset = loop.latest_dataset(server.work, "system")
    page.goto(f"{server.url}/datasets/{dataset.id}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="teaching.parquet").click()
    given = waiting.value.path().read_bytes()
    kept = dataset_folder(server.work, dataset) / "teaching.parquet"
    assert given == kept.read_bytes()
