# SPDX-License-Identifier: Apache-2.0
"""A project's upstreams: whose key is read from where, and what is called how."""

import time

import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.upstream.builders import an_upstream

from maalem.app import loop
from maalem.app.gateway.opening import open_gateway
from maalem.app.steps.upstream_keys import key_of
from maalem.errors import SettingsError

SERVED = """
[[upstreams.served]]
name = "near"
url = "http://127.0.0.1:9/v1"
"""


def opened(folder, text):
    path = folder / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{text}", "utf-8")
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=time.time)
        gateway.close()
    return gateway


def test_a_gateway_asks_the_upstreams_that_the_settings_name(project):
    gateway = opened(project, f'{SERVED}models = {{ small = "there" }}')
    assert gateway.relay.models == ("small",)
    assert gateway.relay.serves("small", "chat")
    assert not gateway.relay.serves("small", "embed")
    assert not gateway.relay.serves("there", "chat")


def test_a_gateway_without_upstreams_asks_none(project):
    assert opened(project, "").relay is None


def test_a_model_there_is_not_called_as_a_task_is(copied):
    with pytest.raises(SettingsError, match="'system', as a task is") as told:
        opened(copied, f'{SERVED}models = {{ system = "there" }}')
    assert told.value.code == "upstreams.name"


def test_a_key_comes_from_a_file_that_nobody_else_may_read(tmp_path):
    path = tmp_path / "near.key"
    upstream = an_upstream(9, key_file="near.key")
    with pytest.raises(SettingsError, match="there is no key"):
        key_of(upstream, tmp_path)
    path.write_text("sk-1\n", "ascii")
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="mode 0644"):
        key_of(upstream, tmp_path)
    path.chmod(0o600)
    assert key_of(upstream, tmp_path) == "sk-1"
    path.write_text("\n", "ascii")
    with pytest.raises(SettingsError, match="there is no key"):
        key_of(upstream, tmp_path)


def test_a_key_comes_from_a_variable_that_is_set(tmp_path, monkeypatch):
    upstream = an_upstream(9, key_variable="NEAR_KEY")
    with pytest.raises(SettingsError) as told:
        key_of(upstream, tmp_path)
    assert told.value.code == "upstreams.key"
    monkeypatch.setenv("NEAR_KEY", "sk-2")
    assert key_of(upstream, tmp_path) == "sk-2"
    assert key_of(an_upstream(9), tmp_path) == ""


def test_a_key_that_holds_a_line_end_is_none(project, monkeypatch):
    monkeypatch.setenv("NEAR_KEY", "sk-2\r\nhost: evil")
    line = 'models = { small = "there" }\nkey_variable = "NEAR_KEY"'
    with pytest.raises(SettingsError, match="is no key") as told:
        opened(project, f"{SERVED}{line}")
    assert "evil" not in str(told.value)
