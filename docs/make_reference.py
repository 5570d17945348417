# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference from the code itself; `--check` tells whether it is current.

The pages of commands, settings, metrics and kinds are generated whole. The page of
errors is written by hand, because a way out needs a person; a test sees to it that it
names every code.
"""

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click

from maalem.app.desk.api_description import PATH, description_of
from maalem.app.desk.application import closed
from maalem.app.main import COMMANDS, cli
from maalem.app.project import leaves
from maalem.evaluation import METRICS
from maalem.serving.upstream.settings import Upstream
from maalem.tasks import Gate, LabelDefinition, TaskDefinition
from maalem.tasks.asking import Asking
from maalem.tasks.labels import Criterion

WEBHOOKS = """
## Webhooks

`maalem webhooks add URL --event annotation --event dispute`, while the desk is closed, has it
tell an address of what happens, in a POST. Notices name records and give counts, never a text,
a label or a person. `x-maalem-signature` is `t=TIME,v1=MARK`: MARK is the HMAC-SHA256, in
hexadecimal, of the time, a dot and the body, by the secret that `add` showed; refuse what bears
another mark, or a time minutes ago. Answer 2xx within five seconds; a redirect is not followed.
What is not taken is sent again after 2 s, 10 s, 1 min and 10 min, under the same `id`, and then
given up. At most 1,000 notices wait for an address, in memory alone: notices of answers and
disputes that wait when the desk closes are lost, and the API or the ledger tells what was missed.

Datasets, trainings and releases are made on the command line, while the desk is closed: whoever
asked for these events is told when it next opens, of all that was done since the webhook was added
and of nothing before. The ledger keeps which notices were taken (`webhook.told`); those that were
not, or were given up, come again when the desk next opens, under the same `id`. A machine that
dies in the instant between the two may send one twice: keep the `id`s that you have seen.

An address that is not public, as written or as its host is looked up for each notice, is refused
unless it was added with `--allow-private`, which the ledger records.

