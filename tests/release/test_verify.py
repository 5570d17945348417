# SPDX-License-Identifier: Apache-2.0
import base64
import json
import os
import shutil
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.release.builders import a_key, a_release

from maalem.errors import IntegrityError
from maalem.records import digest_file
from maalem.release import refuse_unverified, verify
from maalem.release.promise import open_promise
from maalem.release.signing import is_signed_by, open_envelope
from maalem.store import SigningKey
from maalem.store.keys import read_verifier, signature_holds
from maalem.store.notes import read_tlog_proof, signature_line

NAMES = (
    "files",
    "signature",
    "signer",
    "statement",
    "records",
    "weights",
    "ledger",
    "gate",
    "approval",
    "seal",
    "provenance",
    "bom",
)


def status(verification):
    return {claim.name: claim.status for claim in verification.claims}


def text_of(verification, name):
    return next(claim.text for claim in verification.claims if claim.name == name)


def names_in(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def key_of(folder):
    return read_verifier((folder / "ledger.pub").read_text())[1]


def flip(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(bytes(content))


def test_a_release_as_it_was_made_holds(released):
    verification = verify(released)
    assert tuple(claim.name for claim in verification.claims) == NAMES
    assert verification.ok
    doubts = [claim.name for claim in verification.doubts]
    assert doubts == ["signature", "approval", "seal"]


def test_with_a_key_got_another_way_the_signature_is_green(released):
    raw = verify(released, key=key_of(released))
    line = verify(released, key=(released / "ledger.pub").read_bytes())
    assert raw == line
    assert status(raw)["signature"] == "green"


def test_a_key_that_came_along_is_to_be_compared_out_of_band(released):
    assert "out of band" in text_of(verify(released), "signature")


def test_another_key_is_red_for_signature_and_ledger(released, tmp_path):
    verification = verify(released, key=a_key(tmp_path).public_bytes)
    assert not verification.ok
    assert status(verification)["signature"] == "red"
    assert status(verification)["ledger"] == "red"


def test_what_is_no_key_is_refused(released):
    with pytest.raises(IntegrityError):
        verify(released, key=b"not a key")


def test_a_flipped_bit_in_any_file_is_found(copied):
    for name in names_in(copied):
        path = copied / name
        bits = 8 * path.stat().st_size
        for bit in sorted({0, 7, bits // 3, bits // 2, bits - 8, bits - 1}):
            flip(path, bit)
            assert not verify(copied).ok, (name, bit)
            flip(path, bit)
    assert verify(copied).ok


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_flipped_bit_is_found(copied, data):
    path = copied / data.draw(st.sampled_from(names_in(copied)))
    bit = data.draw(st.integers(0, 8 * path.stat().st_size - 1))
    flip(path, bit)
    try:
        assert not verify(copied).ok
    finally:
        flip(path, bit)


@pytest.mark.slow
def test_every_single_bit_of_the_signature_counts(released):
    text = (released / "signature.dsse.json").read_bytes()
    key = key_of(released)
    assert is_signed_by(open_envelope(text), key)
    for bit in range(8 * len(text)):
        harmed = bytearray(text)
        harmed[bit // 8] ^= 1 << bit % 8
        try:
            holds = is_signed_by(open_envelope(bytes(harmed)), key)
        except IntegrityError:
            holds = False
        assert not holds, bit


def test_every_single_bit_of_the_proof_counts(released):
    text = (released / "ledger.tlog-proof").read_bytes()
    known = {
        "origin": "maalem/orders",
        "key": key_of(released),
        "release": verify(released).release,
    }
    assert open_promise(text.decode(), **known).index == 2
    for bit in range(8 * len(text)):
        harmed = bytearray(text)
        harmed[bit // 8] ^= 1 << bit % 8
        try:
            open_promise(harmed.decode(), **known)
        except (IntegrityError, UnicodeDecodeError):
            continue
        pytest.fail(f"bit {bit} was not found")


def test_any_missing_file_is_found(copied):
    for name in names_in(copied):
        content = (copied / name).read_bytes()
        (copied / name).unlink()
        verification = verify(copied)
        assert not verification.ok, name
        assert status(verification)["files"] == "red", name
        (copied / name).write_bytes(content)
    assert verify(copied).ok


@pytest.mark.parametrize(
    "name",
    [
        "extra.txt",
        "model/extra.json",
        "model/training_args.bin",
        "model/evil.py",
        "dataset/teaching.parquet",
        ".hidden",
        "new/deep/file",
        "sitecustomize.py",
    ],
)
def test_any_additional_file_is_found_and_never_run(copied, name):
    path = copied / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("raise SystemExit")
    before = set(sys.modules)
    verification = verify(copied)
    assert not verification.ok
    assert name in text_of(verification, "files")
    assert not {"evil", "sitecustomize"} & (set(sys.modules) - before)


def test_an_additional_empty_folder_is_found(copied):
    (copied / "model" / "empty").mkdir()
    assert "'model/empty' is an empty folder" in text_of(verify(copied), "files")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "release").write_text("not a folder")
    assert not verify(tmp_path / "release").ok
    assert not verify(tmp_path / "nothing").ok


@pytest.mark.parametrize("name", ["verdict.json", "manifest.json", "ledger.tlog-proof"])
def test_a_link_is_refused_though_it_leads_to_the_right_bytes(copied, tmp_path, name):
    shutil.move(copied / name, tmp_path / "elsewhere")
    (copied / name).symlink_to(tmp_path / "elsewhere")
    verification = verify(copied)
    assert not verification.ok
    assert status(verification)["files"] == "red"


def test_a_linked_folder_is_refused(copied, tmp_path):
    shutil.move(copied / "dataset", tmp_path / "dataset")
    (copied / "dataset").symlink_to(tmp_path / "dataset")
    assert not verify(copied).ok


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_refused_and_never_waited_for(copied):
    (copied / "verdict.json").unlink()
    os.mkfifo(copied / "verdict.json")
    assert "'verdict.json' is a device" in text_of(verify(copied), "files")


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/passwd",
        "model/../../outside.txt",
        "model\\config.json",
        "C:/windows.txt",
        "a\x00b",
        "a\u202eb",
        "",
        "README.MD",
    ],
)
def test_a_manifest_that_names_what_lies_elsewhere_is_refused(copied, name):
    (copied.parent / "outside.txt").write_text("outside")
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"].append({"name": name, "digest": "sha256:0", "size": 7})
    path.write_text(json.dumps(manifest))
    verification = verify(copied)
    assert status(verification)["files"] == "red"
    assert "misnamed" in text_of(verification, "files")


def test_names_that_another_system_confuses_are_refused(copied):
    (copied / "readme.md").write_text("x")
    assert "is not a name for a file" in text_of(verify(copied), "files")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b"{}",
        b'{"schema": "maalem.release/1"}',
        b'{"schema": "maalem.release/1", "files": 3, "records": []}',
        b'{"schema": "maalem.release/1", "files": [3], "records": {}}',
        b'{"schema": "maalem.release/1", "files": [{"name": 3}], "records": 1}',
        b'{"schema": "maalem.release/2", "files": []}',
        b'{"schema": 1, "schema": 2}',
        b"[" * 200_000,
        b'{"schema": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "evaluation.json",
        "verdict.json",
        "run.json",
        "base.json",
        "bom.cdx.json",
        "provenance.intoto.jsonl",
        "checkpoint.json",
        "dataset/dataset.json",
        "signature.dsse.json",
        "ledger.tlog-proof",
        "ledger.pub",
    ],
)
def test_nonsense_in_any_file_is_red_and_no_crash(copied, name, content):
    (copied / name).write_bytes(content)
    verification = verify(copied)
    assert not verification.ok
    assert all(claim.text.endswith(".") for claim in verification.claims)


def test_a_swapped_model_is_found_even_if_the_manifest_is_corrected(copied):
    model = copied / "model" / "maalem.json"
    model.write_text('{"labels": ["a", "b"]}')
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    for file in manifest["files"]:
        if file["name"] == "model/maalem.json":
            file |= {"digest": digest_file(model), "size": model.stat().st_size}
    path.write_text(json.dumps(manifest))
    found = status(verify(copied))
    assert found["files"] == "green"
    assert found["statement"] == found["weights"] == found["ledger"] == "red"


def test_a_release_signed_anew_by_a_stranger_fails_the_owners_key(tmp_path, released):
    _, forged = a_release(tmp_path, number=9)
    assert verify(forged).ok
    verification = verify(forged, key=key_of(released))
    assert status(verification)["signature"] == "red"
    assert status(verification)["ledger"] == "red"


def test_the_proof_of_another_release_is_found(copied, tmp_path):
    _, other = a_release(tmp_path, number=9)
    shutil.copy(other / "ledger.tlog-proof", copied / "ledger.tlog-proof")
    assert status(verify(copied))["ledger"] == "red"


def test_a_release_without_its_proof_is_not_ready(copied):
    (copied / "ledger.tlog-proof").unlink()
    verification = verify(copied)
    assert not verification.ok
    assert text_of(verification, "ledger") == "'ledger.tlog-proof' is missing."


def test_a_witness_that_is_not_checked_is_named(copied, tmp_path):
    path = copied / "ledger.tlog-proof"
    text = path.read_text()
    checkpoint = read_tlog_proof(text).checkpoint
    body = checkpoint.partition("\n\n")[0] + "\n"
    witness = SigningKey.create(tmp_path / "witness.key", "witness.example/w1")
    path.write_text(text + signature_line(body, witness))
    verification = verify(copied)
    assert verification.ok
    assert status(verification)["ledger"] == "amber"
    assert "witness.example/w1" in text_of(verification, "ledger")


def test_a_refused_release_says_why(copied):
    assert refuse_unverified(copied).ok
    (copied / "verdict.json").unlink()
    with pytest.raises(IntegrityError) as refused:
        refuse_unverified(copied)
    assert refused.value.code == "release.unverified"
    assert "'verdict.json' is missing" in refused.value.why


def test_the_signature_is_a_dsse_envelope_about_an_in_toto_statement(released):
    envelope = json.loads((released / "signature.dsse.json").read_text())
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    payload = base64.b64decode(envelope["payload"])
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(payload), payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    assert signature_holds(key_of(released), signature, signed)
    statement = json.loads(payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {subject["name"] for subject in statement["subject"]} == {
        name
        for name in names_in(released)
        if name not in {"signature.dsse.json", "ledger.tlog-proof"}
    }


def test_verifying_does_not_touch_the_folder(copied):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    verify(copied)
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before
