# SPDX-License-Identifier: Apache-2.0
"""Why a task cannot be taken, said to its author beside the field."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from markupsafe import Markup

from maalem.app.desk.speech import Speech, speech_in
from maalem.errors import MaalemError


def _changed(speech: Speech) -> Markup:
    return speech.say(
        "Somebody changed this task meanwhile, and nothing was saved. Load it again "
        "and make your change there; what you wrote is still below."
    )


def _name(speech: Speech) -> Markup:
    return speech.say(
        "Write 1 to 200 visible characters, without spaces around them. The short name "
        "has letters, digits, hyphens and dots only."
    )


def _labels(speech: Speech) -> Markup:
    return speech.say(
        "There must be two labels or more, no two that look alike in any language, and "
        "what stands above a label must be another label."
    )


def _value(speech: Speech) -> Markup:
    return speech.say("This is missing, or outside what is allowed.")


_SAID: Mapping[str, Callable[[Speech], Markup]] = MappingProxyType(
    {"task.changed": _changed, "task.name": _name, "task.labels": _labels}
)


def why_refused(error: MaalemError, language: str) -> Markup:
    """Say why, in the author's language, with the exact finding after it."""
    speech = speech_in(language)
    told = _SAID.get(error.code, _value)(speech)
    if error.code == "task.changed":
        return told
    exact = Markup(' <span class="small">({})</span>')
    return told + exact.format(speech.tell(error.message))
