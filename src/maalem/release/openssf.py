# SPDX-License-Identifier: Apache-2.0
"""OpenSSF model signing of a release's model, for tools that know nothing of us.

It needs the extra `sign`. The signature lies beside the release, not in it: signatures
on elliptic curves are drawn at random, and a release is the same bytes each time.
"""

import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from model_signing import hashing, signing, verifying

from maalem.errors import IntegrityError, SettingsError, boundary
from maalem.release.folder import MODEL
from maalem.store.durable import write_whole

CURVE = "secp256r1"  # P-256


def signature_of(release: Path) -> Path:
    """Give the place of a release's OpenSSF signature: beside its folder."""
    folder = release.resolve()
    return folder.with_name(f"{folder.name}.model.sig")


def ready_key(path: Path) -> Path:
    """Make a P-256 key that only its owner can read, if there is none; check it.

    Returns:
        The file of the public key, which lies beside it.

    Raises:
        SettingsError: Others than the owner may read or write the key.
        IntegrityError: It is no P-256 key.
    """
    if not path.exists():
        made = generate_private_key(SECP256R1())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_whole(path, pem, mode=0o600)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SettingsError(
            f"the OpenSSF key {path} has mode {mode:04o}",
            why="others than its owner may read or write it",
            hint=f"chmod 600 {path}",
            code="release.openssf-key",
        )
    public = path.with_name(f"{path.name}.pub")
    write_whole(public, _public_of(path), mode=0o644)
    return public


def sign_model(release: Path, *, key: Path) -> Path:
    """Sign a release's model, and verify that signature before anybody relies on it.

    Args:
        release: The release.
        key: File of the private key, as `ready_key` leaves it.

    Returns:
        The signature's file; an older one is replaced.

    Raises:
        IntegrityError: There is no model, or what was written does not hold.
    """
    public, target = ready_key(key), signature_of(release)
    staged = target.with_name(f".{target.name}.partial")
    try:
        with boundary(IntegrityError, f"sign the model of {release.name}"):
            config = signing.Config().set_hashing_config(_every_file())
            config.use_elliptic_key_signer(private_key=key)
            config.sign(release / MODEL, staged)
        _refuse_unsigned(release, staged, public)
        write_whole(target, staged.read_bytes(), mode=0o644)
    finally:
        staged.unlink(missing_ok=True)
    return target


def refuse_unsigned(release: Path, *, public_key: Path) -> None:
    """Refuse a model that is not, file by file, the one that was signed.

    Args:
        release: The release; its signature lies beside it.
        public_key: File of the public key, PEM.

    Raises:
        IntegrityError: A file was changed, added or taken away, another key signed, or
            there is no signature.
    """
    _refuse_unsigned(release, signature_of(release), public_key)


def _refuse_unsigned(release: Path, signature: Path, public_key: Path) -> None:
    if not signature.is_file():
        raise IntegrityError(
            f"{signature.name} is missing",
            why="the OpenSSF signature lies beside the release's folder",
            hint="get it from where the release was signed",
            code="release.openssf",
        )
    hint = "get the model and its signature again from where they were signed"
    with boundary(IntegrityError, f"verify the model of {release.name}", hint=hint):
        config = verifying.Config().set_hashing_config(_every_file())
        config.use_elliptic_key_verifier(public_key=public_key)
        config.verify(release / MODEL, signature)


def _every_file() -> hashing.Config:
    return hashing.Config().set_ignored_paths(paths=(), ignore_git_paths=False)


def _public_of(path: Path) -> bytes:
    with boundary(IntegrityError, f"read the OpenSSF key {path}"):
        private = load_pem_private_key(path.read_bytes(), password=None)
        curve = (
            private.curve.name if isinstance(private, EllipticCurvePrivateKey) else ""
        )
        if curve != CURVE:
            raise ValueError(f"it is no key on {CURVE}")
        public = private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
