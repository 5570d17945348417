# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # a table has one line a case
"""Bad input and the answer to it, one line each; nothing of it is read in silence."""

import tarfile
from collections.abc import Callable

import pytest
from tests.corpus.builders import (
    OUTSIDE,
    a_docx,
    a_flate_bomb,
    a_mail,
    a_pdf,
    a_pdf_with_a_packed_action,
    a_tar,
    a_tar_member,
    a_zip,
    a_zip_with_a_link,
    add,
    an_encrypted_pdf,
    an_overlapping_zip,
    json_lines,
    read_all,
    shown,
    with_entities,
    write,
)

from maalem.corpus import ColumnMap, ReadLimits
from maalem.corpus.parser import Parser

Build = Callable[[], bytes | str]
GOOD = "a good text"


def nested(depth: int) -> bytes:
    content = a_zip({"good.txt": GOOD})
    for _ in range(depth - 1):
        content = a_zip({"inner.zip": content})
    return content


# What it is, its file name, its content, the code, and a part of the place or reason.
REFUSED: list[tuple[str, str, Build, str, str]] = [
    ("zip bomb", "x.zip", lambda: a_zip({"a.txt": b"0" * 10_000_000}), "corpus.archive-bomb", "100 times"),
    ("tar bomb", "x.tar.gz", lambda: a_tar(a_tar_member("a.txt"), mode="w:gz", content=b"0" * 10_000_000), "corpus.archive-bomb", "100 times"),
    ("overlapping zip", "x.zip", an_overlapping_zip, "corpus.archive-overlap", "overlap"),
    ("name that climbs", "x.zip", lambda: a_zip({"../../x.txt": GOOD}), "corpus.archive-path", "../../x.txt"),
    ("absolute name", "x.zip", lambda: a_zip({"/etc/x.txt": GOOD}), "corpus.archive-path", "/etc/x.txt"),
    ("name with a drive", "x.zip", lambda: a_zip({"C:\\x.txt": GOOD}), "corpus.archive-path", "C:"),
    ("name that climbs the other way", "x.zip", lambda: a_zip({"..\\..\\x.txt": GOOD}), "corpus.archive-path", ".."),
    ("name with a zero byte", "x.zip", lambda: a_zip({"a.txt\0.exe": GOOD}), "corpus.archive-path", "\\x00"),
    ("name that climbs in a tar", "x.tar", lambda: a_tar(a_tar_member("../x.txt")), "corpus.archive-path", "../x.txt"),
    ("link in a zip", "x.zip", a_zip_with_a_link, "corpus.archive-link", "link.txt"),
    ("link in a tar", "x.tar", lambda: a_tar(a_tar_member("l.txt", tarfile.SYMTYPE)), "corpus.archive-link", "l.txt"),
    ("hard link in a tar", "x.tar", lambda: a_tar(a_tar_member("l.txt", tarfile.LNKTYPE)), "corpus.archive-link", "l.txt"),
    ("device in a tar", "x.tar", lambda: a_tar(a_tar_member("d.txt", tarfile.CHRTYPE)), "corpus.archive-link", "d.txt"),
    ("zip in zip in zip", "x.zip", lambda: nested(3), "corpus.archive-depth", "2 levels"),
    ("names alike but for case", "x.zip", lambda: a_zip({"A.txt": GOOD, "a.txt": GOOD}), "corpus.name-collision", "form only"),
    ("names alike but for Unicode form", "x.zip", lambda: a_zip({"é.txt": GOOD, "e\u0301.txt": GOOD}), "corpus.name-collision", "form only"),
    ("half a zip", "x.zip", lambda: a_zip({"a.txt": GOOD})[:50], "corpus.unreadable", "zip"),
    ("PDF Flate bomb", "x.pdf", a_flate_bomb, "corpus.pdf-bomb", "unpacks"),
    ("PDF Flate bomb that hides its filter", "x.pdf", lambda: a_flate_bomb("/Filter/#46late#44ecode"), "corpus.pdf-bomb", "unpacks"),
    ("PDF Flate bomb far from its filter", "x.pdf", lambda: a_flate_bomb(f"/Filter/FlateDecode/X({'y' * 3000})"), "corpus.pdf-bomb", "unpacks"),
    ("PDF packed twice under other names", "x.pdf", lambda: a_pdf(b"x", filters="/Filter[/Fl/Flate#44ecode]"), "corpus.pdf-bomb", "twice"),
    ("PDF packed twice", "x.pdf", lambda: a_pdf(b"x", filters="/Filter[/FlateDecode /FlateDecode]"), "corpus.pdf-bomb", "twice"),
    ("PDF page tree in a ring", "x.pdf", lambda: a_pdf(shown("x"), kids="2 0 R"), "corpus.pdf-loop", "ring"),
    ("encrypted PDF", "x.pdf", an_encrypted_pdf, "corpus.encrypted", "encrypted"),
    ("broken PDF", "x.pdf", lambda: b"%PDF-1.7\nnothing", "corpus.unreadable", ""),
    ("DOCX with entities", "x.docx", lambda: with_entities(a_docx(GOOD)), "corpus.xml-entity", "document.xml"),
    ("DOCX with an entity from outside", "x.docx", lambda: with_entities(a_docx(GOOD), OUTSIDE), "corpus.xml-entity", "document.xml"),
    ("DOCX with entities in UTF-16", "x.docx", lambda: with_entities(a_docx(GOOD), codec="utf-16"), "corpus.xml-entity", "document.xml"),
    ("DOCX bomb", "x.docx", lambda: a_zip({"word/document.xml": b"0" * 10_000_000}), "corpus.archive-bomb", "100 times"),
    ("encrypted DOCX", "x.docx", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "corpus.encrypted", ""),
    ("DOCX that is none", "x.docx", lambda: a_zip({"a.xml": "<a/>"}), "corpus.unreadable", ""),
    ("sheet", "x.xlsx", lambda: a_zip({"xl/workbook.xml": "<workbook/>"}), "corpus.unknown-format", "CSV"),
    ("old sheet", "x.xls", lambda: b"\xd0\xcf\x11\xe0", "corpus.unknown-format", "CSV"),
    ("picture of any size", "x.png", lambda: b"\x89PNG", "corpus.unknown-format", ".png"),
    ("drawing", "x.svg", lambda: "<svg onload='x()'/>", "corpus.unknown-format", ".svg"),
    ("file without an ending", "README", lambda: GOOD, "corpus.unknown-format", "nothing"),
    ("UTF-8 mixed with Latin-1", "x.txt", lambda: "déjà vu ".encode() + "été".encode("latin-1"), "corpus.encoding", "byte 10"),
    ("bytes of no encoding", "x.txt", lambda: b"abc \x81\x8d\x8f\x90\x9d\xff\xfe\x81" * 9, "corpus.encoding", "byte 4"),
    ("UTF-16 cut in half", "x.txt", lambda: "\ufeffhello".encode("utf-16-le") + b"x", "corpus.encoding", "byte 12"),
    ("lone surrogate in JSON", "x.jsonl", lambda: '{"text": "\\ud800 x"}\n', "corpus.jsonl", "surrogate"),
    ("NaN", "x.jsonl", lambda: '{"text": "a", "n": NaN}\n', "corpus.jsonl", "NaN"),
    ("Infinity", "x.jsonl", lambda: '{"text": "a", "n": -Infinity}\n', "corpus.jsonl", "Infinity"),
    ("key twice", "x.jsonl", lambda: '{"text": "a", "text": "b"}\n', "corpus.jsonl", "twice"),
    ("nested JSON", "x.jsonl", lambda: '{"text": "a", "n": ' + "[" * 65 + "]" * 65 + "}\n", "corpus.jsonl", "64"),
    ("very deep JSON", "x.jsonl", lambda: '{"text": ' + "[" * 100_000 + "}\n", "corpus.jsonl", ""),
    ("huge integer", "x.jsonl", lambda: '{"text": ' + "9" * 5000 + "}\n", "corpus.jsonl", "4300"),
    ("huge line", "x.jsonl", lambda: '{"text": "' + "a" * 1_100_000 + '"}\n', "corpus.jsonl", "longer"),
    ("JSON that is no object", "x.jsonl", lambda: "[1, 2]\n", "corpus.jsonl", "object"),
    ("JSON that is not UTF-8", "x.jsonl", lambda: '{"text": "é"}\n'.encode("latin-1"), "corpus.encoding", "byte 10"),
    ("JSON without the key", "x.jsonl", lambda: '{"body": "a"}\n', "corpus.columns", "'text'"),
    ("text that is a list", "x.jsonl", lambda: '{"text": ["a"]}\n', "corpus.value", "'text'"),
    ("quote that is not closed", "x.csv", lambda: 'id,text\n1,fine\n2,"open\n3,c\n', "corpus.csv", "line 3"),
    ("text behind a quote", "x.csv", lambda: 'id,text\n1,"a"b\n', "corpus.csv", "line 2"),
    ("row too long", "x.csv", lambda: "id,text\n1,a\n2,b,c\n", "corpus.ragged", "line 3"),
    ("row too short", "x.csv", lambda: "id,text\n1,a\n2\n", "corpus.ragged", "line 3"),
    ("semicolons not declared", "x.csv", lambda: "id;text\n1;a\n", "corpus.columns", "delimiter"),
    ("column twice", "x.csv", lambda: "text,text\na,b\n", "corpus.columns", "twice"),
    ("no header", "x.csv", lambda: "\n\n", "corpus.columns", "header"),
    ("Parquet that is none", "x.parquet", lambda: b"PAR1 nothing PAR1", "corpus.unreadable", ""),
    ("empty file", "x.txt", lambda: b"", "corpus.empty", "empty"),
    ("file of spaces", "x.md", lambda: " \n\n ", "corpus.empty", "no text"),
    ("page without text", "x.html", lambda: "<script>x()</script>", "corpus.empty", "no text"),
    ("attachment", "x.eml", lambda: a_mail(attachment="b.exe"), "corpus.attachment", "b.exe"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "build", "code", "words"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],
)
def test_bad_input_is_refused_with_its_code_and_place(
    parser: Parser, tmp_path, name, build, code, words
):
    _, refusals = read_all(parser, write(tmp_path / name, build()))
    assert code in {one.code for one in refusals}
    assert words in " ".join(f"{one.place} {one.reason}" for one in refusals)


