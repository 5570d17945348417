# SPDX-License-Identifier: Apache-2.0
"""The line of a key is found however the TOML is laid out."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.tasks.lines import TomlFile

TEXT = '''\
# [no.table]
top = "a # no comment"  # a = 1
"quoted key" = 1
'lit.eral' = 2
a.b.c = 3
a . "d e" = 4

text = """
top = 9
[gate] \\""" not yet
"""
raw = \'\'\'
[labels]
x = 1\'\'\'
list = [
  1,  # one, ] two
  "]",
  { k = 5,
    },
  [ 6,
    7 ],
]

[gate]
margin = 1
inline = { x = 1, y.z = { w = "}" } }
[gate.deep]
q = 1
[[labels]]
name = "a"
  [labels.names]
  fr = "x"
[[labels]]

name = "b"
  [[labels.inner]]
  v = 1
  [[labels.inner]]
  v = 2
[ "sp aced" . x ]
"\\u0041" = 1
empty = []
none = {}
last = 1'''
TEXT = TEXT.replace("{ k = 5,\n    },", "{ k = 5 },\n")

PLACES = [
    (("top",), 2),
    (("quoted key",), 3),
    (("lit.eral",), 4),
    (("a", "b", "c"), 5),
    (("a", "d e"), 6),
    (("text",), 8),
    (("raw",), 12),
    (("list",), 15),
    (("list", 0), 16),
    (("list", 1), 17),
    (("list", 2, "k"), 18),
    (("list", 3, 1), 21),
    (("gate",), 24),
    (("gate", "margin"), 25),
    (("gate", "inline", "y", "z", "w"), 26),
    (("gate", "deep", "q"), 28),
    (("labels",), 29),
    (("labels", 0), 29),
    (("labels", 0, "name"), 30),
    (("labels", 0, "names", "fr"), 32),
    (("labels", 1), 33),
    (("labels", 1, "name"), 35),
    (("labels", 1, "inner", 1, "v"), 39),
    (("sp aced", "x", "A"), 41),
    (("sp aced", "x", "last"), 44),
    (("labels", 1, "unknown"), 33),
    (("labels", 9, "name"), 29),
]


@pytest.mark.parametrize(("path", "line"), PLACES, ids=str)
def test_a_key_is_found_on_its_line(path, line):
    tomllib.loads(TEXT)
    assert TomlFile(name="f", text=TEXT).where(*path) == f"f:{line}"
    crlf = TEXT.replace("\n", "\r\n")
    assert TomlFile(name="f", text=crlf).where(*path) == f"f:{line}"


def test_what_is_nowhere_is_in_the_file():
    assert TomlFile(name="f", text=TEXT).where("zzz") == "f"
    assert TomlFile(name="f", text="").where("zzz", 1) == "f"
    assert TomlFile(name="f", text=TEXT).where("", "top") == "f:2"


strings = st.text("ab\"'#[]{}=,\n\\. ", max_size=8).map(
    lambda text: (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    )
)
values = st.recursive(
    strings | st.sampled_from(["1", "-2.5e3", "true", "'#'", "1979-05-27T07:32:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda v: "[\n" + ",\n".join(v) + "]")
        | st.lists(inner, max_size=3).map(
            lambda v: "{" + ", ".join(f"k{n} = {x}" for n, x in enumerate(v)) + "}"
        )
    ),
    max_leaves=6,
)


@given(values=st.lists(values, min_size=1, max_size=6))
def test_a_value_of_any_shape_hides_no_key_behind_it(values):
    """A mark in a value never moves the next key."""
    lines, text = [], ""
    for number, value in enumerate(values):
        lines.append(text.count("\n") + 1)
        text += f"key{number} = {value}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # an inline table must stand on one line
    file = TomlFile(name="f", text=text)
    assert [file.where(f"key{n}") for n in range(len(values))] == [
        f"f:{line}" for line in lines
    ]
