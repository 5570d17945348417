# SPDX-License-Identifier: Apache-2.0
"""A model that was signed as OpenSSF has it is the released one, or it is refused."""

import shutil
import stat
import subprocess
import sys

import pytest
from tests.release.builders import a_key

from maalem.errors import IntegrityError, SettingsError
from maalem.release import verify

pytestmark = pytest.mark.filterwarnings("ignore")  # of the package's own imports


@pytest.fixture
def openssf():
    from maalem.release import openssf

    return openssf


@pytest.fixture
def signed(copied, tmp_path, openssf):
    """A copy of a release with its signature beside it."""
    openssf.sign_model(copied, key=tmp_path / "openssf.key")
    return copied


def public_key(tmp_path):
    return tmp_path / "openssf.key.pub"


def test_a_signed_model_holds_and_the_release_is_as_it_was(signed, tmp_path, openssf):
    openssf.refuse_unsigned(signed, public_key=public_key(tmp_path))
    assert openssf.signature_of(signed) == tmp_path / "copied.model.sig"
    assert verify(signed).ok


def test_the_packages_own_command_says_the_same(signed, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "model_signing", "verify", "key"),
            *(signed / "model", "--signature", tmp_path / "copied.model.sig"),
            *("--public_key", public_key(tmp_path)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "succeeded" in done.stdout


@pytest.mark.parametrize("name", ["extra.json", ".gitattributes"])
def test_an_additional_file_is_refused(signed, tmp_path, openssf, name):
    (signed / "model" / name).write_text("{}")
    with pytest.raises(IntegrityError) as refused:
        openssf.refuse_unsigned(signed, public_key=public_key(tmp_path))
    assert name in refused.value.why


def test_a_changed_file_is_refused(signed, tmp_path, openssf):
    (signed / "model" / "config.json").write_text("{}")
    with pytest.raises(IntegrityError) as refused:
        openssf.refuse_unsigned(signed, public_key=public_key(tmp_path))
    assert "config.json" in refused.value.why


def test_a_missing_file_is_refused(signed, tmp_path, openssf):
    (signed / "model" / "config.json").unlink()
    with pytest.raises(IntegrityError):
        openssf.refuse_unsigned(signed, public_key=public_key(tmp_path))


def test_another_key_is_refused(signed, tmp_path, openssf):
    stranger = openssf.ready_key(tmp_path / "stranger.key")
    with pytest.raises(IntegrityError):
        openssf.refuse_unsigned(signed, public_key=stranger)


def test_a_release_without_a_signature_is_refused(copied, tmp_path, openssf):
    public = openssf.ready_key(tmp_path / "openssf.key")
    with pytest.raises(IntegrityError) as refused:
        openssf.refuse_unsigned(copied, public_key=public)
    assert refused.value.code == "release.openssf"


def test_a_signature_of_another_release_is_refused(signed, tmp_path, openssf):
    other = shutil.copytree(signed, tmp_path / "other")
    (other / "model" / "config.json").write_text("{}")
    shutil.copy(tmp_path / "copied.model.sig", tmp_path / "other.model.sig")
    with pytest.raises(IntegrityError):
        openssf.refuse_unsigned(other, public_key=public_key(tmp_path))


def test_a_signature_in_the_release_itself_is_red(signed, tmp_path):
    shutil.copy(tmp_path / "copied.model.sig", signed / "model.sig")
    assert not verify(signed).ok


def test_a_key_is_made_for_its_owner_alone_and_used_again(tmp_path, openssf):
    path = tmp_path / "openssf.key"
    first = openssf.ready_key(path).read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert openssf.ready_key(path).read_bytes() == first


def test_a_key_that_others_may_read_is_refused(tmp_path, openssf):
    path = tmp_path / "openssf.key"
    openssf.ready_key(path)
    path.chmod(0o644)
    with pytest.raises(SettingsError) as refused:
        openssf.ready_key(path)
    assert refused.value.code == "release.openssf-key"


def test_a_key_of_another_kind_is_refused_and_nothing_is_written(
    copied, tmp_path, openssf
):
    a_key(tmp_path)  # Ed25519
    with pytest.raises(IntegrityError):
        openssf.sign_model(copied, key=tmp_path / "signing.key")
    assert not openssf.signature_of(copied).exists()
    assert not list(tmp_path.glob("*.partial"))