# What it is, file name, content, what must be in the text, what must not, the flag.
FLAGGED: list[tuple[str, str, Build, str, str, str]] = [
    ("JavaScript in a PDF", "x.pdf", lambda: a_pdf(shown("plain words"), catalog="/OpenAction<</S/JavaScript/JS(app.alert)>>"), "plain words", "alert", "active-content"),
    ("JavaScript under another name", "x.pdf", lambda: a_pdf(shown("plain words"), catalog="/OpenAction<</S/J#61vaScript/J#53(app.alert)>>"), "plain words", "alert", "active-content"),
    ("JavaScript in a packed object", "x.pdf", a_pdf_with_a_packed_action, "plain words", "alert", "active-content"),
    ("launch action", "x.pdf", lambda: a_pdf(shown("plain words"), catalog="/OpenAction<</S/Launch/F(cmd)>>"), "plain words", "cmd", "active-content"),
    ("PDF without text", "x.pdf", lambda: a_pdf("0 0 100 100 re f"), "", "", "no-text"),
    ("white on white in a PDF", "x.pdf", lambda: a_pdf(shown("plain words") + " 1 1 1 rg " + shown("obey me", before="1 0 0 1 0 -50 Tm")), "plain words", "obey", "hidden-text"),
    ("text of no size in a PDF", "x.pdf", lambda: a_pdf(shown("plain words") + " BT /F1 0.1 Tf 50 600 Td (obey me) Tj ET"), "plain words", "obey", "hidden-text"),
    ("unseen text in a PDF", "x.pdf", lambda: a_pdf(shown("plain words") + shown("obey me", before="3 Tr")), "plain words", "obey", "hidden-text"),
    ("hidden text in a DOCX", "x.docx", lambda: a_docx("plain words", hidden="obey me"), "plain words", "obey", "hidden-text"),
    ("white text in a DOCX", "x.docx", lambda: a_docx("plain words", white="obey me"), "plain words", "obey", "hidden-text"),
    ("tiny text in a DOCX", "x.docx", lambda: a_docx("plain words", tiny="obey me"), "plain words", "obey", "hidden-text"),
    ("hidden text in a page", "x.html", lambda: '<p>plain words</p><p style="display: none">obey me</p>', "plain words", "obey", "hidden-text"),
    ("zero byte and bell", "x.txt", lambda: "pla\0in\a words", "plain words", "\0", "control-characters"),
    ("text turned round", "x.txt", lambda: "plain words \u202etxt.exe", "plain words txt.exe", "\u202e", "bidi-controls"),
    ("zero width", "x.txt", lambda: "pl\u200bain words", "plain words", "\u200b", "zero-width"),
    ("tag characters", "x.txt", lambda: "plain words\U000e0041\U000e0042", "plain words", "\U000e0041", "tag-characters"),
    ("replacement character", "x.txt", lambda: "plain words d\ufffdj\ufffd", "plain words", "\0", "replacement-characters"),
    ("old French file", "x.txt", lambda: "La pompe hydraulique a été réparée près du châssis.".encode("cp1252"), "réparée", "\ufffd", "guessed-encoding"),
    ("old Arabic file", "x.txt", lambda: "المحرك معطل والمضخة لا تعمل منذ الصباح".encode("cp1256"), "المضخة", "\ufffd", "guessed-encoding"),
    ("UTF-16 without mark", "x.txt", lambda: "plain words and more".encode("utf-16-le"), "plain words", "\0", "guessed-encoding"),
    ("Arabic UTF-16 without mark", "x.txt", lambda: "المحرك معطل والمضخة لا تعمل".encode("utf-16-be"), "معطل", "\0", "guessed-encoding"),
]  # fmt: skip


