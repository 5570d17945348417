# SPDX-License-Identifier: Apache-2.0
"""A release tells other tools what it is, and can be signed for them."""

import json
import sys

import pytest
from tests.app import builders

from maalem.release.bom import BOM
from maalem.release.signing import open_envelope
from maalem.release.slsa import PROVENANCE

pytestmark = pytest.mark.filterwarnings("ignore")  # of the package's own imports


def test_a_release_of_the_loop_names_its_libraries_base_and_time(maalem, journey):
    claims = maalem("verify", journey.release, "--json").json["claims"]
    status = {claim["name"]: claim["status"] for claim in claims}
    assert (status["provenance"], status["bom"]) == ("green", "green")
    envelope = open_envelope((journey.release / PROVENANCE).read_bytes())
    predicate = json.loads(envelope.payload)["predicate"]
    build, details = predicate["buildDefinition"], predicate["runDetails"]
    assert set(build["internalParameters"]["libraryLock"]) == {"sha256"}
    urls = {
        one.get("uri", "").partition("@")[0] for one in build["resolvedDependencies"]
    }
    assert {"pkg:pypi/numpy", "pkg:pypi/maalem", "pkg:generic/python"} <= urls
    assert details["metadata"]["finishedOn"].endswith("Z")
    bill = json.loads((journey.release / BOM).read_bytes())
    (base,) = [part for part in bill["components"] if part["bom-ref"] == "base"]
    assert (
        base["name"] == json.loads((journey.release / "base.json").read_bytes())["name"]
    )


def test_a_release_is_signed_as_openssf_has_it_and_verified(maalem, copied, tmp_path):
    key = tmp_path / "openssf.key"
    words = ("release", "system", "--against-the-verdict", "--openssf", key, "--json")
    made = maalem("-C", copied, *words)
    assert made.code == 0
    folder = copied / "releases" / "system-2"
    assert made.json["openssf"] == str(copied / "releases" / "system-2.model.sig")
    verified = ("verify", folder, "--openssf", f"{key}.pub")
    assert maalem(*verified).code == 0
    builders.flip_a_bit(copied / "releases" / "system-2.model.sig")
    assert maalem(*verified).code == 5


def test_a_key_that_cannot_sign_is_refused_before_anything_is_released(
    maalem, copied, tmp_path
):
    key = tmp_path / "openssf.key"
    key.write_text("no key")
    key.chmod(0o600)
    words = ("release", "system", "--against-the-verdict", "--openssf", key)
    assert maalem("-C", copied, *words).code == 5
    assert not (copied / "releases" / "system-2").exists()


def test_without_the_extra_the_way_to_get_it_is_named(maalem, journey, monkeypatch):
    monkeypatch.setitem(sys.modules, "model_signing", None)
    monkeypatch.delitem(sys.modules, "maalem.release.openssf", raising=False)
    refused = maalem(
        *("verify", journey.release, "--openssf", journey.release / "ledger.pub"),
        "--json",
    )
    assert refused.error["code"] == "part.missing"
    assert "maalem[sign]" in refused.error["hint"]
