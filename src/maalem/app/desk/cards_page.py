# SPDX-License-Identifier: Apache-2.0
"""The page on which experts answer cards; the cards come to it through the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from fastapi import Request, Response

from maalem.app.desk.desk import desk_of, person_of
from maalem.app.desk.frame import page
from maalem.app.desk.guideline_changes import reading_of
from maalem.app.desk.my_keys import keys_of
from maalem.app.desk.prose import to_html
from maalem.app.desk.routes import RouteTable
from maalem.tasks import TaskDefinition

TABLE = RouteTable()

MANY = 9
"""Labels that the digits of a keyboard reach; with more there is a search field."""
_FOLDED = 24  # labels from which the branches of a tree begin closed
_KINDS: Mapping[str, str] = MappingProxyType(
    {"choose-several": "choose", "correct": "write"}
)
"""Answers that are given with the templates of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A label as the page shows it, with the labels below it.

    Attributes:
        name: What stands in the data.
        shown: What it is called in the reader's language.
        description: When it applies.
        examples: Inputs that it fits.
        path: What the labels above it are called, for the search.
        below: Its cases; a label with cases is no answer itself.
    """

    name: str
    shown: str
    description: str
    examples: tuple[str, ...]
    path: str
    below: tuple["Branch", ...]


@TABLE.page("GET", "/task/{task}", permission="answer")
def show_cards(request: Request, task: str) -> Response:
    """Show the page of a task's cards."""
    desk, person = desk_of(request), person_of(request)
    definition = desk.work.task(task)
    tree = branches(definition, person.language)
    return page(
        request,
        "card.html",
        task=definition,
        title=definition.title_in(person.language),
        kind=_KINDS.get(definition.answer, definition.answer),
        owner=f"{desk.work.project.project.name}:{person.id}",
        guideline=to_html(definition.guideline_in(person.language)),
        version=definition.version,
        reading=reading_of(
            desk.work.store, person.id, definition, language=person.language
        ),
        tree=tree,
        has_search=len(definition.label_names) > MANY or any(one.below for one in tree),
        is_folded=len(definition.label_names) >= _FOLDED,
        criteria=definition.criteria,
        keys=dict(keys_of(desk.work.store, person.id)),
        own_reasons=[(reason, reason) for reason in definition.reasons],
        options=range(len(definition.option_fields)),
        modules=_modules(),
    )


def branches(task: TaskDefinition, language: str) -> tuple[Branch, ...]:
    """Give the labels of a task as a tree, in their order."""

    def below(parent: str | None, path: str) -> tuple[Branch, ...]:
        return tuple(
            Branch(
                name=label.name,
                shown=label.name_in(language),
                description=label.description,
                examples=label.examples,
                path=f"{path} {label.name_in(language)}".strip(),
                below=below(label.name, f"{path} {label.name_in(language)}".strip()),
            )
            for label in task.labels
            if label.parent == parent
        )

    return below(None, "")


def _modules() -> list[str]:
    """Name the scripts, so that the browser asks for all of them at once."""
    folder = resources.files("maalem.app.desk") / "static"
    return sorted(one.name for one in folder.iterdir() if one.name.endswith(".js"))
