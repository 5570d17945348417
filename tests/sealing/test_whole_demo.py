# SPDX-License-Identifier: Apache-2.0
"""The whole demo under a listener: nothing in it asks for a network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sealing.conftest import skip

HERE = Path(__file__).parents[2]
REACH = """
import socket
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.sendto(b"", (address, 9))
        line.connect((address, 9))
"""


def overheard(report, *command):
    done = subprocess.run(
        [sys.executable, "-m", "tests.sealing.overheard", str(report), *command],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": f"{HERE / 'src'}:{HERE}"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    if not report.exists():
        skip(f"no listener to system calls here: {done.stderr.strip()[-80:]}")
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text())


def test_the_listener_hears_what_is_said_to_an_address(tmp_path):
    found = overheard(tmp_path / "heard", sys.executable, "-c", REACH)
    said = {line.partition(" ")[2]: count for line, count in found.items()}
    assert said == {
        "sendto inet 127.0.0.1": 1,
        "connect inet 127.0.0.1": 1,
        "sendto inet6 ::1": 1,
        "connect inet6 ::1": 1,
    }


@pytest.mark.slow
def test_the_whole_demo_speaks_to_no_network(tmp_path):
    program = (
        str(Path(sys.executable).with_name("maalem")),
        "demo",
        str(tmp_path / "demo"),
    )
    found = overheard(tmp_path / "heard", *program, "--gear", "quick")
    assert (tmp_path / "demo" / "releases" / "system-1").is_dir()
    families = {line.split(" ")[-1] for line in found}
    # netlink names the interfaces of a new namespace, of which only lo is one.
    assert families <= {"unix", "netlink"}, found
