# SPDX-License-Identifier: Apache-2.0
"""The desk without a network, in a real browser: our own page, and nothing that waits
is lost or sent without a word."""

import dataclasses
import shutil
from contextlib import contextmanager

import pytest
import pytest_socket
from tests.app.desk.builders import a_server
from tests.browser.builders import PHONE, Visitor

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.records import Passage

pytestmark = pytest.mark.slow

HEADINGS = {
    "owner": "No connection to the desk",
    "curator": "Pas de connexion au bureau",
    "expert": "لا اتصال بالمكتب",
}
CACHES = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      const response = await cache.match(url);
      found.push([new URL(url).pathname, await response.text()]);
    }
  }
  return found;
}"""
EMPLOYED = """async () => {
  const heard = async () => (await caches.open("maalem:language")).match("/language");
  while (!navigator.serviceWorker.controller || !(await heard())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""
STORED = "() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"
VERSIONS = """async () =>
  (await caches.keys()).filter((one) => one !== "maalem:language").sort()"""
RENEWED = f"""async (old) => {{
  const versions = {VERSIONS};
  while (true) {{
    const now = await versions();
    if (now.length === 1 && now[0] !== old[0]) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }}
}}"""


def employ(visitor, path="/me"):
    """Open a page, and wait until the worker looks after it and knows its language."""
    visitor.page.goto(visitor.server.url + path)
    visitor.page.evaluate(EMPLOYED)


def heading(visitor):
    return visitor.page.locator("h1").text_content()


def lose_answers(visitor):
    """Let no answer reach the desk, as on a network that drops what it carries."""
    visitor.page.route("**/answers", lambda route: route.abort())


@pytest.mark.parametrize("role", HEADINGS)
def test_a_page_without_a_network_is_ours_and_speaks_the_readers_language(visit, role):
    visitor = visit(role, viewport=PHONE)
    employ(visitor)
    visitor.context.set_offline(True)
    visitor.page.goto(f"{visitor.server.url}/task/system")
    assert heading(visitor) == HEADINGS[role]
    direction = visitor.page.locator("html").get_attribute("dir")
    assert direction == ("rtl" if role == "expert" else "ltr")
    background = "getComputedStyle(document.querySelector('.notice')).backgroundColor"
    assert visitor.page.evaluate(background) == "rgb(224, 238, 236)"


def test_a_reload_without_a_network_tells_what_waits_and_comes_back(visit):
    visitor = visit()
    employ(visitor)
    visitor.go("system")
    visitor.context.set_offline(True)
    visitor.press("1", "2")
    visitor.page.locator("#notice-offline").wait_for(state="visible")
    visitor.page.reload()
    count = visitor.page.locator("[data-count]")
    assert "2 answers wait here; they will be sent." in count.text_content()
    assert visitor.answers("system") == []
    visitor.context.set_offline(False)
    visitor.page.wait_for_selector("#card:not([hidden])")
    visitor.saved(2)
    labels = [one.labels for one in visitor.answers("system")]
    assert labels == [("Engine",), ("Hydraulics",)]


def test_files_come_from_the_worker_and_not_from_the_desk(visit):
    visitor = visit()
    employ(visitor)
    visitor.go("system")
    files = visitor.page.evaluate(
        """performance.getEntriesByType("resource")
        .filter(({ name }) => name.includes("/static/"))
        .map(({ name, workerStart, transferSize }) => [name, workerStart > 0])"""
    )
    assert len(files) > 10
    assert [name for name, is_from_worker in files if not is_from_worker] == []


def test_after_signing_out_nothing_of_the_corpus_lies_in_the_browser(visit, server):
    visitor = visit("expert")
    employ(visitor)
    visitor.go("system")
    visitor.press("1", "o")
    visitor.page.locator("#document mark").first.wait_for()
    visitor.saved(1)
    texts = [one.text[:40] for one in server.work.store.find(Passage)]
    assert any(one in visitor.page.evaluate(STORED) for one in texts)  # cards to undo
    visitor.page.goto(f"{server.url}/me")
    visitor.page.locator('form[action="/sign-out"] button').click()
    visitor.page.wait_for_url("**/sign-in")
    script = visitor.page.request.get(f"{server.url}/worker.js").text()
    kept = visitor.page.evaluate(CACHES)
    assert [path for path, _ in kept if f'"{path}":' not in script] == ["/language"]
    everything = visitor.page.evaluate(STORED) + "".join(text for _, text in kept)
    assert visitor.member.name not in everything
    assert not any(one in everything for one in texts)


def test_who_is_not_signed_in_is_led_to_the_door_as_without_a_worker(visit, server):
    visitor = visit()
    employ(visitor)
    visitor.context.clear_cookies()
    visitor.page.goto(f"{server.url}/people")
    assert visitor.page.url == f"{server.url}/sign-in?next=/people"


def test_signing_out_in_one_tab_takes_the_cards_from_the_others(visit, server):
    visitor = visit()
    visitor.go("system")
    visitor.press("1")
    visitor.saved(1)
    other = visitor.context.new_page()
    other.goto(f"{server.url}/me")
    other.locator('form[action="/sign-out"] button').click()
    visitor.page.wait_for_url("**/sign-in")
    texts = [one.text[:40] for one in server.work.store.find(Passage)]
    stored = visitor.page.evaluate(STORED)
    assert not any(one in stored for one in texts)


def test_what_waits_is_told_and_sent_from_any_page(visit, server):
    visitor = visit()
    visitor.go("system")
    lose_answers(visitor)
    visitor.press("1", "2")
    visitor.page.goto(f"{server.url}/me")
    strip = visitor.page.locator("#waits")
    visitor.page.get_by_text("2 answers wait here; they will be sent.").wait_for()
    assert strip.get_attribute("aria-live") == "polite"
    visitor.page.unroute("**/answers")
    visitor.page.evaluate("dispatchEvent(new Event('online'))")
    visitor.page.get_by_text("All your answers are saved.").wait_for()
    labels = [one.labels for one in visitor.answers("system")]
    assert labels == [("Engine",), ("Hydraulics",)]


def test_nobody_signs_out_unaware_of_what_waits(visit, server):
    visitor = visit()
    visitor.go("system")
    lose_answers(visitor)
    visitor.press("1")
    page = visitor.page
    page.goto(f"{server.url}/me")
    leave = page.get_by_role("button", name="Sign out everywhere")
    leave.click()
    dialog = page.get_by_role("dialog")
    assert "1 answer waits here" in dialog.text_content()
    dialog.get_by_role("button", name="Stay signed in").click()
    assert page.url.endswith("/me")
    leave.click()
    dialog.get_by_role("button", name="Sign out all the same").click()
    page.wait_for_url("**/sign-in")
    page.unroute("**/answers")
    visitor.context.add_cookies([server.cookie(visitor.member)])
    page.goto(f"{server.url}/me")
    page.wait_for_function(
        "() => !Object.keys(localStorage).some(k => /answer/.test(k))"
    )
    assert [one.labels for one in visitor.answers("system")] == [("Engine",)]


def test_answers_that_were_not_taken_are_told_of_on_every_page(visit, server):
    visitor = visit()
    visitor.go("system")
    lose_answers(visitor)
    visitor.press("1")
    visitor.page.evaluate(
        """() => { for (const [name, text] of Object.entries(localStorage)) {
          if (!/:answer:/.test(name)) continue;
          const entry = JSON.parse(text);
          entry.body.labels = ["No such label"];
          localStorage.setItem(name, JSON.stringify(entry));
        } }"""
    )
    visitor.page.goto(f"{server.url}/me")
    visitor.page.unroute("**/answers")
    visitor.page.evaluate("dispatchEvent(new Event('online'))")
    visitor.page.get_by_role("link", name="1 answer was not taken: see why").click()
    visitor.page.locator("#notice-refused").wait_for(state="visible")


@contextmanager
def a_desk(folder, *, name="fleet", port=0):
    """Open a project and serve it, under a name that its pages show."""
    with loop.open_workspace(folder) as work:
        called = dataclasses.replace(work.project.project, name=name)
        project = dataclasses.replace(work.project, project=called)
        renamed = dataclasses.replace(work, project=project)
        with a_server(renamed, clock=steady_clock(), port=port) as live:
            yield live


@pytest.fixture
def folder(cards_folder, tmp_path):
    """A copy of the project with the cards, whose desk is not open yet."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    return shutil.copytree(cards_folder, tmp_path / "renewed")


def test_a_desk_that_is_renewed_takes_over_and_leaves_nothing_old(chromium, folder):
    with a_desk(folder) as before:
        visitor = Visitor(chromium, before, before.member("owner"))
        employ(visitor)
        old = visitor.page.evaluate(VERSIONS)
    visitor.page.goto(f"{before.url}/people")  # nobody answers
    assert heading(visitor) == HEADINGS["owner"]
    port = int(before.url.rpartition(":")[2])
    with a_desk(folder, name="renewed", port=port):
        visitor.page.get_by_role("heading", name="People", exact=True).wait_for()
        visitor.page.evaluate(RENEWED, old)
        visitor.context.set_offline(True)
        visitor.page.reload()
        assert visitor.page.locator(".project").text_content() == "renewed"
        visitor.context.close()
    assert visitor.faults == []
