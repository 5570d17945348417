# SPDX-License-Identifier: Apache-2.0
"""Keys of one's own: what may be a key, who has it, and where it shows."""

import json
import re
from html import unescape
from importlib import resources

import pytest

from maalem.app.desk import people_deeds
from maalem.app.desk.key_map import DEEDS, NAMED, choose_keys
from maalem.app.desk.my_keys import keys_of, set_keys

STATIC = resources.files("maalem.app.desk") / "static"


def why(key, deed="skip"):
    """Give why a key is refused; empty where it is taken."""
    (*faults,) = choose_keys({deed: key}).faults
    return faults[0].why if faults else ""


def kept(opened, role="expert"):
    return keys_of(opened.work.store, opened.member(role).id)


def save(client, **changed):
    named = {deed.replace("_", "-"): key for deed, key in changed.items()}
    return client.post("/me/keys", data={**DEEDS, **named})


def on_page(client):
    """Give the keys that the page of the cards brings for its scripts."""
    text = client.get("/task/system").text
    return json.loads(unescape(re.search(r"data-keys='([^']*)'", text)[1]))


def test_a_key_is_a_letter_or_one_of_a_few_named_keys():
    assert [why(key) for key in ("x", "X", " x ", "", "backspace", "Delete")] == [
        ""
    ] * 6
    assert choose_keys({"skip": "X", "keys": "؟"}).keys["skip"] == "x"
    assert choose_keys({"keys": "؟"}).keys["keys"] == "?"
    assert set(DEEDS.values()) <= {*"abcdefghijklmnopqrstuvwxyz", *NAMED}


@pytest.mark.parametrize("key", ["1", "0", "٣", "12"])
def test_a_digit_chooses_answers_and_does_nothing_else(key):
    assert why(key) == "digit"


@pytest.mark.parametrize(
    "key", ["Ctrl+s", "alt x", "Tab", "a+b", "Esc", "Shift", "Meta"]
)
def test_what_browsers_and_readers_need_is_nobodys_key(key):
    assert why(key) == "chord"


@pytest.mark.parametrize("key", ["ش", "é", "ж", "ｓ"])
def test_a_letter_of_another_script_is_refused_as_such(key):
    assert why(key) == "letter"


@pytest.mark.parametrize("key", ["<script>", "ab", "'", "\u202e", "s\x00", "F5", "🙂"])
def test_whatever_else_is_typed_is_no_key(key):
    assert why(key) == "unknown"


def test_no_two_deeds_have_the_same_key():
    (fault,) = choose_keys({"note": "s"}).faults
    assert (fault.deed, fault.why, fault.other) == ("note", "taken", "skip")
    assert choose_keys({"note": "s", "skip": "n"}).faults == ()
    assert choose_keys({"note": "", "skip": ""}).faults == ()


def test_each_deed_is_done_by_some_script():
    scripts = "\n".join(
        one.read_text("utf-8") for one in STATIC.iterdir() if one.name.endswith(".js")
    )
    done = {deed for deed in DEEDS if re.search(rf'"{deed}"|\b{deed}: \(\)', scripts)}
    assert done == set(DEEDS)


def test_whoever_chose_none_has_the_standard_keys(opened):
    assert kept(opened) == DEEDS
    assert on_page(opened.client("expert")) == DEEDS


def test_ones_own_keys_stand_on_the_page_in_its_help_and_in_its_buttons(opened):
    client = opened.client("expert")
    answer = save(client, skip="x", bad_question="", guideline="Delete")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/me?saved=keys#keys",
    )
    own = {**DEEDS, "skip": "x", "bad-question": "", "guideline": "Delete"}
    assert on_page(client) == own
    text = client.get("/task/system").text
    assert '<button type="button" data-deed="skip"' in text
    button = re.search(r'<button[^>]*data-deed="skip"[^>]*>.*?</button>', text)[0]
    assert "<kbd>x</kbd>" in button
    flag = re.search(r'<button[^>]*data-deed="bad-question"[^>]*>.*?</button>', text)[0]
    assert "<kbd>" not in flag
    assert "<dt><kbd>Delete</kbd></dt>" in text


def test_ones_own_keys_are_nobody_elses(opened):
    save(opened.client("expert"), skip="x")
    assert kept(opened, "curator") == DEEDS
    save(opened.client("curator"), skip="y")
    assert (kept(opened)["skip"], kept(opened, "curator")["skip"]) == ("x", "y")


def test_a_refused_key_is_named_with_the_way_out_and_nothing_is_saved(opened):
    client = opened.client("owner")
    answer = save(client, skip="1", note="u", document="<b>x", edit="z")
    assert answer.status_code == 422
    assert "<bdi>1</bdi> is a digit" in answer.text
    assert "is the key of “Undo, ten deep” already" in answer.text
    assert "&lt;b&gt;x" in answer.text
    assert "<b>x" not in answer.text
    assert 'name="edit" value="z"' in answer.text  # what was typed stays to be mended
    assert kept(opened, "owner") == DEEDS


def test_the_standard_keys_come_back(opened):
    client = opened.client("expert")
    save(client, skip="x")
    client.post("/me/keys", data={**DEEDS, "skip": "1", "standard": "yes"})
    assert kept(opened) == DEEDS


def test_what_is_no_key_any_more_gives_the_standard_keys(opened):
    person = opened.member("expert").id
    set_keys(opened.work.store, person, {**DEEDS, "skip": "<img src=x>"})
    assert kept(opened) == DEEDS


def test_keys_go_with_a_person_who_is_erased(opened):
    person = opened.member("expert").id
    set_keys(opened.work.store, person, {**DEEDS, "skip": "x"})
    people_deeds.erase(opened.work.store, person, by="test")
    assert keys_of(opened.work.store, person) == DEEDS


def test_who_answers_no_cards_has_no_keys_to_choose(opened):
    client = opened.client("auditor")
    assert 'id="keys"' not in client.get("/me").text
    assert save(client, skip="x").status_code == 403
