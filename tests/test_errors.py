# SPDX-License-Identifier: Apache-2.0
"""Failures that a person can act on, and the one boundary to foreign code."""

import re
from pathlib import Path

import pytest

from maalem import errors
from maalem.errors import (
    DataError,
    EngineError,
    IntegrityError,
    MaalemError,
    boundary,
)

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
CLASSES = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, MaalemError)
]
EXIT_CODES = {
    "MaalemError": 1,
    "UsageError": 2,
    "SettingsError": 2,
    "DataError": 2,
    "LeakageError": 2,
    "UnsafeWeightsError": 2,
    "GateError": 3,
    "EvidenceError": 4,
    "IntegrityError": 5,
    "BusyError": 6,
    "EngineError": 1,
    "MissingPartError": 1,
    "SealError": 1,
}


def name(one):
    return one.__name__


def sections():
    """Give each code of the reference with its text."""
    parts = re.split(r"^#{2,4} (.*)$", PAGE, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {head.strip("`"): text.strip() for head, text in pairs if head[0] == "`"}


@pytest.mark.parametrize("one", CLASSES, ids=name)
def test_exit_codes_never_change(one):
    assert one.exit_code == EXIT_CODES[one.__name__]


@pytest.mark.parametrize("one", CLASSES, ids=name)
def test_the_family_is_flat(one):
    assert one is MaalemError or one.__bases__ == (MaalemError,)


@pytest.mark.parametrize("one", CLASSES, ids=name)
def test_an_error_has_its_class_code_unless_another_is_given(one):
    assert one("what").code == one.default_code
    assert one("what", code="corpus.csv").code == "corpus.csv"
    assert str(one("what", why="why", hint="hint")) == "what"


def test_no_two_classes_share_a_code():
    codes = [one.default_code for one in CLASSES]
    assert len(set(codes)) == len(codes)


def test_the_boundary_gives_foreign_failures_one_form():
    with (
        pytest.raises(EngineError) as caught,
        boundary(EngineError, "load the checkpoint", hint="train again"),
    ):
        raise ValueError("bad magic")
    error = caught.value
    assert error.message == "could not load the checkpoint"
    assert (error.why, error.hint) == ("bad magic", "train again")
    assert isinstance(error.__cause__, ValueError)


def test_a_failure_without_words_is_named_by_its_class():
    with pytest.raises(DataError) as caught, boundary(DataError, "read it"):
        raise RuntimeError
    assert caught.value.why == "RuntimeError"


def test_our_own_failures_pass_the_boundary_as_they_are():
    own = IntegrityError("what", code="store.blob")
    with pytest.raises(IntegrityError) as caught, boundary(DataError, "read it"):
        raise own
    assert caught.value is own


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_who_wants_to_stop_is_not_held_up(stop):
    with pytest.raises(stop), boundary(DataError, "read it"):
        raise stop


def test_what_does_not_fail_passes():
    with boundary(DataError, "read it"):
        value = 1
    assert value == 1


@pytest.mark.parametrize(("code", "text"), sections().items())
def test_the_reference_says_when_and_the_way_out(code, text):
    """Two sentences or a little more; a semicolon is no sentence of its own."""
    sentences = re.findall(r"[.!?](?:\s|$)", text)
    assert len(sentences) >= 2, code
    assert len(text) < 400, code
    assert max(map(len, text.splitlines())) <= 100, code


def test_the_reference_names_every_exit_code():
    for exit_code in {0, 130, *EXIT_CODES.values()}:
        assert f"| {exit_code} |" in PAGE


@pytest.mark.parametrize("family", ["weights", "corpus", "experts"])
def test_codes_that_are_put_together_are_in_the_reference_too(family):
    """`weights.pickle` is made of two parts, and a search for it finds its heading."""
    source = {
        "weights": r'"(pickle|code|kind|remote-code|foreign-class|changed|missing-file'
        r"|extra-file|huge-header|truncated|header|duplicate-key|overflow|hole|overlap"
        r'|trailing|not-finite|shape)"',
        "experts": r'"experts\.([a-z-]+)"',
        "corpus": r'"corpus\.(archive-\w+|name-collision|[a-z-]+) ?',
    }[family]
    folder = ROOT / "src" / "maalem" / {"weights": "models"}.get(family, family)
    found = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(source, path.read_text("utf-8"))
    }
    assert found
    assert {code for code in found if f"{family}.{code}" not in sections()} == set()
