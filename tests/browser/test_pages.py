# SPDX-License-Identifier: Apache-2.0
"""Every page but the cards, in a browser: readable on a phone, and without script."""

import shutil

import pytest
import pytest_socket
from tests.app.builders import a_project, a_table, answers
from tests.app.desk.builders import TASK, a_person, a_server
from tests.app.desk.pages import an_answer
from tests.browser.builders import DESK, NARROW, PHONE
from tests.browser.test_accessibility import violations

from maalem.app import loop
from maalem.app.desk import people
from maalem.app.desk.people import PERSON_ROLES
from maalem.app.desk.serving import steady_clock
from maalem.app.steps.runs import dataset_folder
from maalem.dataset.browsing import Choice, browse
from maalem.records import Adjudication, Document, Item

pytestmark = pytest.mark.slow

PATHS = {
    "day": "/",
    "resolve-list": "/resolve",
    "resolve": "/resolve/system",
    "tasks": "/tasks",
    "task": "/tasks/system",
    "task-new": "/tasks/new",
    "team": "/team",
    "corpus": "/corpus",
    "corpus-search": "/corpus?q=pompe",
    "corpus-nothing": "/corpus?q=xyzzy",
    "document": "/corpus/{document}",
    "datasets": "/datasets",
    "dataset": "/datasets/{dataset}",
    "dataset-rows": "/datasets/{dataset}/rows?split=exam",
    "dataset-row": "/datasets/{dataset}/rows/{row}",
    "dataset-changes": "/datasets/{dataset}/changes",
    "runs": "/runs",
    "releases": "/releases",
    "release": "/releases/system-2",
    "release-items": "/releases/system-2/items?against=majority&won=yes",
    "trace": "/trace",
    "traced": "/trace?what=system-2",
    "traced-nothing": "/trace?what=system-9",
    "missing": "/releases/system-9",
}


def differing(work):
    """Two people who differ on every third item."""
    first, second = people.everyone(work.store)[:2]
    for number, item in enumerate(work.store.find(Item, "system")):
        other = "Electrical" if number % 3 == 0 else "Engine"
        yield an_answer(item, first.id, seconds=4.0, note="the engine is named")
        yield an_answer(item, second.id, labels=(other,), seconds=6.5)


@pytest.fixture(scope="session")
def pages_folder(tmp_path_factory):
    """A project after the whole loop, with people who differ; never change it."""
    home = tmp_path_factory.mktemp("pages")
    folder = a_project(home / "fleet")
    gate = "\n[gate]\nmargin = 0.2\nmin_groups = 5\n"
    (folder / "tasks" / "system.toml").write_text(TASK + gate, encoding="utf-8")
    with loop.open_workspace(folder) as work:
        loop.add(work, [a_table(home / "reports.csv")])
        loop.ask(work, "system")
        loop.collect(work, "system", answers(home / "answers.jsonl"))
        dataset = loop.freeze(work, "system", drop_leaks=True)
        for _ in range(2):  # the second release makes a learning curve
            loop.release(work, loop.examine(work, loop.train(work, dataset)))
        for role in PERSON_ROLES:
            a_person(work, role)
        work.store.append("annotation.import", list(differing(work)))
        loop.freeze(work, "system", drop_leaks=True)  # a version with changes
    return folder


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


def paths(work):
    """Give each page's address, those that its reader may not see left in."""
    dataset = loop.latest_dataset(work, "system")
    row = browse(dataset_folder(work, dataset), Choice(), skip=0, count=1)[0]
    named = {
        "document": next(work.store.find(Document)).id,
        "dataset": dataset.id,
        "row": row.item,
    }
    return {name: path.format(**named) for name, path in PATHS.items()}


def an_owner(server, language):
    """Let the owner read a language."""
    member = server.member("owner")

    def read(tables):
        query = "UPDATE person SET language = ? WHERE id = ?"
        tables.execute(query, (language, member.id))

    server.work.store.change(read)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_on_any_page(visit, server, language, viewport, scheme):
    an_owner(server, language)
    visitor = visit("owner", viewport=viewport, color_scheme=scheme)
    found = {}
    for name, path in paths(server.work).items():
        visitor.page.goto(server.url + path)
        found[name] = violations(visitor.page)
    assert {name: one for name, one in found.items() if one} == {}


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_narrow_page_scrolls_one_way_only(visit, server, language):
    an_owner(server, language)
    visitor = visit("owner", viewport=NARROW)
    wide = {}
    for name, path in paths(server.work).items():
        visitor.page.goto(server.url + path)
        wide[name] = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert {name: one for name, one in wide.items() if one > NARROW["width"]} == {}


def test_every_page_speaks_the_reader_s_language(visit, server):
    an_owner(server, "ar")
    visitor = visit("owner")
    for path in paths(server.work).values():
        visitor.page.goto(server.url + path)
        root = visitor.page.locator("html")
        assert root.get_attribute("lang") == "ar"
        assert root.get_attribute("dir") == "rtl"


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
    page.get_by_label("Why?").fill("the report names the engine")
    page.get_by_role("button", name="Settle and go on").click()
    page.get_by_role("status").wait_for()
    assert "One" in page.get_by_role("status").inner_text()
    assert server.work.store.count(Adjudication, "system") == 1


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
