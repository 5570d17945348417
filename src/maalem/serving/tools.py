# SPDX-License-Identifier: Apache-2.0
"""What an assistant may do with the models: see which there are, and ask one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maalem.records import Json
from maalem.serving.answering import judged, provenance_of, scores_of
from maalem.serving.application import Gateway
from maalem.serving.asking import LONGEST, texts_of
from maalem.serving.calls import Call
from maalem.serving.classifying import answers_of, decisions_of
from maalem.serving.refusals import RequestError, refused_field

CLASSIFY, LIST_TASKS = "classify", "list_tasks"
_PROVENANCE: dict[str, Json] = {
    "release": {"type": "string", "description": "Digest of the release."},
    "number": {"type": "integer", "description": "Number of the release."},
    "model": {"type": "string", "description": "Digest of the model."},
    "threshold": {
        "type": ["number", "null"],
        "description": "Lowest probability that the exam's guarantee covers.",
    },
    "parity": {
        "type": "string",
        "description": "proven: it answers here as it did when it was examined.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One thing that an assistant may do.

    Attributes:
        name: Its name.
        description: What it is for, said to the assistant.
        takes: JSON Schema of its arguments.
        gives: JSON Schema of its result.
    """

    name: str
    description: str
    takes: dict[str, Json]
    gives: dict[str, Json]


def tools_of(gateway: Gateway, call: Call) -> tuple[Tool, ...]:
    """Give the tools; they name the tasks that whoever calls may ask for."""
    return (_listing(), _classifying([*gateway.models.open_to(call)]))


async def use(
    gateway: Gateway, name: str, arguments: Mapping[str, Any], *, call: Call
) -> dict[str, Json]:
    """Use a tool.

    Args:
        gateway: Whose models are asked.
        name: Name of the tool.
        arguments: What it takes.
        call: The request; what is learned of it is written into it.

    Raises:
        RequestError: There is no such tool, or it is refused.
    """
    wanted = {LIST_TASKS: set[str](), CLASSIFY: {"task", "text"}}.get(name)
    if wanted is None:
        raise RequestError("there is no such tool", status=404, code="gateway.tool")
    if set(arguments) != wanted:
        raise refused_field("arguments", " and ".join(sorted(wanted)) or "none")
    if name == LIST_TASKS:
        return _listed(gateway, call)
    return await _classified(gateway, arguments, call=call)


def _listed(gateway: Gateway, call: Call) -> dict[str, Json]:
    served = gateway.models.open_to(call)
    tasks: list[Json] = [
        {"task": task, "title": one.opened.title, **provenance_of(one)}
        for task, one in served.items()
    ]
    return {"tasks": tasks}


async def _classified(
    gateway: Gateway, arguments: Mapping[str, Any], *, call: Call
) -> dict[str, Json]:
    task = arguments["task"]
    if not isinstance(task, str) or not task:
        raise refused_field("task", "the name of a task")
    texts = texts_of([arguments["text"]], "text")
    served = gateway.models.choose(task, call)
    call.spend(1)
    (given,) = await answers_of(gateway.batcher, served, texts)
    call.decisions = decisions_of(texts, [given])
    scores = scores_of(given.scores)
    return {**judged(given), "scores": scores, "task": task, **provenance_of(served)}


def _listing() -> Tool:
    parts: dict[str, Json] = {
        "task": {"type": "string", "description": "Name to call it by."},
        "title": {"type": "string", "description": "What people call it."},
        **_PROVENANCE,
    }
    tasks: dict[str, Json] = {"type": "array", "items": _object(parts)}
    return Tool(
        name=LIST_TASKS,
        description="List the tasks that experts of this organisation taught a model "
        "to do, each with the release that does it.",
        takes=_object({}),
        gives=_object({"tasks": tasks}),
    )


def _classifying(tasks: list[str]) -> Tool:
    names: list[Json] = [*tasks]
    # A schema whose list of values is empty is not valid.
    listed: dict[str, Json] = {"enum": names} if names else {}
    return Tool(
        name=CLASSIFY,
        description="Classify one text by the model that experts taught a task. Give "
        "the text as it stands, without instructions. Where needs_expert is true, "
        "nothing guarantees the label: say so, and let a person decide.",
        takes=_object(
            {
                "task": {"type": "string", **listed},
                "text": {"type": "string", "maxLength": LONGEST},
            }
        ),
        gives=_object(
            {
                "task": {"type": "string"},
                "label": {"type": "string"},
                "probability": {"type": "number"},
                "needs_expert": {"type": "boolean"},
                "reason": {
                    "type": "string",
                    "description": "Why a person must decide.",
                },
                "scores": {
                    "type": "object",
                    "description": "Probability of each label.",
                },
                **_PROVENANCE,
            }
        ),
    )


def _object(parts: dict[str, Json]) -> dict[str, Json]:
    required: list[Json] = [*parts]
    return {
        "type": "object",
        "properties": parts,
        "required": required,
        "additionalProperties": False,
    }
