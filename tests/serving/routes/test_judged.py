# SPDX-License-Identifier: Apache-2.0
"""What the traffic file says of two releases."""

import pytest
from tests.serving.routes.builders import TrafficFile

from maalem.errors import EngineError
from maalem.serving.routes.judged import Judged, open_traffic


def test_without_a_file_nothing_is_known(tmp_path):
    with open_traffic(tmp_path, "system") as traffic:
        assert traffic.judged("one", since=0.0) == []
        assert traffic.judged_pairs("one", "two") == []
        assert traffic.complaints("one", since=0.0) == (0, 0)
        assert traffic.disagreement("one", "two") == (0, 0)
        assert traffic.lowest() == 1.0
    assert not list(tmp_path.iterdir())


def test_a_file_without_the_tables_of_corrections_is_empty(tmp_path):
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "traffic.sqlite").touch()
    with open_traffic(tmp_path, "system") as traffic:
        assert traffic.judged("one", since=0.0) == []


def test_what_is_no_database_is_refused(tmp_path):
    TrafficFile(tmp_path).path.write_bytes(b"no database at all" * 100)
    with pytest.raises(EngineError), open_traffic(tmp_path, "system"):
        pass


def test_answers_are_right_or_wrong_as_most_experts_say(tmp_path):
    file = TrafficFile(tmp_path)
    for labels in (("a",), ("b",), ("a", "b", "b"), ("a", "b"), ()):
        file.judge(file.answer("one"), *labels, chosen=0.5)
    file.judge(file.answer("other"), "a")
    with open_traffic(tmp_path, "system") as traffic:
        found = traffic.judged("one", since=0.0)
        assert [one.is_wrong for one in found] == [False, True, True]
        assert {one.chosen for one in found} == {0.5}
        assert traffic.judged("one", since=2e10) == []
        assert traffic.lowest() == 0.5


def test_a_shadow_is_judged_on_the_texts_of_the_champion(tmp_path):
    file = TrafficFile(tmp_path)
    for place, label in (("", "a"), ("1", "b")):
        name = file.answer("one", label="a")
        file.answer("two", label=label, arm="shadow", name=f"{name}.shadow{place}")
        file.judge(name, "b", chosen=0.25)
    alone = file.answer("one")
    file.judge(alone, "a")
    with open_traffic(tmp_path, "system") as traffic:
        assert traffic.judged_pairs("one", "two") == [
            Judged(is_wrong=True, chosen=0.25, is_other_wrong=True),
            Judged(is_wrong=True, chosen=0.25, is_other_wrong=False),
        ]
        assert traffic.disagreement("one", "two") == (2, 1)


def test_two_complaints_about_one_answer_are_one(tmp_path):
    file = TrafficFile(tmp_path)
    names = [file.answer("one") for _ in range(3)]
    file.complain(names[0])
    file.complain(names[0])
    with open_traffic(tmp_path, "system") as traffic:
        assert traffic.complaints("one", since=0.0) == (3, 1)


def test_what_has_no_label_or_was_refused_is_no_answer(tmp_path):
    file = TrafficFile(tmp_path)
    embedded = file.answer("one", label="")
    file.answer("two", label="a", arm="shadow", name=f"{embedded}.shadow")
    file.answer("one", status=500)
    file.complain(file.answer("one"))
    with open_traffic(tmp_path, "system") as traffic:
        assert traffic.complaints("one", since=0.0) == (1, 1)
        assert traffic.disagreement("one", "two") == (0, 0)
