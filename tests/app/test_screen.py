# SPDX-License-Identifier: Apache-2.0
"""Data to standard output, talk to standard error; nothing in a text is markup."""

import json

import pytest

from maalem.app.screen import Screen, printable, silent
from maalem.errors import DataError

NASTY = [
    "[bold]b[/bold]",
    "closed [/b] before it was open",
    "half a pair \udcff",
    "\u202eright to left",
    "عربي",
    "a\nb",
]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_is_shown_as_it_is(capsys, text):
    lines = printable(text).splitlines()
    Screen().say(text)
    assert capsys.readouterr().err.splitlines() == lines
    Screen().show(text)
    assert capsys.readouterr().out.splitlines() == lines
    Screen().table(text, ("what", "it is"), [(text, 1.0)])
    shown = capsys.readouterr().out
    assert all(shown.count(line) >= 2 for line in lines)


def test_a_title_wider_than_its_table_stays_on_one_line(capsys):
    title = "a title that is " + "long " * 30 + "enough"
    Screen().table(title, ("", ""), [("one", 1)])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == title
    assert len(shown) == 4  # no line for names that are not there


@pytest.mark.parametrize("text", NASTY)
def test_a_result_is_one_line_of_json_that_comes_back(capsys, text):
    screen = Screen(as_json=True)
    screen.show("nothing")
    screen.table("", ("nothing",), [("nothing",)])
    screen.result("example", {"text": text})
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"schema": "maalem.example/1", "text": text}
    line.encode("utf-8")


@pytest.mark.parametrize("text", NASTY)
def test_a_failure_takes_a_line_for_what_why_and_way_out(capsys, text):
    Screen().failure(DataError(text, why="why", hint="do this", code="data.json"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"error[data.json]: {printable(text)}\n  why\n  try: do this\n"


def test_what_is_empty_takes_no_line(capsys):
    Screen().failure(DataError("what"))
    assert capsys.readouterr().err == "error[data]: what\n"


def test_a_failure_after_the_result_adds_no_second_object(capsys):
    screen = Screen(as_json=True)
    screen.result("example", {})
    screen.failure(DataError("what"))
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err.startswith("error[data]")


def test_people_get_no_json(capsys):
    Screen().result("example", {"a": 1})
    assert capsys.readouterr().out == ""


def test_a_missing_value_is_said(capsys):
    Screen().table("", ("what", "it is"), [("seconds", None)])
    assert "not recorded" in capsys.readouterr().out


def test_progress_without_a_terminal_is_a_line_a_stage(capsys):
    with Screen().progress() as tell:
        for done in range(100):
            tell("read", done, 100)
        tell("link", 1, 0)
    assert capsys.readouterr().err == "  read 0/100\n  link\n"


def test_quiet_is_quiet(capsys):
    screen = Screen(quiet=True)
    screen.say("talk")
    with screen.progress() as tell:
        tell("read", 1, 2)
    assert tell is silent
    assert capsys.readouterr() == ("", "")
