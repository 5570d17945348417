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
from maalem.corpus.pseudonyms import Pseudonyms
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
    pseudonyms: Pseudonyms | None = None,
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
            pseudonyms=pseudonyms,
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


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def with_entities(
    content: bytes, declared: str = LAUGHS, *, codec: str = "utf-8"
) -> bytes:
    """Put a document type with entities into a DOCX."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "word/document.xml":
                text = part.decode().replace("?>", f"?>{declared}", 1)
                part = text.replace("UTF-8", codec, 1).encode(codec)
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


def a_flate_bomb(filters: str = "/Filter/FlateDecode") -> bytes:
    packer = zlib.compressobj(9)
    block = b" " * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(300)) + packer.flush()
    return a_pdf(packed, filters=filters)


def a_pdf_with_a_packed_action() -> bytes:
    """Write a PDF whose catalog, with its script, lies in a stream of objects."""
    catalog = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert)>>>>"
    words = shown("plain words").encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
    packed = zlib.compress(b"1 0 " + catalog)
    bodies = {
        2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: page + b"/Resources<</Font<</F1 3 0 R>>>>>>",
        5: b"<</Length %d>>\nstream\n%b\nendstream" % (len(words), words),
        6: b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%b"
        b"\nendstream" % (len(packed), packed),
    }
    out, rows = bytearray(b"%PDF-1.5\n"), [(0, 0, 65535), (2, 6, 0)]
    for number, body in bodies.items():
        rows.append((1, len(out), 0))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    rows.append((1, start, 0))
    table = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        for kind, place, index in rows
    )
    head = b"7 0 obj\n<</Type/XRef/Size 8/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n"
    out += head % len(table) + table + b"\nendstream\nendobj\n"
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


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
