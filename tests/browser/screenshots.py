# SPDX-License-Identifier: Apache-2.0
"""Take a picture of every page of the desk, in English and Arabic, on phone and desk.

Run: `make screenshots`
"""

import sys
import tempfile
from pathlib import Path

from tests.app.desk.builders import a_server
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
from maalem.app.desk.application import every_route
from maalem.app.desk.serving import steady_clock

TOUCH = {"is_mobile": True, "has_touch": True}
SIZES = {"desk": {"viewport": DESK}, "phone": {"viewport": PHONE, **TOUCH}}


def pages():
    """Give the paths of all pages that need no name, and the cards of each kind."""
    plain = [
        route.path
        for route in every_route()
        if route.is_page and route.method == "GET"
        if "{" not in route.path and not route.path.startswith("/sso")
    ]
    return [*sorted(set(plain)), *(f"/task/{task}" for task in TASKS)]


def speak(work, owner, language):
    """Let the owner read a language."""
    work.store.change(
        lambda tables: tables.execute(
            "UPDATE person SET language = ? WHERE id = ?", (language, owner.id)
        )
    )


def take(server, chromium, folder):
    """Take all pictures."""
    owner = server.member("owner")
    for language in ("en", "ar"):
        speak(server.work, owner, language)
        for size, options in SIZES.items():
            visitor = Visitor(chromium, server, owner, **options)
            for path in pages():
                visitor.page.goto(f"{server.url}{path}")
                visitor.page.wait_for_load_state("networkidle")
                name = path.strip("/").replace("/", "-") or "day"
                shot = folder / f"{name}-{language}-{size}.png"
                is_long = not path.startswith("/task/")
                visitor.page.screenshot(path=shot, full_page=is_long)
            visitor.context.close()


def main(folder: Path) -> None:
    """Take all pictures into a folder."""
    if CHROMIUM is None:
        sys.exit("there is no chromium here")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        project = a_cards_project(Path(home, "fleet"), count=8)
        with (
            loop.open_workspace(project) as work,
            a_server(work, clock=steady_clock()) as server,
            a_browser() as chromium,
        ):
            take(server, chromium, folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
