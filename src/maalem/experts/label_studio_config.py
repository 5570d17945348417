# SPDX-License-Identifier: Apache-2.0
"""The labelling configuration that Label Studio needs to ask what a task asks."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from maalem.experts.kept import OPTION
from maalem.experts.label_studio_parts import RATING
from maalem.experts.label_studio_results import is_tree
from maalem.experts.said import MARK, SIDES
from maalem.tasks import TaskDefinition


def label_studio_config(task: TaskDefinition) -> str:
    """Write the configuration as XML; paste it under Settings, Labeling Interface."""
    lines = ["<View>", f"  <Header value={quoteattr(task.title)}/>"]
    if task.question_field:
        lines.append('  <Header value="$question" size="5"/>')
    lines.append('  <Text name="text" value="$text"/>')
    lines += [f"  {line}" for line in _CONTROLS[task.answer](task)]
    return "\n".join([*lines, "</View>", ""])


def _choices(task: TaskDefinition) -> Iterator[str]:
    is_several = task.answer == "choose-several"
    if is_tree(task):
        most = "" if is_several else ' maxUsages="1"'
        yield f'<Taxonomy name="label" toName="text" leafsOnly="true"{most}>'
        yield from _branches(task, None, depth=1)
        yield "</Taxonomy>"
        return
    how = "multiple" if is_several else "single-radio"
    yield f'<Choices name="label" toName="text" choice="{how}">'
    for label in task.labels:
        yield f"  <Choice value={quoteattr(label.name)}/>"
    yield "</Choices>"


def _branches(task: TaskDefinition, above: str | None, *, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for label in (one for one in task.labels if one.parent == above):
        inner = [*_branches(task, label.name, depth=depth + 1)]
        end = ">" if inner else "/>"
        yield f"{indent}<Choice value={quoteattr(label.name)}{end}"
        yield from inner
        if inner:
            yield f"{indent}</Choice>"


def _sides(_: TaskDefinition) -> Iterator[str]:
    first, second = f"{OPTION}1", f"{OPTION}2"
    yield f'<Pairwise name="side" toName="{first},{second}"/>'
    for name in (first, second):
        yield f'<Text name="{name}" value="${name}"/>'
    yield f'<Choices name="tie" toName="{first}" choice="single-radio">'
    for side in SIDES[2:]:
        yield f'  <Choice value="{side}"/>'
    yield "</Choices>"


def _marks(_: TaskDefinition) -> Iterator[str]:
    yield '<Labels name="marks" toName="text">'
    yield f'  <Label value="{MARK}"/>'
    yield "</Labels>"


def _ratings(task: TaskDefinition) -> Iterator[str]:
    for number, one in enumerate(task.criteria, 1):
        name = f'name="{RATING}{number}" toName="text"'
        yield f"<Header value={quoteattr(one.name)}/>"
        if one.lowest:
            yield f'<Rating {name} maxRating="{one.highest}"/>'
        else:  # a rating of stars has no zero
            yield f'<Number {name} min="0" max="{one.highest}" step="1"/>'


def _ranking(_: TaskDefinition) -> Iterator[str]:
    yield '<List name="options" value="$options"/>'
    yield '<Ranker name="rank" toName="options"/>'


def _text(task: TaskDefinition) -> Iterator[str]:
    start = ' value="$draft"' if task.answer == "correct" else ""
    how = 'editable="true" maxSubmissions="1"'
    yield f'<TextArea name="answer" toName="text"{start} {how}/>'


_CONTROLS: Mapping[str, Callable[[TaskDefinition], Iterator[str]]] = MappingProxyType(
    {
        "choose": _choices,
        "choose-several": _choices,
        "compare": _sides,
        "mark": _marks,
        "rate": _ratings,
        "rank": _ranking,
        "correct": _text,
        "write": _text,
    }
)
