# SPDX-License-Identifier: Apache-2.0
"""What passing a chat on costs: our gateway against LiteLLM's proxy.

Run: `python benchmarks/bench_gateway.py [--seconds 5] [--rounds 3] [--without-peer]`

A trivial upstream, a gateway and the load (`wrk`, one thread) are processes of their
own on one machine. Ours is `maalem serve --only gateway` of a new project, with all
that belongs to it: limits, request log, metrics, routes. LiteLLM runs with one worker,
without a database and without a log, offline. Both check a key, route and map errors,
and are asked with 1 and with 32 connections, for whole answers and for streams of nine
events that are written one by one; rounds are interleaved, and the load reads every
answer and counts those that are not whole.

CPU is what the gateway's process and its children used, by the kernel; the added
latency is the median of the gateway less that of the upstream asked directly. The peer
is installed into a folder of its own at the first run.
"""

import argparse
import atexit
import itertools
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
LITELLM = "litellm[proxy]==1.106.2"
PEER = Path.home() / ".cache" / "maalem-bench" / "litellm"
PEERS_KEY = "sk-bench-0123456789"
UPSTREAM = """
[[upstreams.served]]
name = "near"
url = "http://127.0.0.1:{port}/v1"
models = {{ small = "there" }}
"""
GOALS = {"cpu_us": 230.0, "ratio": 40.0, "added_p50_ms": 0.4}
OFFLINE = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "NO_DOCS": "True",
}
CONFIG = """
model_list:
  - model_name: small
    litellm_params:
      model: openai/there
      api_base: http://127.0.0.1:{port}/v1
      api_key: sk-house
general_settings:
  master_key: {key}
litellm_settings:
  telemetry: false
  num_retries: 0
  set_verbose: false
"""
LOAD = """
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer {key}"
wrk.body = '{body}'
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init(args) bad = 0 end
function response(status, headers, body)
  if status ~= 200 or not body:find('{first}', 1, true)
    or not body:find('{last}', 1, true) then bad = bad + 1 end
end
function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do bad = bad + thread:get("bad") end
  io.write(string.format(
    '\\nTOLD {{"requests": %d, "us": %d, "p50": %.1f, "p99": %.1f, "bad": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), bad))
end
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def cpu_seconds(process: int) -> float:
    """Give what a process and its children used so far."""
    ticks, parents = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(told[1])
            ticks[int(folder.name)] = int(told[11]) + int(told[12])
    mine = {process}
    while more := {one for one, of in parents.items() if of in mine} - mine:
        mine |= more
    return sum(ticks.get(one, 0) for one in mine) / os.sysconf("SC_CLK_TCK")


def peak_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().split("VmHWM:")[1]
    return round(int(status.split()[0]) / 1024, 1)


def body_of(*, is_stream: bool) -> str:
    messages = [
        {"role": "system", "content": "You answer in one sentence."},
        {"role": "user", "content": "Which part of the engine leaks, and why? " * 8},
    ]
    told = {"model": "small", "messages": messages, "temperature": 0.2}
    return json.dumps(told | ({"stream": True} if is_stream else {}))


def ask_once(port: int, key: str) -> bool:
    request = urllib.request.Request(  # this machine
        f"http://127.0.0.1:{port}/v1/chat/completions",
        data=body_of(is_stream=False).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def started(command: list[str], port: int, *, key: str, log: Path, environment=None):
    """Start a server and wait until it answers a chat."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env=os.environ | (environment or {}), stdout=told, stderr=told
        )
    atexit.register(process.kill)
    for _ in range(600):
        if ask_once(port, key):
            return process
        if process.poll() is not None:
            break
        time.sleep(0.2)
    sys.exit(f"{command[:2]} does not answer:\n{log.read_text()[-2000:]}")


