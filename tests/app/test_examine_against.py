# SPDX-License-Identifier: Apache-2.0
"""`maalem examine --against`: one exam, several models, and the gate's word on each."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.app.builders import SECRET, WORDS, actions
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture

from maalem.app import loop
from maalem.app.steps.examined import latest_exam
from maalem.records import EvalReport, Verdict

SYSTEMS = {
    fault: system
    for words in WORDS.values()
    for system, faults in words.items()
    for fault in faults
}


@contextmanager
def an_upstream(answer, usage=(90, 6)):
    """Serve chat completions on this machine; give the address and what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((dict(self.headers), body))
            told = answer(body["messages"][1]["content"])
            reply = {
                "choices": [{"message": {"role": "assistant", "content": told}}],
                "usage": dict(
                    zip(("prompt_tokens", "completion_tokens"), usage, strict=True)
                ),
            }
            written = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def knows(content):
    """Answer with the right system, as JSON."""
    system = next(one for fault, one in SYSTEMS.items() if fault in content)
    return json.dumps({"label": system})


def settings(folder, url, **more):
    lines = ["", "[[upstreams.served]]", 'name = "vendor"', f'url = "{url}"']
    lines += ['models = { small = "small-7b" }']
    lines += [f"{key} = {value}" for key, value in more.items()]
    path = folder / "maalem.toml"
    path.write_text(path.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")


def table(folder, text):
    path = folder / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{text}\n", "utf-8")


def test_the_same_model_under_another_name_stands_level_and_costs_a_look(
    copied, maalem
):
    before = actions(copied)["exam.look"]
    answer = maalem(
        "-C", copied, "--json", "examine", "system", "--against", "system-1"
    )
    assert answer.code == 0
    own, other = answer.json["standings"]
    assert other["name"] == "system-1"
    assert own["accuracy"]["value"] == other["accuracy"]["value"]
    assert answer.json["report"]["look"] == before + 2
    assert actions(copied)["exam.look"] == before + 2
    assert own["latency"]["median"] > 0.0
    assert own["cost"]["amount"] is None  # not known is never 0
    assert own["cost"]["reason"]


def test_a_model_elsewhere_is_asked_each_text_of_the_exam_once(
    copied,
    maalem,
    loopback,  # noqa: F811  # the fixture
):
    table(copied, '[prices]\nper_million = ["small@vendor 1.0 10.0"]')
    with an_upstream(knows) as (url, asked):
        settings(copied, url)
        answer = maalem(
            "-C", copied, "--json", "examine", "system", "--against", "small@vendor"
        )
    assert answer.code == 0
    own, other = answer.json["standings"]
    assert len(asked) == other["accuracy"]["count"] == own["accuracy"]["count"]
    assert other["accuracy"]["value"] == 1.0
    assert other["no_label"] == 0
    assert other["cost"]["amount"] == pytest.approx(1000 * (90 * 1.0 + 6 * 10.0) / 1e6)
    assert {body["model"] for _, body in asked} == {"small-7b"}
    assert answer.json["choice"]["champion"] in (own["name"], "small@vendor")


def test_what_is_no_label_counts_as_wrong_and_is_counted_apart(
    copied,
    maalem,
    loopback,  # noqa: F811  # the fixture
):
    with an_upstream(lambda _: "I would rather not say.") as (url, _):
        settings(copied, url)
        told = maalem(
            "-C", copied, "--json", "examine", "system", "--against", "small@vendor"
        ).json
    own, other = told["standings"]
    assert other["no_label"] == other["accuracy"]["count"]
    assert other["accuracy"]["value"] == 0.0
    assert other["outcome"] == "don't ship"
    assert told["choice"]["champion"] == own["name"]
    assert told["next"] == "maalem release system"


def test_labels_without_probabilities_have_no_log_loss(copied, loopback):  # noqa: F811  # the fixture
    from maalem.app.steps.challengers import challengers_of
    from maalem.app.steps.exams import examine
    from maalem.app.steps.runs import latest_runs

    with an_upstream(knows) as (url, _):
        settings(copied, url)
        with loop.open_workspace(copied) as work:
            runs = latest_runs(work, "system")
            against = challengers_of(work, runs[0], ["small@vendor"])
            examine(work, runs, against=against)
            exam = latest_exam(work, "system")
            assert exam.find("log-loss", "small@vendor").value is None
            assert exam.find("log-loss", "candidate").value is not None
            (own, other) = exam.contest.standings
            report = work.store.get(EvalReport, other.report)
            assert report.checkpoint == other.model
            rivals = {one.other for one in report.comparisons}
            assert own.name in rivals
            assert "small@vendor" not in rivals
            assert work.store.get(Verdict, other.verdict).report == report.id
            released, _ = loop.release(work, exam)
            assert released.report == exam.report.id


def test_texts_that_may_not_leave_are_sent_nowhere_and_cost_no_look(
    copied,
    maalem,
    loopback,  # noqa: F811  # the fixture
):
    before = actions(copied)
    table(copied, "[upstreams]\ncallers_may_send = true")
    with an_upstream(knows) as (url, asked):
        settings(copied, url, leaves_house="true")
        answer = maalem(
            "-C", copied, "--json", "examine", "system", "--against", "small@vendor"
        )
    assert answer.code == 2
    assert answer.error["code"] == "examine.policy"
    assert not asked
    assert actions(copied) == before


def test_texts_that_went_out_are_told_of_in_the_ledger_and_the_exam(
    copied,
    maalem,
    loopback,  # noqa: F811  # the fixture
):
    table(copied, '[upstreams]\nmay_leave = ["system"]')
    with an_upstream(knows) as (url, _):
        settings(copied, url, leaves_house="true")
        answer = maalem(
            "-C", copied, "--json", "examine", "system", "--against", "small@vendor"
        )
    assert answer.code == 0
    (note,) = [one for one in answer.json["notes"] if "outside the house" in one]
    assert "small@vendor" in note
    assert answer.json["standings"][1]["leaves_house"]
    with loop.open_workspace(copied) as work:
        *_, look = work.store.entries("exam.look")
        assert look.details["model"] == "small@vendor"
        assert look.details["leaves_house"]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        (("nobody@vendor",), "examine.upstream-unknown"),
        (("system-9",), "trace.unknown"),
        (("system",), "examine.no-model"),
        (("system-1", "system-1"), "examine.twice"),
    ],
)
def test_who_cannot_sit_is_refused_before_anybody_looks(copied, maalem, named, code):
    before = actions(copied)
    options = [part for name in named for part in ("--against", name)]
    answer = maalem("-C", copied, "--json", "examine", "system", *options)
    assert answer.code == 2
    assert answer.error["code"] == code
    assert actions(copied) == before


