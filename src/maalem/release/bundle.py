# SPDX-License-Identifier: Apache-2.0
"""How a release comes to be: written and signed at once, its proof added after."""

import shutil
from pathlib import Path

from maalem.errors import DataError, IntegrityError, boundary
from maalem.models.folder import check_folder, refuse_unsafe_folder
from maalem.records import FileEntry, Json, Release
from maalem.release.account import Account
from maalem.release.agreement import refuse_mismatch
from maalem.release.approvals import APPROVAL
from maalem.release.bom import BOM, write_bom
from maalem.release.card import render_card
from maalem.release.contents import BundleContents
from maalem.release.folder import (
    KEYS,
    MANIFEST,
    MODEL,
    PROOF,
    PUBLIC_KEY,
    SIGNATURE,
    all_at_once,
    look_into,
)
from maalem.release.manifest import (
    a_release,
    pretty,
    read_release,
    records_of,
    release_digest,
    write_manifest,
    write_records,
)
from maalem.release.page import PAGES, render_page
from maalem.release.probes import write_probes
from maalem.release.promise import open_promise
from maalem.release.signing import fingerprint, sign, write_statement
from maalem.release.slsa import PROVENANCE, write_provenance
from maalem.store.durable import write_whole
from maalem.store.keys import SigningKey, read_verifier

FROM_DATASET = ("manifest.json", "croissant.json", "README.md")
"""What is taken from a dataset's folder: what describes it, never its texts."""


def bundle(contents: BundleContents, into: Path, *, key: SigningKey) -> Release:
    """Write and sign a release; the ledger's promise is added by `attach_proof`.

    The folder appears whole or not at all, and is never written over. The same
    contents and key give the same bytes.

    Args:
        contents: What the release is made of.
        into: The release's own folder; it must not be there yet.
        key: The ledger's key, which signs the release too.

    Raises:
        SettingsError: The number is below 1.
        IntegrityError: The records contradict each other, or the model's folder is
            not what its record says.
        UnsafeWeightsError: The model's folder holds what must not be loaded.
        DataError: There is something at `into`, or the dataset's folder lacks a file.
    """
    refuse_mismatch(contents)
    if contents.origin != key.name:
        raise IntegrityError(
            f"the key of {key.name} cannot sign what {contents.origin} promises",
            hint="sign with the ledger's own key",
            code="release.mismatch",
        )
    refuse_unsafe_folder(contents.checkpoint_folder)
    check_folder(contents.checkpoint, contents.checkpoint_folder)
    signer = fingerprint(key.public_bytes)
    with all_at_once(into) as folder:
        _copy_model(contents, folder)
        _copy_dataset(contents, folder)
        _write(folder, _texts(contents, key))
        files = look_into(folder).signed
        _write(folder, {MANIFEST: write_manifest(contents, files, signer)})
        found = look_into(folder)
        _write(folder, {SIGNATURE: _signed(contents, found.signed, key)})
    return a_release(
        records_of(contents), found.signed, number=contents.number, signer=signer
    )


def attach_proof(folder: Path, proof: str) -> None:
    """Add the ledger's proof that it promised this release; twice is once.

    The proof needs no signature of its own: it holds by the ledger's key alone.

    Args:
        folder: A release.
        proof: The proof of the entry whose details name the release, tlog-proof text.

    Raises:
        IntegrityError: The folder is not a release, or the proof does not hold or
            promises something else.
        DataError: The release has another proof already.
    """
    release = read_release(folder)
    with boundary(IntegrityError, "read the public key of the ledger"):
        origin, key = read_verifier((folder / PUBLIC_KEY).read_text(encoding="utf-8"))
    open_promise(proof, origin=origin, key=key, release=release.id)
    path = folder / PROOF
    if path.exists() and path.read_bytes() != proof.encode():
        raise DataError(
            f"{folder.name} has a proof already",
            why="a release is never overwritten",
            code="release.proof-exists",
        )
    write_whole(path, proof.encode(), mode=0o644)


def _copy_model(contents: BundleContents, folder: Path) -> None:
    for file in contents.checkpoint.files:
        target = folder / MODEL / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(contents.checkpoint_folder / file.name, target)
    check_folder(contents.checkpoint, folder / MODEL)  # the copy, not the original


def _copy_dataset(contents: BundleContents, folder: Path) -> None:
    target = folder / "dataset"
    target.mkdir()
    for name in FROM_DATASET:
        source = contents.dataset_folder / name
        if source.is_symlink() or not source.is_file():
            raise DataError(
                f"the dataset's folder has no {name}",
                hint="freeze the dataset again",
                code="release.dataset-files",
            )
        shutil.copyfile(source, target / name)


def _texts(contents: BundleContents, key: SigningKey) -> dict[str, bytes]:
    signer, approval = fingerprint(key.public_bytes), contents.approval
    return {
        **({APPROVAL: pretty(approval.json)} if approval else {}),
        **({KEYS: contents.keys.encode()} if contents.keys else {}),
        **write_records(records_of(contents)),
        **write_probes(contents.probes),
        "task.toml": contents.task.toml.encode(),
        "guideline.md": contents.task.guideline.encode(),
        "README.md": render_card(contents, signer=signer).encode(),
        **{
            file: render_page(contents, signer=signer, language=language).encode()
            for language, file in PAGES.items()
        },
        **_documents(Account.of(contents, signer=signer), key),
        PUBLIC_KEY: f"{key.verifier}\n".encode(),
    }


def _documents(account: Account, key: SigningKey) -> dict[str, bytes]:
    """Write what other tools read; of an unrecorded training there is no provenance."""
    told = {BOM: write_bom(account)}
    if account.run is not None:
        told[PROVENANCE] = sign(write_provenance(account, account.run), key)
    return told


def _signed(
    contents: BundleContents, files: tuple[FileEntry, ...], key: SigningKey
) -> bytes:
    predicate: dict[str, Json] = {
        "release": release_digest(files),
        "task": contents.dataset.task,
        "task_version": contents.task.version,
        "number": contents.number,
        "records": records_of(contents).digests,
    }
    return sign(write_statement(files, predicate), key)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