def load(port: int, *, key, connections: int, seconds: int, is_stream: bool, folder):
    """Put a server under load; give what the load saw."""
    script = folder / f"load-{is_stream}.lua"
    body = body_of(is_stream=is_stream)
    first, last = ("one ", "data: [DONE]") if is_stream else ("one two", "usage")
    script.write_text(LOAD.format(key=key, body=body, first=first, last=last))
    command = [
        *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"),
        *("-s", str(script), f"http://127.0.0.1:{port}"),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(told.split("TOLD ")[1])


def measured(port: int, process: int | None, **how) -> dict[str, float]:
    before = cpu_seconds(process) if process else 0.0
    seen = load(port, **how)
    used = cpu_seconds(process) - before if process else 0.0
    return {
        "requests": seen["requests"],
        "per_second": seen["requests"] / (seen["us"] / 1e6),
        "p50_ms": seen["p50"] / 1e3,
        "p99_ms": seen["p99"] / 1e3,
        "bad": seen["bad"],
        "cpu_us": used / max(1, seen["requests"]) * 1e6,
    }


def middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Give the medians of the rounds, and all answers that were not whole."""
    told = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    told["bad"] = sum(one["bad"] for one in rounds)
    told["cpu_us_spread"] = max(r["cpu_us"] for r in rounds) - min(
        r["cpu_us"] for r in rounds
    )
    return told


def installed_peer() -> Path:
    program = PEER / "bin" / "litellm"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        pip = [PEER / "bin" / "pip", "install", "--quiet", LITELLM]
        subprocess.run(pip, check=True)
    return program


def project_with(folder: Path, upstream: int) -> tuple[Path, str]:
    """Begin a project that has a model elsewhere; give it, and a key to ask it with."""
    maalem, home = Path(sys.executable).with_name("maalem"), folder / "project"
    subprocess.run([maalem, "init", home, "--quiet"], check=True)
    with (home / "maalem.toml").open("a") as settings:
        settings.write(UPSTREAM.format(port=upstream))
    command = [maalem, "-C", home, "keys", "make", "bench", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return home, json.loads(told)["key"]


def servers(folder: Path, *, has_peer: bool) -> dict[str, tuple[int, int, str]]:
    """Start what is compared; give each one's port, process and key."""
    upstream, ours = free_port(), free_port()
    us = [sys.executable, str(HERE / "gateway_upstream.py"), str(upstream)]
    up = started(us, upstream, key="none", log=folder / "upstream.log")
    home, key = project_with(folder, upstream)
    command = [str(Path(sys.executable).with_name("maalem")), "-C", str(home), "serve"]
    command += ["--only", "gateway", "--port", str(ours)]
    gateway = started(command, ours, key=key, log=folder / "ours.log")
    told = {"direct": (upstream, up.pid, "none"), "ours": (ours, gateway.pid, key)}
    if has_peer:
        port, config = free_port(), folder / "litellm.yaml"
        config.write_text(CONFIG.format(port=upstream, key=PEERS_KEY))
        command = [str(installed_peer()), "--config", str(config), "--port", str(port)]
        command += ["--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"]
        log = folder / "litellm.log"
        peer = started(command, port, key=PEERS_KEY, log=log, environment=OFFLINE)
        told["litellm"] = (port, peer.pid, PEERS_KEY)
    return told


def compared(given, folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    told = servers(folder, has_peer=not given.without_peer)
    rows: dict[str, dict[str, list[dict[str, float]]]] = {}
    for port, _, key in told.values():
        load(port, key=key, connections=8, seconds=1, is_stream=False, folder=folder)
    cases = itertools.product(range(given.rounds), (False, True), (1, 32), told)
    for _, is_stream, connections, name in cases:
        case = f"{'stream' if is_stream else 'whole'} c={connections}"
        how = {"connections": connections, "is_stream": is_stream}
        port, process, key = told[name]
        row = measured(
            port, process, key=key, **how, seconds=given.seconds, folder=folder
        )
        rows.setdefault(case, {}).setdefault(name, []).append(row)
    peaks = {name: peak_mib(process) for name, (_, process, _) in told.items()}
    for case in rows.values():
        for name, rounds in case.items():
            case[name] = middle(rounds) | {"peak_mib": peaks[name]}
    return rows


def show(rows) -> None:
    names = ("per_second", "cpu_us", "p50_ms", "p99_ms", "bad", "peak_mib")
    print(f"{'case':13}{'server':9}" + "".join(f"{one:>12}" for one in names))
    for case, servers_ in rows.items():
        for name, row in servers_.items():
            cells = "".join(f"{row[one]:12.2f}" for one in names)
            print(f"{case:13}{name:9}{cells}")


def verdict(rows) -> dict[str, object]:
    """Hold what was measured to the goals."""
    told: dict[str, object] = {}
    for case, servers_ in rows.items():
        ours, direct = servers_["ours"], servers_["direct"]
        checks = {
            "cpu_us": [round(ours["cpu_us"], 1), ours["cpu_us"] <= GOALS["cpu_us"]],
            "bad": [ours["bad"], ours["bad"] == 0],
        }
        if "litellm" in servers_:
            ratio = servers_["litellm"]["cpu_us"] / ours["cpu_us"]
            checks["ratio"] = [round(ratio, 1), ratio >= GOALS["ratio"]]
        if case.endswith("c=1"):
            added = ours["p50_ms"] - direct["p50_ms"]
            checks["added_p50_ms"] = [round(added, 3), added <= GOALS["added_p50_ms"]]
        told[case] = checks
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-peer", action="store_true")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("this needs wrk: apt-get install wrk")
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = compared(given, Path(folder))
    show(rows)
    print(
        json.dumps(
            {
                "bench": "gateway",
                "python": platform.python_version(),
                "peer": LITELLM,
                "goals": GOALS,
                "held": verdict(rows),
                "load_before": round(before, 2),
                "cores": os.cpu_count(),
            }
        )
    )


if __name__ == "__main__":
    main()
