# SPDX-License-Identifier: Apache-2.0
"""What `[upstreams]` may say, and that it reads back as it was written."""

import pytest

from maalem.app.project import parse_project, show_project
from maalem.errors import SettingsError
from maalem.tasks.lines import TomlFile

SERVED = """
[[upstreams.served]]
name = "vllm"
url = "http://127.0.0.1:8001/v1"
models = { small = "Qwen/Qwen3-4B" }
"""
VENDOR = """
[[upstreams.served]]
name = "mistral"
url = "https://api.mistral.example/v1"
models = { large = "mistral-large" }
key_variable = "MISTRAL_KEY"
"""


def parsed(text):
    return parse_project(TomlFile(name="maalem.toml", text=text))


def test_what_was_read_is_written_and_reads_back_the_same():
    text = f"[upstreams]\nmay_leave = ['system']\n{SERVED}{VENDOR}"
    project = parsed(text)
    vllm, mistral = project.upstreams.served
    assert vllm.models == (("small", "Qwen/Qwen3-4B"),)
    assert (vllm.is_outside, mistral.is_outside) == (False, True)
    assert parsed(show_project(project)) == project


def test_a_server_outside_the_house_needs_the_owners_word():
    with pytest.raises(SettingsError, match="nothing may leave") as told:
        parsed(VENDOR)
    assert told.value.code == "upstreams.consent"
    parsed(f"[upstreams]\ncallers_may_send = true\n{VENDOR}")
    parsed(f"{VENDOR}leaves_house = false")


def test_a_server_on_this_machine_may_be_said_to_lead_outside():
    with pytest.raises(SettingsError, match="nothing may leave"):
        parsed(f"{SERVED}leaves_house = true")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a/v1", "http://", "http://user:key@a/v1",
        "http://@a/v1", "http://a/v1?key=1", "http://a/v1#x", "http://a:0/v1", "//a/v1",
        "http://a\\@b/v1", "http://a b/v1", "http://a:99999/v1", "http://é/v1",
    ],
)  # fmt: skip
def test_an_address_is_one_server_and_holds_no_secret(url):
    with pytest.raises(SettingsError, match="url must be an address"):
        parsed(SERVED.replace("http://127.0.0.1:8001/v1", url.replace("\\", "\\\\")))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('key = "sk-secret"', "key"),
        ("retries = 9", "retries"),
        ("connect_seconds = 0.0", "connect_seconds"),
        ('operations = ["speak"]', "operations"),
        ('key_file = "a"\nkey_variable = "B"', "key_file"),
        ('key_variable = "A B"', "key_variable"),
        ("most_connections = 0", "most_connections"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_line(line, key):
    with pytest.raises(SettingsError, match=rf"maalem.toml:[0-9]+: .*{key}"):
        parsed(f"{SERVED}{line}")


def test_a_model_or_a_server_that_is_named_twice_is_refused():
    with pytest.raises(SettingsError, match="'vllm' twice"):
        parsed(SERVED + SERVED)
    with pytest.raises(SettingsError, match="'small' twice"):
        parsed(SERVED + SERVED.replace('"vllm"', '"other"'))
