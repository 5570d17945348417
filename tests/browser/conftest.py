# SPDX-License-Identifier: Apache-2.0
"""A live desk with a task of each kind, and a browser."""

import shutil

import pytest
import pytest_socket
from tests.app.desk.builders import a_server
from tests.browser import builders

from maalem.app import loop
from maalem.app.desk.serving import steady_clock


@pytest.fixture(scope="session")
def cards_folder(tmp_path_factory):
    """A project with a task of each answer kind; never change it."""
    return builders.a_cards_project(tmp_path_factory.mktemp("cards") / "fleet")


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of one module."""
    if builders.CHROMIUM is None:
        pytest.skip("there is no chromium here")
    with builders.a_browser() as browser:
        yield browser


@pytest.fixture
def server(cards_folder, tmp_path):
    """The desk of a copy of that project, live on a port of this machine."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    folder = shutil.copytree(cards_folder, tmp_path / "fleet")
    with (
        loop.open_workspace(folder) as work,
        a_server(work, clock=steady_clock()) as live,
    ):
        yield live


@pytest.fixture
def visit(chromium, server):
    """Let somebody of a role come with a browser; nothing bad may happen to them."""
    visitors = []

    def come(role="owner", **options):
        visitor = builders.Visitor(chromium, server, server.member(role), **options)
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.faults == []
