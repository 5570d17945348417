# SPDX-License-Identifier: Apache-2.0
"""The process that parses untrusted files can be lost without loss."""

import os
import signal
from pathlib import Path

from tests.corpus.builders import a_zip, read_all, write

from maalem.corpus import ColumnMap, ReadLimits
from maalem.corpus.parser import Parser


def child_of(parser: Parser) -> int:
    assert parser._child is not None
    return parser._child.pid


def test_a_killed_process_is_replaced_and_the_next_file_read(tmp_path):
    path = write(tmp_path / "x.txt", "a good text")
    with Parser(ColumnMap(), ReadLimits()) as parser:
        read_all(parser, path)
        os.kill(child_of(parser), signal.SIGKILL)
        os.waitpid(child_of(parser), 0)
        _, refusals = read_all(parser, path)
        raws, _ = read_all(parser, path)
    assert [one.code for one in refusals] == ["corpus.parser-lost"]
    assert [raw.text for raw in raws] == ["a good text"]


def test_a_file_that_takes_too_long_is_refused(tmp_path):
    path = write(tmp_path / "x.txt", "a good text")
    with Parser(ColumnMap(), ReadLimits(seconds=5.0)) as parser:
        read_all(parser, path)
        os.kill(child_of(parser), signal.SIGSTOP)  # as a file without end would
        _, refusals = read_all(parser, path)
        raws, _ = read_all(parser, path)
    assert [one.code for one in refusals] == ["corpus.too-slow"]
    assert [raw.text for raw in raws] == ["a good text"]


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    path = write(tmp_path / "x.txt", "a" * (120 << 20))
    with Parser(ColumnMap(), ReadLimits(memory_mb=256)) as parser:
        _, refusals = read_all(parser, path)
        raws, _ = read_all(parser, write(tmp_path / "z.txt", "a good text"))
    assert {one.code for one in refusals} <= {"corpus.too-large", "corpus.parser-lost"}
    assert len(refusals) == 1
    assert [raw.text for raw in raws] == ["a good text"]


def read_expected(parser: Parser, paths: list[Path]) -> dict[str, list[str]]:
    """Expect all files, then read them: texts, or codes of refusals, by name."""
    for path in paths:
        parser.expect(path, path.name)
    found = {}
    for path in paths:
        raws, refusals = read_all(parser, path)
        found[path.name] = [raw.text for raw in raws] + [one.code for one in refusals]
    return found


def test_files_that_are_expected_come_in_their_order_however_long_their_names(
    tmp_path,
):
    names = [f"{number:03d}{'é' * (number % 100)}.txt" for number in range(300)]
    paths = [write(tmp_path / name, f"text of {name}") for name in names]
    with Parser(ColumnMap(), ReadLimits()) as parser:
        found = read_expected(parser, paths)
    assert found == {name: [f"text of {name}"] for name in names}


def test_a_file_that_is_lost_takes_no_expected_one_along(tmp_path):
    paths = [write(tmp_path / f"{n}.txt", f"text {n}") for n in range(9)]
    write(paths[4], "a" * (120 << 20))
    with Parser(ColumnMap(), ReadLimits(memory_mb=256)) as parser:
        found = read_expected(parser, paths)
    assert found.pop("4.txt") in (["corpus.too-large"], ["corpus.parser-lost"])
    assert found == {f"{n}.txt": [f"text {n}"] for n in range(9) if n != 4}


def test_a_process_that_dies_while_files_wait_loses_only_the_first(tmp_path):
    paths = [write(tmp_path / f"{n}.txt", f"text {n}") for n in range(40)]
    with Parser(ColumnMap(), ReadLimits()) as parser:
        read_all(parser, paths[0])
        os.kill(child_of(parser), signal.SIGSTOP)
        for path in paths:
            parser.expect(path, path.name)
        parser._ask()
        os.kill(child_of(parser), signal.SIGKILL)
        found = [read_all(parser, path) for path in paths]
    assert [one.code for one in found[0][1]] == ["corpus.parser-lost"]
    assert [raws[0].text for raws, _ in found[1:]] == [
        f"text {n}" for n in range(1, 40)
    ]


def test_leaving_a_file_in_the_middle_does_not_mix_it_with_the_next(tmp_path):
    long = write(tmp_path / "x.csv", "text\n" + "row of the long file\n" * 5000)
    with Parser(ColumnMap(), ReadLimits()) as parser:
        pieces = parser.read(long, "x.csv")
        next(pieces)
        pieces.close()
        raws, _ = read_all(parser, write(tmp_path / "z.txt", "a good text"))
    assert [raw.text for raw in raws] == ["a good text"]


def test_nothing_stays_behind_in_the_scratch_folder(tmp_path):
    with Parser(ColumnMap(), ReadLimits()) as parser:
        scratch = Path(parser._scratch.name)
        read_all(parser, write(tmp_path / "x.zip", a_zip({"a.txt": "text"})))
        assert list(scratch.iterdir()) == []
    assert not scratch.exists()