def test_doubtful_input_is_read_without_what_is_hidden_and_flagged(tmp_path):
    folder = tmp_path / "all"
    for number, case in enumerate(FLAGGED):
        write(folder / f"{number:02d}-{case[1]}", case[2]())
    batches, report = add(folder)
    documents = [one for batch in batches for one in batch.documents]
    assert report.refusals == ()
    assert len(documents) == len(FLAGGED)
    for case, document in zip(FLAGGED, documents, strict=True):
        assert case[5] in document.flags, case[0]
        assert case[3] in document.text, case[0]
        assert not case[4] or case[4] not in document.text, case[0]


def test_a_scan_without_text_gives_a_document_and_no_passage(tmp_path):
    batches, _ = add(write(tmp_path / "scan.pdf", a_pdf("0 0 100 100 re f")))
    assert [len(batches[0].documents), len(batches[0].passages)] == [1, 0]


def test_archives_up_to_two_levels_are_read(parser, tmp_path):
    raws, refusals = read_all(parser, write(tmp_path / "x.zip", nested(2)))
    assert [raw.text for raw in raws] == [GOOD]
    assert refusals == []
    assert raws[0].source == "x.zip/inner.zip/good.txt"


def test_one_bad_member_does_not_lose_the_others(parser, tmp_path):
    path = write(tmp_path / "x.zip", a_zip_with_a_link())
    raws, refusals = read_all(parser, path)
    assert [raw.text for raw in raws] == [GOOD]
    assert len(refusals) == 1


