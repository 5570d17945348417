# SPDX-License-Identifier: Apache-2.0
"""Take a picture of every page of the desk, in every language, on phone and desk.

Run: `make screenshots`
"""

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.app.desk.builders import a_server
from tests.browser import whole
from tests.browser.builders import (
    CHROMIUM,
    DESK,
    PHONE,
    TASKS,
    Visitor,
    a_browser,
    a_cards_project,
)

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.app.desk.speech import LANGUAGES

TOUCH = {"is_mobile": True, "has_touch": True}
SIZES = {"desk": {"viewport": DESK}, "phone": {"viewport": PHONE, **TOUCH}}


@contextmanager
def a_desk(folder):
    """Serve a project."""
    with (
        loop.open_workspace(folder) as work,
        a_server(work, clock=steady_clock()) as server,
    ):
        yield server
        server.dealers.close()


def visitors(server, chromium):
    """Give the owner in each language and size, with the end of a picture's name."""
    owner = server.member("owner")
    for language in LANGUAGES:
        whole.read(server.work, owner, language)
        for size, options in SIZES.items():
            visitor = Visitor(chromium, server, owner, **options)
            yield visitor, language, f"{language}-{size}.png"
            visitor.context.close()


def take_pages(server, chromium, folder):
    """Take the pages, as they are whole."""
    for visitor, language, end in visitors(server, chromium):
        for name, page in whole.walk(visitor, language):
            page.screenshot(path=folder / f"{name}-{end}", full_page=True)
        whole.forget(visitor, language)
        for name, page in whole.walk_outside(visitor, language):
            page.screenshot(path=folder / f"{name}-{end}", full_page=True)


def take_cards(server, chromium, folder):
    """Take the cards of each kind, as they fit on the screen."""
    for visitor, _, end in visitors(server, chromium):
        for task in TASKS:
            visitor.go(task)
            visitor.page.screenshot(path=folder / f"card-{task}-{end}")


def main(folder: Path) -> None:
    """Take all pictures into a folder."""
    if CHROMIUM is None:
        sys.exit("there is no chromium here")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, a_browser() as chromium:
        with a_desk(whole.a_whole_project(Path(home))) as server:
            take_pages(server, chromium, folder)
        with a_desk(a_cards_project(Path(home, "cards"), count=8)) as server:
            take_cards(server, chromium, folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
