# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own, in a passing folder, on a Unix socket."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_NUMBERS = itertools.count()


class PostgresServer:
    """Debian's PostgreSQL, made anew; ends with `stop`.

    The tests end processes, never the machine, so that nothing need reach the disk.
    """

    def __init__(self, *, settings: str = "-c fsync=off") -> None:
        self.settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="maalem-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.data = self.folder / "data"
        made = ("--auth=trust", "--username=maalem", "--encoding=UTF8")
        self._run("initdb", "-D", self.data, *made, "--locale=C.UTF-8", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' {self.settings}"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", options, "start")

    def halt(self) -> None:
        """End at once, as by a loss of power."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder)

    @property
    def address(self) -> str:
        return f"postgresql://maalem@/postgres?host={self.folder}"

    def new_schema(self) -> str:
        """Make an empty schema, and give the address that leads to it."""
        import psycopg

        name = f"project_{next(_NUMBERS)}"
        with psycopg.connect(self.address, autocommit=True) as shell:
            shell.execute(f"CREATE SCHEMA {name}")
        return f"{self.address}&options=-csearch_path%3D{name}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(PROGRAMS[-1] / program), *map(str, arguments)]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed: make services")
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_address(postgres: PostgresServer) -> str:
    """Give the address of an empty schema."""
    return postgres.new_schema()
