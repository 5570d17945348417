# SPDX-License-Identifier: Apache-2.0
"""How the values of a dossier are said in a language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from maalem.records import Estimate, from_json
from maalem.release.dossier.fields import Part
from maalem.release.page import short
from maalem.release.wording import Wording

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class Saying:
    """Says parts of facts with the words of one language."""

    words: Wording

    def name(self, part: Part) -> Markup:
        """Say what a value is of; a name that is not ours stays as it is."""
        name = part.name.removeprefix("@")
        if name == part.name:
            return Markup('<span dir="auto">{}</span>').format(name)
        name = name.replace("-", "_")
        for key in (f"name_{name}", name):
            if self.words.known(key):
                return self.words.say(key)
        return self.words.say("as_it_is", name=name.rpartition("_")[2])

    def value(self, part: Part) -> Markup:
        """Say a value."""
        return _SHAPES[part.shape](self.words, part.value)


def _estimate(words: Wording, value: Any) -> Markup:  # noqa: ANN401  # an estimate's JSON
    estimate = from_json(Estimate, value)
    if estimate.value is None:
        return words.say("page_open", reason=words.tell(estimate.reason))
    return words.say(
        "page_estimate",
        value=words.percent(estimate.value),
        range=words.range(estimate),
        count=words.number(estimate.count),
    )


def _measure(words: Wording, value: Any) -> Markup:  # noqa: ANN401  # an estimate's JSON
    estimate = from_json(Estimate, value)
    if estimate.value is None:
        return words.say("page_open", reason=words.tell(estimate.reason))
    if estimate.low is None or estimate.high is None:
        return words.decimal(estimate.value)
    return words.say(
        "page_measure",
        value=words.decimal(estimate.value),
        low=words.decimal(estimate.low),
        high=words.decimal(estimate.high),
    )


def _power(words: Wording, value: Any) -> Markup:  # noqa: ANN401  # a number
    """Say a great or a small number by a power of ten, as 3.1 × 10¹⁴."""
    digits, power = f"{float(value):.1e}".split("e")
    shown = digits.replace(".", words.strings["decimal"])
    raised = str(int(power)).translate(_SUPERSCRIPTS)
    return Markup('<bdi dir="ltr">{} × 10{}</bdi>').format(shown, raised)


def _number(words: Wording, value: Any) -> Markup:  # noqa: ANN401  # a number
    return (
        _power(words, value)
        if 0.0 < abs(value) < 0.001
        else words.decimal(float(value))
    )


def _text(words: Wording, value: Any) -> Markup:  # noqa: ANN401  # a text
    return Markup('<span dir="auto">{}</span>').format(
        words.say("as_it_is", name=value)
    )


_SHAPES: Mapping[str, Callable[[Wording, Any], Markup]] = {
    "text": _text,
    "sentence": lambda words, value: words.tell(value),
    "term": lambda words, value: words.say(f"term_{value}"),
    "digest": lambda _, value: short(value),
    "moment": lambda words, value: words.moment(value),
    "count": lambda words, value: words.number(value),
    "share": lambda words, value: words.percent(value),
    "number": _number,
    "operations": lambda words, value: words.say(
        "page_flop", value=_power(words, value)
    ),
    "bytes": lambda words, value: words.size(value),
    "seconds": lambda words, value: words.duration(value),
    "estimate": _estimate,
    "measure": _measure,
}
