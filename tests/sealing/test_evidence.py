# SPDX-License-Identifier: Apache-2.0
"""Evidence is seen from outside, counts what was refused, and no job can touch it."""

import fcntl
import json
import signal
import time
from contextlib import suppress

import pytest
from tests.sealing.builders import run_sealed
from tests.sealing.conftest import skip

from maalem.errors import SealError
from maalem.records import Attempt, Seal, from_json, to_json
from maalem.sealing.evidence import refuse_below, seal_of, seal_words, unsealed_line


def test_a_job_that_tries_nothing_is_refused_nothing(place, here):
    if "filter" not in here.layers:
        skip("no seccomp")
    ran = run_sealed(place, "print('done')")
    assert "done" in ran.said
    assert (ran.seal.refused, ran.seal.attempts, ran.seal.bites) == (0, (), 0)


def test_each_refused_attempt_is_counted_with_process_and_family(place, here):
    if "filter" not in here.layers:
        skip("no seccomp")
    text = """
import socket, subprocess
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_INET6):
    try:
        socket.socket(family)
    except OSError as error:
        print(error.errno)
subprocess.run(['./phone', 'tcp', '9'], check=False)
"""
    if not (place / "phone").exists():
        skip("no C compiler")
    seal = run_sealed(place, text).seal
    found = {(one.process, one.call, one.family): one.count for one in seal.attempts}
    assert found["phone", "socket", "inet"] == 1
    assert sum(n for key, n in found.items() if key[1:] == ("socket", "inet6")) == 2
    assert seal.refused == 4


def test_without_a_listener_nothing_is_said_to_have_been_counted(place, here):
    if "filter" not in here.layers:
        skip("no seccomp")
    text = "import socket\ntry: socket.socket()\nexcept OSError: print('refused')"
    ran = run_sealed(place, text, without=("listener",))
    assert "refused" in ran.said
    assert ran.seal.refused is None


def test_a_job_finds_no_way_to_its_evidence(place, here):
    if here.level < 3:
        skip(f"this machine seals up to level {here.level}")
    text = """
import os
def tries():
    for number in range(3, 4096):
        yield lambda: os.write(number, b'forged')
    for process in range(1, 64):
        for number in range(3, 12):
            yield lambda: os.open(f'/proc/{process}/fd/{number}', os.O_WRONLY)
    yield lambda: os.open('../' + os.path.basename(os.getcwd()) + '.seal.jsonl', 1)
for deed in tries():
    try:
        deed()
    except OSError:
        continue
    print('reached')
"""
    ran = run_sealed(place, text)
    assert "reached" not in ran.said
    assert [line["event"] for line in ran.lines] == ["checked", "ended"]


def test_a_seal_below_what_is_required_starts_nothing(place):
    text = "open('begun', 'w').close()"
    ran = run_sealed(place, text, require=4, without=("bubblewrap",))
    assert ran.code == 77
    assert not (ran.folder / "begun").exists()
    with pytest.raises(SealError) as refusal:
        refuse_below(ran.content, 4)
    assert refusal.value.code == "sealing.too-low"


def test_the_fifth_level_is_not_ours_to_declare(place):
    ran = run_sealed(place, "open('begun', 'w').close()", require=5)
    assert not (ran.folder / "begun").exists()
    assert [line["event"] for line in ran.lines] == ["refused"]
    assert ran.lines[0]["level"] <= 4


def test_a_jobs_exit_code_and_its_signal_come_through(place):
    assert run_sealed(place, "import os; os._exit(9)").code == 9
    text = "import os; os.kill(os.getpid(), 9)"
    assert run_sealed(place, text).code == 128 + signal.SIGKILL


