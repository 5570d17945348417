# SPDX-License-Identifier: Apache-2.0
"""Assistants are an extra: whoever does without the package has all the rest."""

import subprocess
import sys

from maalem.app import loop
from maalem.app.desk.serving import steady_clock
from maalem.app.gateway.opening import open_gateway


def paths_of(folder):
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=steady_clock())
        gateway.close()
        return {door.path for door in gateway.doors}


def test_without_the_package_every_other_door_is_open(project, monkeypatch):
    everything = paths_of(project)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert everything - paths_of(project) == {"/mcp"}
    assert {"/v1/chat/completions", "/v1/embeddings", "/v2/rerank"} <= everything


def test_without_the_package_the_command_says_how_to_get_it(
    maalem, project, monkeypatch
):
    monkeypatch.setitem(sys.modules, "mcp", None)
    told = maalem("-C", project, "mcp")
    assert told.code == 1
    assert "pip install 'maalem[mcp]'" in told.err


def test_the_package_is_not_loaded_before_an_assistant_asks(project):
    program = f"""
import sys
from pathlib import Path
from maalem.app import loop
from maalem.app.gateway.opening import open_gateway
with loop.open_workspace(Path({str(project)!r})) as work:
    open_gateway(work, clock=lambda: 0.0).close()
heavy = {{"mcp", "torch", "transformers", "openvino"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_assistant_may_ask_while_the_desk_is_open(copied):
    line = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    program = "from maalem.app.main import main; main()"
    with loop.open_workspace(copied):
        told = subprocess.run(
            [sys.executable, "-c", program, "-C", str(copied), "mcp"],
            check=False,
            input=line,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert told.returncode == 0, told.stderr
    assert '"id":1' in told.stdout.replace(" ", "")
