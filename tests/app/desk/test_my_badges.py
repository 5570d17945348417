# SPDX-License-Identifier: Apache-2.0
"""Qualifications on the page of their holder, as badges that anybody can check."""

import json
from datetime import UTC, datetime

import pytest

from maalem.app.main import run
from maalem.app.steps.badges import check_badge
from maalem.app.steps.keys import revoke, rotate
from maalem.errors import IntegrityError, UsageError
from maalem.records import Qualification, digest_of

NOW = datetime(2027, 2, 1, tzinfo=UTC)  # the open desk's clock stands in January


def qualify(opened, role="expert", *, right=9, language="ar", expires="2027-06-30"):
    one = Qualification(
        id=digest_of({"role": role, "language": language, "right": right}),
        task="system",
        language=language,
        annotator=opened.member(role).id,
        guideline=opened.work.task("system").version,
        cards=10,
        right=right,
        pass_mark=0.8,
        passed=right >= 8,
        at="2026-01-01T08:00:00+00:00",
        expires=f"{expires}T08:00:00+00:00",
    )
    opened.work.store.append("qualify", [one])
    return one


def a_file(tmp_path, text):
    path = tmp_path / "badge.jwt"
    path.write_text(text)
    return path


def test_my_page_lists_what_i_qualified_for_and_nobody_elses(opened, desk_client):
    mine = qualify(opened)
    foreign = qualify(opened, "curator")
    shown = desk_client("expert").get("/me").text
    assert f"/me/badges/{mine.id}" in shown
    assert foreign.id not in shown
    assert "أي نظام تعطل؟" in shown


def test_who_has_tried_nothing_sees_no_qualifications(desk_client):
    assert "/me/badges/" not in desk_client("expert").get("/me").text


def test_a_trial_that_was_not_passed_is_shown_and_is_no_badge(opened, desk_client):
    failed = qualify(opened, "owner", right=7)
    client = desk_client("owner")
    shown = client.get("/me").text
    assert "not passed" in shown
    assert f"/me/badges/{failed.id}" not in shown
    refused = client.get(f"/me/badges/{failed.id}")
    assert refused.status_code == 422
    assert "experts.not-passed" in refused.text


def test_what_has_expired_is_said_to_be_so(opened, desk_client):
    qualify(opened, "owner", expires="2026-12-31")
    assert "expired" in desk_client("owner").get("/me").text


@pytest.mark.parametrize("asked", ["", "?named=yes"])
def test_a_badge_holds_and_names_its_holder_only_where_asked(
    opened, desk_client, tmp_path, asked
):
    one = qualify(opened)
    answer = desk_client("expert").get(f"/me/badges/{one.id}{asked}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vc+jwt"
    assert answer.headers["content-disposition"].startswith("attachment;")
    path = a_file(tmp_path, answer.text)
    badge = check_badge(path, key=None, folder=opened.work.folder, now=NOW)
    member = opened.member("expert")
    assert badge.holder == member.id
    assert badge.name == (member.name if asked else None)
    assert badge.issuer == opened.work.project.project.name


def test_nobody_gets_the_badge_of_another(opened, desk_client):
    one = qualify(opened)
    assert desk_client("owner").get(f"/me/badges/{one.id}").status_code == 404
    missing = f"/me/badges/sha256:{'0' * 64}"
    assert desk_client("expert").get(missing).status_code == 404


def test_a_badge_is_checked_on_any_machine_with_the_key_alone(
    opened, desk_client, tmp_path, capsys
):
    one = qualify(opened, expires="2199-06-30")
    text = desk_client("expert").get(f"/me/badges/{one.id}").text
    key = tmp_path / "their.pub"
    key.write_bytes((opened.work.folder / "keys" / "ledger.pub").read_bytes())
    path = a_file(tmp_path, text)
    badge = check_badge(path, key=key, folder=tmp_path, now=NOW)
    assert badge.achievement.endswith("(ar)")
    with pytest.raises(UsageError, match="whose key"):
        check_badge(path, key=None, folder=tmp_path, now=NOW)
    assert run(["--json", "verify", str(path), "--key", str(key)]) == 0
    assert json.loads(capsys.readouterr().out)["holder"] == badge.holder


def test_a_badge_holds_after_a_rotation_until_its_key_is_revoked(
    opened, desk_client, tmp_path
):
    one, work = qualify(opened), opened.work
    client = desk_client("expert")
    old = a_file(tmp_path, client.get(f"/me/badges/{one.id}").text)
    rotate(work, keeps_old=False)
    assert check_badge(old, key=None, folder=work.folder, now=NOW)
    revoke(work, name=None, since=1, why="a stolen notebook")
    with pytest.raises(IntegrityError) as refused:
        check_badge(old, key=None, folder=work.folder, now=NOW)
    assert refused.value.code == "experts.badge-revoked"
    client = desk_client("expert")
    new = a_file(tmp_path, client.get(f"/me/badges/{one.id}").text)
    assert check_badge(new, key=None, folder=work.folder, now=NOW)


def test_a_changed_badge_is_refused(opened, desk_client, tmp_path):
    one = qualify(opened)
    text = desk_client("expert").get(f"/me/badges/{one.id}").text
    middle = len(text) // 2
    letter = "A" if text[middle] != "A" else "B"
    path = a_file(tmp_path, text[:middle] + letter + text[middle + 1 :])
    with pytest.raises(IntegrityError):
        check_badge(path, key=None, folder=opened.work.folder, now=NOW)


def test_a_file_that_is_no_badge_is_refused(work, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\xff" * 40_000)
    with pytest.raises(IntegrityError) as refused:
        check_badge(path, key=None, folder=work.folder, now=NOW)
    assert refused.value.code == "experts.badge"