def test_a_job_does_not_outlive_its_watcher(place):
    text = """
import fcntl, time
held = open('held', 'w')
fcntl.flock(held, fcntl.LOCK_EX)
print('begun', flush=True)
time.sleep(600)
"""
    ran = run_sealed(place, text, kill_after=True)
    assert "begun" in ran.said
    assert released(ran.folder / "held")
    assert ran.seal.refused is None  # nobody saw its end
    assert ran.seal.bites is None


def released(path):
    """Wait until nobody holds a file."""
    deadline = time.monotonic() + 20.0
    with path.open() as stream:
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(0.05)
    return False


def test_a_job_inherits_no_environment(place, here):
    if here.level < 1:
        skip("nothing seals here")
    ran = run_sealed(place, "import os; print(sorted(os.environ))")
    assert "MAALEM_TEST_SECRET" not in ran.said
    assert "'PATH'" in ran.said


def test_a_job_may_read_what_it_is_given_and_write_it_not(place, here):
    if here.level < 3:
        skip(f"this machine seals up to level {here.level}")
    given, other = place / "given", place / "other"
    given.write_text("to read")
    other.write_text("not to read")
    text = f"""
print(open({str(given)!r}).read())
for path, mode in (({str(given)!r}, 'a'), ({str(other)!r}, 'r')):
    try:
        print('went wrong', open(path, mode))
    except OSError:
        print('refused')
"""
    said = run_sealed(place, text, readable=[given]).said
    assert said.count("refused") == 2
    assert "to read" in said
    assert "went wrong" not in said


def test_a_limit_holds(place):
    text = "open('big', 'wb').write(bytes(1 << 20))"
    ran = run_sealed(place, text, limits={"FSIZE": 1 << 16})
    assert ran.code != 0
    assert (ran.folder / "big").stat().st_size <= 1 << 16


@pytest.mark.parametrize("profile", ["strict", "loopback"])
def test_processes_of_a_job_talk_to_each_other_in_loopback_alone(place, here, profile):
    if here.level < 4:
        skip(f"this machine seals up to level {here.level}")
    text = """
import socket, os
try:
    server = socket.create_server(('127.0.0.1', 0))
    if os.fork() == 0:
        socket.create_connection(server.getsockname()).sendall(b'from a rank')
        os._exit(0)
    print(server.accept()[0].recv(64))
except OSError as error:
    print('refused', error.errno)
"""
    said = run_sealed(place, text, profile=profile).said
    assert ("from a rank" if profile == "loopback" else "refused") in said


def test_the_record_of_a_seal_survives_being_written(place):
    seal = run_sealed(place, "pass").seal
    assert from_json(Seal, json.loads(json.dumps(to_json(seal)))) == seal


def a_line(event="checked", **changes):
    line = json.loads(unsealed_line()) | {"level": 4, "name": "full"} | changes
    ended = {"status": 0, "refused": 0, "attempts": [], "bites": {"tcp": 0}}
    line = {**(line if event == "checked" else ended | changes), "event": event}
    return json.dumps(line).encode() + b"\n"


def test_a_run_is_sealed_as_its_lowest_attempt():
    ended = a_line("ended")
    content = a_line() + ended + a_line(level=2, name="no network") + ended
    assert seal_words(seal_of(content)) == "2 no network"
    assert seal_words(seal_of(unsealed_line() + content)) == "none"


def test_attempts_of_all_tries_are_added_up():
    tried = {"process": "curl", "call": "socket", "family": "inet", "count": 2}
    ended = a_line("ended", refused=2, attempts=[tried])
    seal = seal_of(a_line() + ended + a_line() + ended)
    assert seal.refused == 4
    assert seal.attempts == (
        Attempt(process="curl", call="socket", family="inet", count=4),
    )


def test_a_try_whose_end_nobody_saw_leaves_the_count_unknown():
    assert seal_of(a_line() + a_line() + a_line("ended")).refused is None


def test_evidence_without_a_proof_is_no_seal():
    with pytest.raises(SealError) as refusal:
        seal_of(b"")
    assert refusal.value.code == "sealing.failed"
