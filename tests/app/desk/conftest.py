# SPDX-License-Identifier: Apache-2.0
"""A desk for tests: without a network, or live on a port of this machine alone."""

import dataclasses
import shutil

import pytest
import pytest_socket
from tests.app.desk import builders

from maalem.app import loop
from maalem.app.desk.serving import steady_clock


@pytest.fixture(scope="session")
def desk_folder(tmp_path_factory):
    """A project with a task, thirty items and people; never change it."""
    return builders.a_desk_project(tmp_path_factory.mktemp("desk") / "fleet")


@pytest.fixture
def work(desk_folder, tmp_path):
    """A copy of the project, open for writing."""
    folder = shutil.copytree(desk_folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as opened:
        yield opened


@pytest.fixture
def opened(work):
    """The desk of that project, with a clock that stands still."""
    return builders.OpenDesk(work)


@pytest.fixture
def secured(work):
    """The desk of that project as browsers reach it by https."""
    desk = dataclasses.replace(work.project.desk, is_secure=True)
    project = dataclasses.replace(work.project, desk=desk)
    return builders.OpenDesk(dataclasses.replace(work, project=project))


@pytest.fixture
def unowned(work):
    """The desk of that project before anybody is in it."""
    work.store.change(lambda tables: tables.execute("DELETE FROM person"))
    return builders.OpenDesk(work)


@pytest.fixture
def desk_client(opened):
    """Give a client that is signed in as a role; as nobody without one."""
    return opened.client


@pytest.fixture
def loopback():
    """Let this test use sockets of this machine, and no others."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def server(loopback, work):
    """The desk of that project, live at `server.url`."""
    with builders.a_server(work, clock=steady_clock()) as live:
        yield live
