# SPDX-License-Identifier: Apache-2.0
"""Files that are one text: plain, Markdown, HTML and e-mail."""

import re
from collections.abc import Iterator
from email import message_from_binary_file, policy
from email.message import EmailMessage

from selectolax.lexbor import LexborHTMLParser, LexborNode

from maalem.corpus.encodings import find_encoding
from maalem.corpus.naming import safe_name
from maalem.corpus.pieces import EMPTY, Given, Piece, Raw
from maalem.errors import DataError

_DROPPED = "script,style,nav,template,noscript,head,iframe,object,svg,select,button"
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_BLOCKS = "p,div,h1,h2,h3,h4,h5,h6,li,tr,br,table,section,article,blockquote,pre,dt,dd"
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE
)


def read_text(given: Given) -> Iterator[Piece]:
    """Read a plain or Markdown file as one document.

    Raises:
        DataError: The encoding is doubtful.
    """
    codec, flags = find_encoding(given.path)
    yield one_text(given, given.path.read_text(encoding=codec), flags)


def read_html(given: Given) -> Iterator[Piece]:
    """Read the text of a page; scripts, styles, menus and hidden parts are left out.

    Raises:
        DataError: The encoding is doubtful.
    """
    data = given.path.read_bytes()
    declared = _CHARSET.search(data[:2048])
    try:
        codec, flags = find_encoding(given.path)
        text = data.decode(codec)
        if declared and flags:
            text, flags = data.decode(declared.group(1).decode()), ()
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(str(error), code="corpus.encoding") from error
    text, hidden = html_text(text)
    yield one_text(given, text, (*flags, *hidden))


def html_text(html: str) -> tuple[str, tuple[str, ...]]:
    r"""Give the visible text of HTML, one line a block, and `hidden-text` if so.

    Examples:
        >>> html_text("<nav>Menu</nav><p>One <b>two</b></p><p>three</p>")
        ('One two\n\nthree', ())
    """
    tree = LexborHTMLParser(html)
    if tree.body is None:
        return "", ()
    flags: tuple[str, ...] = ()
    for node in tree.css(_DROPPED):
        if node.tag != "body":
            node.decompose()
    for node in tree.css("[hidden],[style]"):
        if _is_unseen(node):
            flags = ("hidden-text",) if node.text().strip() else flags
            node.decompose()
    for node in tree.css(_BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    for node in tree.css("td,th"):
        node.insert_after("\t")
    lines = [" ".join(line.split()) for line in tree.body.text().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), flags


def _is_unseen(node: LexborNode) -> bool:
    marks = node.attributes
    return "hidden" in marks or bool(_UNSEEN.search(marks.get("style") or ""))


def read_mail(given: Given) -> Iterator[Piece]:
    """Read subject and body of an e-mail; each attachment is a counted refusal.

    Raises:
        DataError: It has no text.
    """
    with given.path.open("rb") as stream:
        mail = message_from_binary_file(stream, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101  # what this policy makes
    for part in mail.iter_attachments():
        name = safe_name(part.get_filename() or part.get_content_type())
        yield given.refusal(
            "corpus.attachment",
            "attachments are not read; add the file itself",
            place=f"attachment {name}",
        )
    text, flags = _mail_body(mail)
    subject = str(mail["subject"] or "").strip()
    moment = mail["date"].datetime if mail["date"] else None
    text = "\n\n".join(part for part in (subject, text.strip()) if part)
    yield one_text(given, text, flags, date=moment.isoformat() if moment else None)


def _mail_body(mail: EmailMessage) -> tuple[str, tuple[str, ...]]:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return "", ()
    content = body.get_content()
    if body.get_content_type() == "text/html":
        return html_text(content)
    return str(content), ()


def one_text(
    given: Given, text: str, flags: tuple[str, ...] = (), *, date: str | None = None
) -> Piece:
    """Make one document of a file's text; a refusal if there is none."""
    if not text.strip():
        return given.refusal(EMPTY, "there is no text")
    return Raw(source=given.source, place="", text=text, flags=flags, date=date)