"""
HERE = Path(__file__).parent / "reference"
SOURCE = Path(__file__).parents[1] / "src" / "maalem"
ARCHITECTURE = Path(__file__).parents[1] / "ARCHITECTURE.md"
FILES = (
    "<!-- files: written by docs/make_reference.py from each module's first line -->"
)
FLOW = (
    *("errors", "translation", "records", "store", "sealing", "corpus", "tasks"),
    *("experts", "dataset", "models", "training", "evaluation", "release", "app"),
)
END = "<!-- end of files -->"
GENERATED = "<!-- Written by docs/make_reference.py; run `make docs`. -->\n\n"


def commands() -> str:
    """Give the page of commands, from click."""
    context = click.Context(cli, info_name="maalem")
    parts = [GENERATED, "# Commands\n\n"]
    parts.append(
        "Standard output is data, standard error is talk; `--json` prints one object "
        "with a `schema`. Exit codes: 0 done, 1 failed, 2 usage, settings or refused "
        "data, 3 the gate refused, 4 not enough judgements yet, 5 integrity, 6 busy, "
        "130 interrupted.\n\n"
    )
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is None:
            sys.exit(f"there is no command {name}")
        inner = click.Context(command, info_name=f"maalem {name}")
        parts.append(f"## maalem {name}\n\n```text\n{command.get_help(inner)}\n```\n\n")
        for sub_name, sub in sorted(getattr(command, "commands", {}).items()):
            deeper = click.Context(sub, info_name=f"maalem {name} {sub_name}")
            parts.append(
                f"### maalem {name} {sub_name}\n\n```text\n{sub.get_help(deeper)}\n```\n\n"
            )
    return "".join(parts).rstrip() + "\n"


def settings() -> str:
    """Give the page of settings, from the dataclasses and their docstrings."""
    parts = [GENERATED, "# Settings\n\n"]
    parts.append("Every key of `maalem.toml`, with its default.\n\n")
    for table, leaf in leaves().items():
        parts.append(f"## [{table}]\n\n{_table(leaf)}\n")
    parts.append(f"## [[upstreams.served]]\n\n{_table(Upstream)}\n")
    parts.append("# Task definitions\n\nEvery key of `tasks/NAME.toml`.\n\n")
    parts.append(f"## Top level\n\n{_table(TaskDefinition)}\n")
    parts.append(f"## [[labels]]\n\n{_table(LabelDefinition)}\n")
    parts.append(f"## [[criteria]]\n\n{_table(Criterion)}\n")
    parts.append(f"## [gate]\n\n{_table(Gate)}\n")
    parts.append(f"## [asking]\n\n{_table(Asking)}\n")
    return "".join(parts).rstrip() + "\n"


def _table(leaf: type) -> str:
    meanings = dict(_attributes(leaf.__doc__ or ""))
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(leaf):
        default = "required"
        if field.default is not dataclasses.MISSING:
            default = f"`{field.default!r}`"
        elif field.default_factory is not dataclasses.MISSING:
            default = f"`{field.default_factory()!r}`"
        meaning = meanings.get(field.name, "")
        if not meaning:
            sys.exit(f"{leaf.__name__}.{field.name} has no line under Attributes")
        rows.append(f"| `{field.name}` | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _attributes(doc: str) -> Iterator[tuple[str, str]]:
    """Give name and meaning of what a Google docstring lists under Attributes."""
    block = doc.partition("Attributes:")[2]
    for match in re.finditer(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", block, re.MULTILINE):
        yield match[1], " ".join(match[2].split()).replace("|", "\\|")


def measures() -> str:
    """Give the page of metrics, gates, kinds and engines."""
    parts = [GENERATED, "# Metrics, gates, kinds, engines\n\n## Metrics\n\n"]
    parts += [
        f"- `{name}`: {metric.description}\n"
        for name, metric in sorted(METRICS.items())
    ]
    parts.append(
        "\n## Gates\n\nA gate compares the candidate with one other model.\n\n"
    )
    parts.append(_table(Gate))
    parts.append(
        "\nIts verdict is `ship`, `don't ship` or `not enough evidence`; the last names "
        "how many more judged items would settle it, and the expert hours they cost.\n"
    )
    for group, title in (("maalem.kinds", "Kinds"), ("maalem.engines", "Engines")):
        parts.append(f"\n## {title}\n\n")
        for point in sorted(entry_points(group=group), key=lambda p: p.name):
            loaded = point.load()
            first = (loaded.__doc__ or "").strip().splitlines()[0]
            parts.append(f"- `{point.name}`: {first}\n")
    return "".join(parts).rstrip() + "\n"


def api() -> str:
    """Give the page of the HTTP API, from its own description."""
    said = description_of(closed(), cookie="maalem-LEDGER")
    parts = [GENERATED, "# HTTP API\n\n"]
    parts.append(
        f"{said['info']['description']} The desk gives all of this as OpenAPI "
        f"{said['openapi']} at `{PATH}`, to whoever has signed in or sends a key.\n\n"
        "Who calls says so in one of two ways: a browser by the session's cookie, and "
        "with whatever is no GET the session's token as `x-csrf-token`; a program by "
        "`authorization: Bearer KEY`, with a key that an owner has made on the page of "
        "people, whose scopes are the permissions `answer` and `read`. Every refusal is "
        '`{"error": {"code", "message", "hint"}}`; [Errors](errors.md) names the ways '
        "out.\n\n"
        "| method and path | permission | takes | gives | for |\n|---|---|---|---|---|\n"
    )
    parts += [f"{row}\n" for row in _operations(said["paths"])]
    parts.append(WEBHOOKS)
    for name, told in said["webhooks"].items():
        form = _body(told["post"]["requestBody"]["content"])
        parts.append(f"- `{name}`: {form}\n")
    for name, form in sorted(said["components"]["schemas"].items()):
        parts.append(f"\n## {name}\n\n{form.get('description', '')}\n\n")
        parts.append("| field | type | meaning |\n|---|---|---|\n")
        for field, schema in form["properties"].items():
            meaning = schema.get("description", "")
            if field not in form.get("required", ()):
                meaning = f"{meaning} May be left out.".strip()
            parts.append(f"| `{field}` | {_type(schema)} | {meaning} |\n")
    return "".join(parts).rstrip() + "\n"


def _operations(paths: dict) -> Iterator[str]:
    for path, methods in sorted(paths.items()):
        for method, said in sorted(methods.items()):
            takes = said.get("requestBody", {}).get("content", {})
            gives = said["responses"]["200"].get("content", {})
            what = said["description"].partition("\n")[0]
            yield (
                f"| {method.upper()} `{path}` | `{said['x-permission']}` | {_body(takes)} "
                f"| {_body(gives)} | {what} |"
            )


def _body(content: dict) -> str:
    return _type(content.get("application/json", {}).get("schema", {}))


def _type(schema: dict) -> str:
    """Say the type of a schema in a few words, with links to the forms."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{_type(schema['additionalProperties'])} by name"
    return str(schema.get("format") or schema.get("type", ""))


def every_file() -> str:
    """Give ARCHITECTURE.md with one phrase a file, from the modules' first lines."""
    page = ARCHITECTURE.read_text(encoding="utf-8")
    head, _, rest = page.partition(FILES)
    tail = rest.partition(END)[2]
    rows = []
    for path in sorted(SOURCE.rglob("*.py"), key=_place):
        name = path.relative_to(SOURCE)
        first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split(
            "\n"
        )
        phrase = " ".join(first).partition(". ")[0].rstrip(".")
        if path.name == "__init__.py":
            title = name.parent if name.parent.name else "maalem"
            rows.append(f"\n### {title}\n\n{phrase}.\n")
        else:
            rows.append(f"- `{name}`: {phrase}.")
    listed = "\n".join(rows)
    return f"{head}{FILES}\n{listed}\n\n{END}{tail}"


def _place(path: Path) -> tuple[int, str, bool, str]:
    """Sort files in the order in which data flows, a package's first line first."""
    name = path.relative_to(SOURCE)
    package = name.parts[0] if len(name.parts) > 1 else name.stem
    place = FLOW.index(package) if package in FLOW else -1
    return place, str(name.parent), path.name != "__init__.py", path.name


PAGES = {
    HERE / "commands.md": commands,
    HERE / "settings.md": settings,
    HERE / "measures.md": measures,
    HERE / "api.md": api,
    ARCHITECTURE: every_file,
}


def main() -> None:
    """Write the pages, or tell which are out of date."""
    stale = []
    for path, page in PAGES.items():
        text = page()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.exit(f"{', '.join(stale)} out of date; run `make docs`")


if __name__ == "__main__":
    main()