def test_the_key_of_an_upstream_is_sent_and_shown_nowhere(
    copied,
    maalem,
    loopback,  # noqa: F811  # the fixture
):
    key = copied / "vendor.key"
    key.write_text(f"{SECRET}\n", "utf-8")
    key.chmod(0o600)
    with an_upstream(knows) as (url, asked):
        settings(copied, url, key_file='"vendor.key"')
        answer = maalem("-C", copied, "examine", "system", "--against", "small@vendor")
    assert answer.code == 0
    heads = [{k.lower(): v for k, v in head.items()} for head, _ in asked]
    assert {head["authorization"] for head in heads} == {f"Bearer {SECRET}"}
    assert SECRET not in answer.out + answer.err


@pytest.mark.parametrize("mode", [0o644, 0o620, None])
def test_a_key_that_others_may_read_or_that_is_missing_is_refused(copied, maalem, mode):
    if mode is not None:
        (copied / "vendor.key").write_text("k", "utf-8")
        (copied / "vendor.key").chmod(mode)
    settings(copied, "http://127.0.0.1:9/v1", key_file='"vendor.key"')
    told = maalem(
        "-C", copied, "--json", "examine", "system", "--against", "small@vendor"
    )
    assert told.code == 2
    assert "key" in told.error["message"]
    assert actions(copied)["exam.look"] == 1
