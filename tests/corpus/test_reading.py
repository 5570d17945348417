# SPDX-License-Identifier: Apache-2.0
"""Files become documents: again, in part, after an interruption, beside bad ones."""

import contextlib
import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.builders import (
    a_docx,
    a_mail,
    a_pdf,
    a_zip,
    add,
    json_lines,
    shown,
    write,
)

from maalem.corpus import ColumnMap, NearDuplicateIndex, ReadLimits, ingest
from maalem.errors import DataError
from maalem.records import digest_file


def documents_of(batches):
    return [one for batch in batches for one in batch.documents]


def test_every_format_gives_its_text(tmp_path):
    folder = tmp_path / "all"
    write(folder / "a.txt", "plain text")
    write(folder / "b.md", "# Title\n\nmarkdown text")
    write(folder / "c.html", "<nav>menu</nav><p>page <b>text</b></p><script>x</script>")
    write(folder / "d.pdf", a_pdf(shown("pdf text")))
    write(folder / "e.docx", a_docx("word text"))
    write(folder / "f.eml", a_mail())
    write(folder / "g.eml", a_mail(html=True))
    write(folder / "h.csv", "text\ncsv text\n")
    write(folder / "i.tsv", "text\tn\ntsv text\t1\n")
    write(folder / "j.jsonl", json_lines({"text": "line text"}))
    pq.write_table(pa.table({"text": ["parquet text"]}), folder / "k.parquet")
    write(folder / "l.zip", a_zip({"deep/m.txt": "packed text", ".n.txt": "hidden"}))
    write(folder / ".hidden.txt", "not this")
    batches, report = add(folder)
    texts = {one.source: one.text for one in documents_of(batches)}
    assert report.refusals == ()
    assert report.hidden == 1
    assert texts == {
        "a.txt": "plain text",
        "b.md": "# Title\n\nmarkdown text",
        "c.html": "page text",
        "d.pdf": "pdf text",
        "e.docx": "word text",
        "f.eml": "Pompe en panne\n\nLe moteur fuit depuis hier.",
        "g.eml": "Pompe en panne\n\nLe moteur fuit",
        "h.csv": "csv text",
        "i.tsv": "tsv text",
        "j.jsonl": "line text",
        "k.parquet": "parquet text",
        "l.zip/deep/m.txt": "packed text",
    }


def test_mapped_columns_reach_the_document(tmp_path):
    path = write(
        tmp_path / "x.csv",
        'a,b,when,who,what,cost\nPump,"leaks, badly",2024-03-05,M7,Engine,12.5\n',
    )
    columns = ColumnMap(
        text=("a", "b"), date="when", group="who", label="what", keep=("cost",)
    )
    batches, _ = add(path, columns=columns)
    (one,) = documents_of(batches)
    assert (one.text, one.date, one.group) == ("Pump\nleaks, badly", "2024-03-05", "M7")
    assert (one.label, one.fields, one.place) == (
        "Engine",
        (("cost", "12.5"),),
        "row 1",
    )
    assert batches[0].passages[0].group == "M7"


def test_dates_and_numbers_of_parquet_are_written_as_text(tmp_path):
    table = pa.table({"text": ["a"], "when": [dt.date(2024, 3, 5)], "n": [7]})
    pq.write_table(table, tmp_path / "x.parquet")
    columns = ColumnMap(text=("text",), date="when", keep=("n",))
    batches, _ = add(tmp_path / "x.parquet", columns=columns)
    (one,) = documents_of(batches)
    assert (one.date, one.fields) == ("2024-03-05", (("n", "7"),))


def test_adding_the_same_file_again_brings_nothing_new(tmp_path):
    path = write(tmp_path / "x.csv", "text\none text\nsame\nsame\n")
    known: set[str] = set()
    add(path, known=known)
    _, report = add(path, known=known)
    assert (report.new, report.known, report.passages) == (0, 3, 0)


def test_a_table_with_rows_appended_brings_only_those(tmp_path):
    known: set[str] = set()
    path = write(tmp_path / "x.csv", "text\none text\nsame\n")
    add(path, known=known)
    write(path, "text\none text\nsame\nsame\nnew text\n")
    batches, _ = add(path, known=known)
    assert [one.text for one in documents_of(batches)] == ["same", "new text"]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    path = write(
        tmp_path / "x.csv", "text\n" + "".join(f"text {n}\n" for n in range(1200))
    )
    stored: set[str] = set()
    file = tmp_path / "index.sqlite"
    given = {
        "columns": ColumnMap(),
        "limits": ReadLimits(),
        "known": stored.__contains__,
    }
    with contextlib.suppress(KeyboardInterrupt), NearDuplicateIndex(file) as index:
        for number, batch in enumerate(ingest([path], index=index, **given)):
            if number == 1:
                raise KeyboardInterrupt
            stored.update(one.id for one in batch.documents)
    with NearDuplicateIndex(file) as index:
        assert len(index) == len(stored) > 0
        rest = list(ingest([path], index=index, **given))
        assert len(index) == 1200
    fresh, _ = add(path)
    later = [one for batch in rest for one in batch.passages]
    whole = [one for batch in fresh for one in batch.passages]
    assert later == whole[-len(later) :]


