# SPDX-License-Identifier: Apache-2.0
"""The first sentence of a report: it begins with what speaks against the model."""

from collections.abc import Iterator, Sequence

from maalem.records import Comparison, Estimate

_NAMES = {
    "majority": "always giving the most frequent label",
    "tfidf": "TF-IDF with logistic regression",
    "zero-shot": "zero-shot by label names",
    "nearest": "the nearest neighbour",
    "incumbent": "the model in force",
}
_ORDER = ("tfidf", "incumbent", "nearest", "zero-shot", "majority")


def headline(
    accuracy: Estimate, comparisons: Sequence[Comparison], *, seeds: int, look: int
) -> str:
    """Say how good the model is, and before that who is better or hard to tell apart.

    Args:
        accuracy: The candidate's, on all examples.
        comparisons: All of the report; only those on slice `all` are used.
        seeds: Training seeds of the candidate; with one, their spread is unknown.
        look: How many looks at this exam there have been, this one included.
    """
    whole = sorted((c for c in comparisons if c.slice == "all"), key=_rank)
    better = [c for c in whole if _is_below(c.difference)]
    unsure = [c for c in whole if _is_open(c.difference)]
    beaten = [c for c in whole if _is_above(c.difference)]
    sentences = [_sentence(c, "is better than the candidate") for c in better]
    sentences += [_sentence(c, _doubt(c)) for c in unsure]
    sentences.append(_own(accuracy))
    if beaten:
        closest = min(beaten, key=lambda c: c.difference.value or 0.0)
        names = ", ".join(map(_name, beaten))
        names += f"; the closest is {_name(closest)}" if len(beaten) > 1 else ""
        sentences.append(f"It is better than {names} ({points(closest.difference)}).")
    if not whole:
        sentences.append("It was compared with no other model.")
    return " ".join((*sentences, *_caveats(seeds, look)))


def _rank(comparison: Comparison) -> tuple[int, str]:
    known = comparison.other in _ORDER
    place = _ORDER.index(comparison.other) if known else len(_ORDER)
    return place, comparison.other


def _name(comparison: Comparison) -> str:
    return _NAMES.get(comparison.other, comparison.other)


def _is_below(difference: Estimate) -> bool:
    """Tell whether the other is better; without an interval a worse value is enough."""
    if difference.high is None:
        return difference.value is not None and difference.value < 0.0
    return difference.high < 0.0


def _is_above(difference: Estimate) -> bool:
    return difference.low is not None and difference.low > 0.0


def _is_open(difference: Estimate) -> bool:
    return not _is_below(difference) and not _is_above(difference)


def _doubt(comparison: Comparison) -> str:
    if comparison.difference.low is None:
        return "cannot be told from the candidate with so few groups"
    return "is not distinguishable from the candidate"


def _sentence(comparison: Comparison, says: str) -> str:
    name = _name(comparison)
    if comparison.other in _NAMES:  # what an owner called a model stays as it is
        name = f"{name[0].upper()}{name[1:]}"
    return (
        f"{name} {says} (candidate minus other in accuracy: "
        f"{points(comparison.difference)}; right alone on {comparison.better} against "
        f"{comparison.worse} examples)."
    )


def _own(accuracy: Estimate) -> str:
    """Give accuracy with its interval, or why there is none."""
    value = "not known" if accuracy.value is None else f"{accuracy.value:.1%}"
    if accuracy.low is None or accuracy.high is None:
        interval = accuracy.reason
    else:
        interval = f"{accuracy.level:.0%} interval {accuracy.low:.1%} to "
        interval += f"{accuracy.high:.1%}"
    return (
        f"The candidate answers {value} of {accuracy.count} examples in "
        f"{accuracy.groups} groups correctly ({interval})."
    )


def _caveats(seeds: int, look: int) -> Iterator[str]:
    """Say what no interval of the report accounts for."""
    if seeds == 1:
        yield "One seed was trained, so how much seeds differ is in no interval."
    if look > 1:
        yield f"This is look {look} at this exam, which is in no interval either."


def points(difference: Estimate) -> str:
    """Give a difference in percentage points."""
    value = 100 * (difference.value or 0.0)
    if difference.low is None or difference.high is None:
        return f"{value:+.1f} points, {difference.reason}"
    low, high = 100 * difference.low, 100 * difference.high
    return f"{value:+.1f} points, from {low:+.1f} to {high:+.1f}"
