# SPDX-License-Identifier: Apache-2.0
"""Small real files, good and bad, with only the interesting part visible."""

import io
import json
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path

import docx
from docx.shared import Pt, RGBColor

from maalem.corpus import ColumnMap, NearDuplicateIndex, ReadLimits, ingest
from maalem.corpus.parser import Parser
from maalem.corpus.pieces import Raw
from maalem.corpus.report import Batch, CorpusReport, Refusal


def write(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_all(parser: Parser, path: Path) -> tuple[list[Raw], list[Refusal]]:
    pieces = list(parser.read(path, path.name))
    raws = [piece for piece in pieces if isinstance(piece, Raw)]
    return raws, [piece for piece in pieces if isinstance(piece, Refusal)]


def add(
    *paths: Path,
    columns: ColumnMap | None = None,
    limits: ReadLimits | None = None,
    known: set[str] | None = None,
) -> tuple[list[Batch], CorpusReport]:
    """Ingest into a fresh index; `known` is filled with the new ids."""
    seen = set() if known is None else known
    batches, report = [], CorpusReport()
    with NearDuplicateIndex() as index:
        for batch in ingest(
            paths,
            columns=columns or ColumnMap(),
            limits=limits or ReadLimits(),
            index=index,
            known=seen.__contains__,
        ):
            batches.append(batch)
            report = report.plus(batch)
            seen.update(document.id for document in batch.documents)
    return batches, report


def a_zip(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename = name  # as it is: ZipInfo() would cut at a NUL
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def a_zip_with_a_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("good.txt", "a good text")
    return out.getvalue()


def an_overlapping_zip() -> bytes:
    """Two entries of the directory point at one member."""
    content = bytearray(a_zip({"a.txt": "one text " * 50, "b.txt": "two text " * 50}))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


def a_tar(*members: tarfile.TarInfo, mode: str = "w", content: bytes = b"") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for info in members:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return out.getvalue()


def a_tar_member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    return info


def a_docx(
    *paragraphs: str, hidden: str = "", white: str = "", tiny: str = ""
) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if hidden:
        document.add_paragraph().add_run(hidden).font.hidden = True
    if white:
        run = document.add_paragraph().add_run(white)
        run.font.color.rgb = RGBColor(255, 255, 255)
    if tiny:
        document.add_paragraph().add_run(tiny).font.size = Pt(1)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_entities(content: bytes) -> bytes:
    """Put a document type with nested entities into a DOCX."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "word/document.xml":
                part = part.replace(b"?>", b"?>" + laughs, 1)
            after.writestr(name, part)
    return out.getvalue()


def shown(text: str, *, before: str = "") -> str:
    return f"BT /F1 12 Tf {before} 50 700 Td ({text}) Tj ET"


def a_pdf(
    *contents: str | bytes, catalog: str = "", kids: str = "", filters: str = ""
) -> bytes:
    """Write pages with the given content streams.

    Args:
        contents: One content stream a page; bytes are taken as packed already.
        catalog: More entries of the catalog.
        kids: Instead of the pages' references, as in `2 0 R` for a ring.
        filters: The `/Filter` entry of each stream.
    """
    count = len(contents)
    pages = kids or " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects: list[bytes] = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        f"<</Type/Pages/Kids[{pages}]/Count {max(1, count)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, content in enumerate(contents):
        data = content.encode("latin-1") if isinstance(content, str) else content
        page = (
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]"
            f"/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>"
        )
        objects.append(page.encode())
        head = f"<</Length {len(data)}{filters}>>\nstream\n".encode()
        objects.append(head + data + b"\nendstream")
    return _numbered(objects)


def _numbered(objects: list[bytes], trailer: str = "") -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for place in places:
        out += f"{place:010d} 00000 n \n".encode()
    size = len(objects) + 1
    out += f"trailer<</Size {size}/Root 1 0 R{trailer}>>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


def a_flate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    block = b" " * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(300)) + packer.flush()
    return a_pdf(packed, filters="/Filter/FlateDecode")


def an_encrypted_pdf() -> bytes:
    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(a_pdf(shown("a secret text"))))
    writer.encrypt("word", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def json_lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def a_mail(*, html: bool = False, attachment: str = "") -> bytes:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"] = "Pompe en panne"
    mail["Date"] = "Tue, 05 Mar 2024 10:00:00 +0100"
    if html:
        mail.set_content("<p>Le <b>moteur</b> fuit</p><script>x()</script>", "html")
    else:
        mail.set_content("Le moteur fuit depuis hier.")
    if attachment:
        mail.add_attachment(b"x", "application", "octet-stream", filename=attachment)
    return mail.as_bytes()
