# SPDX-License-Identifier: Apache-2.0
"""A model as a folder of files: what may lie in it, and what its name is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maalem.errors import IntegrityError, UnsafeWeightsError
from maalem.models.weights import refuse_unsafe_tensors
from maalem.records import (
    Checkpoint,
    Digest,
    FileEntry,
    digest_file,
    digest_of,
    to_json,
)

PICKLED = (
    ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npz", ".npy",
    ".h5", ".hdf5", ".keras", ".gguf",
)  # fmt: skip
PROGRAMS = (".py", ".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".sh", ".ipynb")
WELCOME = (".safetensors", ".json", ".txt", ".md")
WELCOME_NAMES = ("LICENSE", "NOTICE", ".gitattributes")
JSON_LIMIT = 4 * 2**20  # a configuration is a few kilobytes
TOKENIZER_LIMIT = 32 * 2**20  # 250,000 pieces are 17 MB; ten million would be 600
REMOTE_KEYS = ("auto_map", "trust_remote_code")
TEMPLATE_KEYS = ("chat_template", "chat_templates")
CLASS_KEYS = {"type": "sentence_transformers.", "activation_function": "torch.nn."}
PATTERN = re.compile(rb'"Regex"\s*:\s*"((?:[^"\\]|\\.){0,100000})"?')
NESTED = re.compile(rb"(?:[+*}?]|\|[^|]*)\)+[+*{]")  # (a+)+, (a|a)* are exponential


def refuse_unsafe_folder(folder: Path) -> None:
    """Refuse a model folder that could run code or lie about its tensors.

    Only safetensors, JSON, tokenizer and text files may lie in it, without links.

    Raises:
        UnsafeWeightsError: A file is of another kind, or a link; a configuration asks
            for remote code, names a class of its own or brings a chat template; a
            tokenizer is too large or has a pattern that can take for ever; a
            safetensors file is unsound.
    """
    if not folder.is_dir():
        raise UnsafeWeightsError(f"there is no model in {folder}", code="weights.none")
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        _refuse_kind(path, name)
        if path.suffix == ".safetensors":
            refuse_unsafe_tensors(path)
        elif path.name == "tokenizer.json":
            _refuse_tokenizer(path, name)
        elif path.suffix == ".json":
            _refuse_configuration(path, name)


def describe_folder(
    folder: Path, kind: str, *, name: str, licence: str, base: Digest | None = None
) -> Checkpoint:
    """Name a model folder by the content of its files.

    Args:
        folder: The folder.
        kind: `encoder.v1`, `classify.v1`, …
        name: What people call it.
        licence: SPDX identifier of the weights' licence.
        base: The checkpoint it was made from.
    """
    files = tuple(
        FileEntry(
            name=path.relative_to(folder).as_posix(),
            digest=digest_file(path),
            size=path.stat().st_size,
        )
        for path in _walk(folder)
    )
    return Checkpoint(
        id=digest_of([to_json(file) for file in files]),
        model_kind=kind,
        name=name,
        licence=licence,
        files=files,
        base=base,
    )


def check_folder(checkpoint: Checkpoint, folder: Path) -> None:
    """Refuse a folder that is not, file by file, what the checkpoint says.

    Raises:
        IntegrityError: A file differs, is missing, or is one too many.
        UnsafeWeightsError: There is a link.
    """
    wanted = {file.name: file for file in checkpoint.files}
    found = {path.relative_to(folder).as_posix(): path for path in _walk(folder)}
    for name in sorted(set(wanted) | set(found)):
        if name not in found:
            raise _difference(name, "is missing", "missing-file")
        if name not in wanted:
            raise _difference(name, "does not belong there", "extra-file")
        entry, path = wanted[name], found[name]
        if path.stat().st_size != entry.size or digest_file(path) != entry.digest:
            raise _difference(name, "was changed", "changed")


def read_json(path: Path) -> Any:  # noqa: ANN401  # JSON
    """Read a small JSON file of a model folder.

    Raises:
        UnsafeWeightsError: It is too large, or not JSON.
    """
    if path.stat().st_size > JSON_LIMIT:
        raise UnsafeWeightsError(f"{path.name} is too large", code="weights.json")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnsafeWeightsError(
            f"{path.name} is not JSON", why=str(error), code="weights.json"
        ) from error


def _walk(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*"), key=lambda p: p.relative_to(folder).as_posix())
    for path in paths:
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise UnsafeWeightsError(
                f"{path.relative_to(folder).as_posix()!r} is a link or a device",
                hint="copy the file itself into the folder",
                code="weights.link",
            )
    return [path for path in paths if path.is_file()]


def _refuse_kind(path: Path, name: str) -> None:
    suffix = path.suffix.lower()
    if suffix in PICKLED:
        code, why = "pickle", f"files of kind {suffix} can run code when they are read"
    elif suffix in PROGRAMS:
        code, why = "code", "a model folder holds no programs"
    elif path.suffix in WELCOME or path.name in WELCOME_NAMES:
        return
    else:
        code, why = "kind", f"only {', '.join(WELCOME)} may lie in a model folder"
    raise UnsafeWeightsError(
        f"{name!r} is not allowed in a model folder",
        why=why,
        hint="take the safetensors version of the model, and only its files",
        code=f"weights.{code}",
    )


def _refuse_tokenizer(path: Path, name: str) -> None:
    if path.stat().st_size > TOKENIZER_LIMIT:
        raise UnsafeWeightsError(
            f"{name!r} is too large",
            why=f"a tokenizer has at most {TOKENIZER_LIMIT // 2**20} MiB",
            code="weights.tokenizer-size",
        )
    for pattern in PATTERN.findall(path.read_bytes()):
        if len(pattern) > 2000 or NESTED.search(pattern):
            raise UnsafeWeightsError(
                f"{name!r} has a pattern that can take for ever",
                why=pattern[:80].decode(errors="replace"),
                code="weights.tokenizer-pattern",
            )


def _refuse_configuration(path: Path, name: str) -> None:
    for key, value in _pairs(read_json(path)):
        if key in REMOTE_KEYS and value:
            why, code = f"it has {key!r}: code that comes with the model", "remote-code"
        elif key in TEMPLATE_KEYS and value:
            why, code = (
                "a template is a program, and no text is a chat here",
                "template",
            )
        elif key in CLASS_KEYS and _is_foreign(value, CLASS_KEYS[key]):
            why, code = f"{key!r} names the class {value!r}", "foreign-class"
        else:
            continue
        raise UnsafeWeightsError(
            f"{name!r} asks for code", why=why, code=f"weights.{code}"
        )


def _is_foreign(value: object, home: str) -> bool:
    return isinstance(value, str) and "." in value and not value.startswith(home)


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    """Give every key of a JSON value, however deep, without recursion."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from part.items()
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _difference(name: str, what: str, code: str) -> IntegrityError:
    return IntegrityError(
        f"{name!r} {what}",
        why="the folder is not what its checkpoint says",
        hint="take the folder from where it was made",
        code=f"weights.{code}",
    )