def test_batches_hold_at_most_five_hundred_documents(tmp_path):
    path = write(
        tmp_path / "x.csv", "text\n" + "".join(f"text {n}\n" for n in range(1201))
    )
    batches, _ = add(path)
    assert [len(batch.documents) for batch in batches] == [500, 500, 201]


def test_a_file_read_to_its_end_has_the_digest_that_its_documents_carry(tmp_path):
    path = write(tmp_path / "x.csv", "text\none text\n")
    empty = write(tmp_path / "y.csv", "text\n")
    (batch,), report = add(path, empty)
    assert batch.files_done == ((path, digest_file(path)),)
    assert {one.file for one in batch.documents} == {digest_file(path)}
    assert report.files == 1


def test_one_bad_file_does_not_change_what_the_others_give(tmp_path):
    good = {f"{name}.txt": f"the text of {name}" for name in "abdfh"}
    for name, text in good.items():
        write(tmp_path / "clean" / name, text)
        write(tmp_path / "dirty" / name, text)
    pq.write_table(pa.table({"text": ["x" * 99]}), tmp_path / "dirty" / "c.parquet")
    broken = bytearray((tmp_path / "dirty" / "c.parquet").read_bytes())
    broken[4:60] = b"\xff" * 56
    write(tmp_path / "dirty" / "c.parquet", bytes(broken))
    write(tmp_path / "dirty" / "e.pdf", b"%PDF-1.7 broken")
    write(tmp_path / "dirty" / "g.zip", b"PK no zip")
    clean, _ = add(tmp_path / "clean")
    dirty, report = add(tmp_path / "dirty")
    assert [one.id for one in documents_of(dirty)] == [
        one.id for one in documents_of(clean)
    ]
    assert sum(report.refused.values()) == 3


def test_a_link_inside_a_folder_is_not_followed(tmp_path):
    write(tmp_path / "outside.txt", "secret")
    write(tmp_path / "folder" / "a.txt", "text")
    (tmp_path / "folder" / "b.txt").symlink_to(tmp_path / "outside.txt")
    batches, report = add(tmp_path / "folder")
    assert [one.text for one in documents_of(batches)] == ["text"]
    assert dict(report.refused) == {"corpus.not-a-file": 1}


@pytest.mark.parametrize("name", ["nowhere", "-rf", "x" * 4096, "a\n\u202eb", "a\0b"])
def test_a_path_that_does_not_exist_is_an_error(tmp_path, name):
    with pytest.raises(DataError) as refused:
        add(tmp_path / name)
    assert refused.value.code == "corpus.missing"
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 250


def test_nothing_to_read_is_an_error(tmp_path):
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        add(tmp_path)
    assert refused.value.code == "corpus.empty"


def test_progress_rises_to_the_whole(tmp_path):
    path = write(tmp_path / "x.csv", "text\n" + "some more text\n" * 3000)
    told = []
    with NearDuplicateIndex() as index:
        for _ in ingest(
            [path], columns=ColumnMap(), limits=ReadLimits(), index=index,
            known=lambda _: False, tell=lambda *what: told.append(what),
        ):  # fmt: skip
            pass
    done = [one[1] for one in told]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert told[-1] == ("read", path.stat().st_size, path.stat().st_size)


def test_the_report_counts_and_says_that_names_were_not_looked_for(tmp_path):
    rows = [
        "The pump of the big excavator is leaking oil",
        "The pump of the big excavator is leaking oil!",
        "the pump of the big excavator is leaking oil",
        "La pompe est en panne, appelez le 06 12 34 56 78",
    ]
    _, report = add(
        write(tmp_path / "x.jsonl", json_lines(*({"text": r} for r in rows)))
    )
    assert (report.read, report.new, report.passages) == (4, 4, 4)
    assert (report.exact_duplicates, report.near_duplicates) == (1, 1)
    assert dict(report.languages) == {"en": 3, "fr": 1}
    assert dict(report.personal) == {"phone": 1}
    assert report.names == "not scanned"