def test_a_broken_member_and_a_long_name_do_not_lose_the_others(parser, tmp_path):
    name = "a" * 3000 + "." + "b" * 900 + ".txt"
    content = a_zip({"bad.txt": "text to be broken", name: GOOD})
    start = content.index(b"bad.txt") + len("bad.txt")
    broken = content[:start] + b"\xff\xff" + content[start + 2 :]
    raws, refusals = read_all(parser, write(tmp_path / "x.zip", broken))
    assert [raw.text for raw in raws] == [GOOD]
    assert [one.code for one in refusals] == ["corpus.unreadable"]
    assert refusals[0].source == "x.zip/bad.txt"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", '{"text": "a"}\n{"text": NaN}\n{"text": "c"}\n'),
        ("x.csv", "id,text\n1,a\n2\n3,c\n"),
    ],
)
def test_a_bad_line_refuses_its_file_unless_told_to_skip_it(tmp_path, name, content):
    path = write(tmp_path / name, content)
    columns = ColumnMap(text=("text",))
    _, strict = add(path, columns=columns)
    _, lax = add(path, columns=columns, limits=ReadLimits(skip_bad=True))
    assert (strict.read, sum(strict.refused.values())) == (0, 1)
    assert "nothing of this file was read" in strict.refusals[0].reason
    assert (lax.read, sum(lax.refused.values())) == (2, 1)


