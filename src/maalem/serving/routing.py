# SPDX-License-Identifier: Apache-2.0
"""Which door answers a path."""

from collections.abc import Iterator

from maalem.serving.calls import Door

_HOME = ("/v1/", "/models/")  # whatever begins so is the gateway's, door or none


class Doors:
    """The paths of the gateway; a template has one part that may be any text."""

    def __init__(self) -> None:
        self._exact: dict[str, Door] = {}
        self._templates: list[tuple[str, str, Door]] = []

    def __iter__(self) -> Iterator[Door]:
        """Give all doors."""
        yield from self._exact.values()
        yield from (door for _, _, door in self._templates)

    def add(self, door: Door) -> None:
        """Let a door answer its path."""
        before, brace, rest = door.path.partition("{")
        if not brace:
            self._exact[door.path] = door
            return
        self._templates.append((before, rest.partition("}")[2], door))
        self._templates.sort(key=lambda one: -len(one[0]) - len(one[1]))

    def find(self, path: str) -> tuple[Door | None, str]:
        """Give the door of a path, if any, and what stands in its template."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ""
        for before, after, door in self._templates:
            if path.startswith(before) and path.endswith(after):
                variable = path[len(before) : len(path) - len(after)]
                if variable and not variable.startswith("/"):
                    return door, variable
        return None, ""

    def own(self, path: str) -> bool:
        """Tell whether a path is the gateway's; others are the desk's."""
        return path in self._exact or path.startswith(_HOME)
