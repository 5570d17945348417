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