def test_a_mark_and_a_declared_delimiter_are_accepted(tmp_path):
    path = write(tmp_path / "x.csv", "\ufeffn;text\n1,5;la pompe\n")
    columns = ColumnMap(text=("text",), keep=("n",), delimiter=";")
    batches, _ = add(path, columns=columns)
    (document,) = batches[0].documents
    assert (document.text, document.fields) == ("la pompe", (("n", "1,5"),))


def test_rows_beyond_the_limit_refuse_the_table(tmp_path):
    path = write(tmp_path / "x.csv", "text\n" + "a\n" * 20)
    _, report = add(path, limits=ReadLimits(rows=10))
    assert dict(report.refused) == {"corpus.too-many-rows": 1}
    assert report.read == 0


def test_a_date_that_is_not_iso_is_refused_not_guessed(tmp_path):
    path = write(tmp_path / "x.jsonl", json_lines({"text": "a", "when": "05/03/2024"}))
    _, report = add(path, columns=ColumnMap(text=("text",), date="when"))
    assert dict(report.refused) == {"corpus.date": 1}


# What the archive holds, with the limits that it breaks; total, one member, and count.
LIMITED: list[tuple[str, str, Build, ReadLimits]] = [
    ("members that are too much together", "x.zip", lambda: a_zip({f"{n}.txt": bytes(range(256)) * 2048 for n in range(3)}), ReadLimits(file_mb=1, ratio=10_000)),
    ("too many members", "x.zip", lambda: a_zip({f"{n}.txt": GOOD for n in range(9)}), ReadLimits(members=8)),
    ("too many members of a tar", "x.tar", lambda: a_tar(*(a_tar_member(f"{n}.txt") for n in range(9)), content=b"x"), ReadLimits(members=8)),
    ("a tar that unpacks to too much", "x.tar.xz", lambda: a_tar(a_tar_member("a.txt"), mode="w:xz", content=bytes(range(256)) * 8192), ReadLimits(file_mb=1, ratio=10_000)),
    ("a member of a zip in a zip", "x.zip", lambda: a_zip({"i.zip": a_zip({"a.txt": b"0" * 10_000_000})}), ReadLimits()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "build", "limits"),
    [pytest.param(*case[1:], id=case[0]) for case in LIMITED],
)
def test_an_archive_beyond_its_limits_gives_nothing(tmp_path, name, build, limits):
    path = write(tmp_path / name, build())
    with Parser(ColumnMap(), limits) as parser:
        raws, refusals = read_all(parser, path)
    assert raws == []
    assert [one.code for one in refusals] == ["corpus.archive-bomb"]


def test_a_zip_that_lies_about_sizes_gives_no_more_than_it_says(tmp_path):
    content = bytearray(a_zip({"a.txt": b"0" * 300_000}))
    told = (300_000).to_bytes(4, "little")
    for start in (content.index(told), content.rindex(told)):
        content[start : start + 4] = (10).to_bytes(4, "little")
    path = write(tmp_path / "x.zip", bytes(content))
    with Parser(ColumnMap(), ReadLimits()) as parser:
        raws, refusals = read_all(parser, path)
    assert raws == []
    assert [one.code for one in refusals] == ["corpus.unreadable"]


STRANGE_NAMES = ["a\nb.txt", "\u202egpj.txt", "-rf.txt", "x" * 200 + ".txt"]


@pytest.mark.parametrize("name", [*STRANGE_NAMES, "caf\udce9.txt"])
def test_strange_file_names_are_read_and_escaped(tmp_path, name):
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    path.write_text("a good text", encoding="utf-8")
    batches, report = add(path.parent)
    assert report.refusals == ()
    (document,) = batches[0].documents
    assert document.source.isprintable()
    assert len(document.source) <= 200


def test_many_copies_are_counted_and_linked_to_the_first(tmp_path):
    path = write(tmp_path / "x.csv", "text\n" + "the same text again\n" * 3000)
    batches, report = add(path)
    passages = [one for batch in batches for one in batch.passages]
    assert (report.new, report.exact_duplicates) == (3000, 2999)
    assert {one.same_as for one in passages[1:]} == {passages[0].id}
    assert {one.group for one in passages} == {passages[0].id}
