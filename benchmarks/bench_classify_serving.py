# SPDX-License-Identifier: Apache-2.0
"""Classification as the gateway does it, against one text at a time through torch.

    python benchmarks/bench_classify_serving.py --rounds 5 --threads 2

The model is one `classify.v1`, taught on sentences of ATT&CK (14 tactics, MiniLM). The
peer loads the very folder with sentence-transformers in float32 and asks it one text at
a time. Ours is the gateway's `Batcher`, fed with requests of one text, 64 under way:
the model as it is (numpy, float32), and the same in 8 bits. All run in one process on
the same threads, in interleaved rounds; each text stands once in a round, so that no
answer is remembered.

A single request goes the whole way over HTTP to a gateway in a process of its own, with
a key, on the same cores; between two of them the model is called bare in this process.
The int8 model's accuracy is compared with that in floats on 1,500 held-out sentences,
paired.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TAUGHT, ASKED, EXAM, UNDER_WAY, SINGLES = 1400, 300, 1500, 64, 60
GOAL = {"throughput_ratio": 3.0, "single_p50_ratio": 1.3, "int8_points_lost": 0.5}
QUIET = 0.5  # load average before the start; above it wall times are not believed
KEY = "mlm_bench"


def as_example(row, split, number):
    from maalem.records import Example, digest_of

    text, label = row
    return Example(
        item=digest_of([split, number]),
        text=text,
        label=label,
        group=f"{split} {number}",
        language="en",
        split=split,
    )


def teach(folder):
    """Teach the two models; give their folders and the held-out rows."""
    from bench_classify import attack

    from maalem.models import Recipe
    from maalem.models.bases import prepare_base
    from maalem.models.classify import ClassifyKind
    from maalem.models.classify_int8 import ClassifyInt8Kind

    rows = attack()
    random.Random(7).shuffle(rows)
    labels = sorted({label for _, label in rows[:TAUGHT]})
    taught = [as_example(one, "teaching", n) for n, one in enumerate(rows[:TAUGHT])]
    rest = [one for one in rows[TAUGHT:] if one[1] in labels]
    prepare_base("minilm-en", folder / "base")
    settings = {"labels": labels, "recipe": Recipe(gear="quick"), "seed": 0}
    list(
        ClassifyKind().fit(folder / "base", taught, into=folder / "floats", **settings)
    )
    base = folder / "floats" / "checkpoint"
    list(ClassifyInt8Kind().fit(base, taught, into=folder / "ints", **settings))
    return base, folder / "ints" / "checkpoint", rest


def opened(folder):
    """Load a model as the gateway does."""
    from maalem.models.classify import ClassifyKind
    from maalem.models.classify_folder import read_about
    from maalem.models.classify_int8 import ClassifyInt8Kind
    from maalem.models.folder import describe_folder

    kinds = {one.name: one for one in (ClassifyKind, ClassifyInt8Kind)}
    kind = kinds[read_about(folder).kind]()
    checkpoint = describe_folder(folder, kind.name, name="bench", licence="Apache-2.0")
    return kind.load(checkpoint, folder), checkpoint


def peer(folder):
    """Give one text at a time through torch, float32."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def answer(texts):
        for text in texts:
            model.encode(text, show_progress_bar=False)

    return answer


def batched(model):
    """Give the gateway's queue, kept full by requests of one text."""
    from maalem.serving import GatewaySettings
    from maalem.serving.batching import Batcher

    batcher = Batcher(GatewaySettings())

    def answer(texts):
        waiting = []
        for text in texts:
            if len(waiting) == UNDER_WAY:
                waiting.pop(0).result()
            waiting.append(batcher.submit(model, [text]))
        return [one.result() for one in waiting]

    return answer


def throughput(callers, texts, rounds):
    """Take turns; give the texts a second of every round, and the CPU seconds."""
    found = {name: {"rate": [], "cpu": []} for name in callers}
    for answer in callers.values():
        answer(texts[:64])
    for _ in range(rounds):
        for name, answer in callers.items():
            wall, cpu = time.perf_counter(), time.process_time()
            answer(texts)
            found[name]["rate"].append(len(texts) / (time.perf_counter() - wall))
            found[name]["cpu"].append((time.process_time() - cpu) / len(texts))
    return found


def singles(model, url, texts, rounds):
    """Ask over HTTP and bare by turns; give the seconds of both."""
    import http.client

    host = url.removeprefix("http://").strip("/")
    line = http.client.HTTPConnection(host, timeout=30)
    head = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    http_seconds, bare_seconds = [], []

    def over_http(text):
        line.request(
            "POST",
            "/v1/classifications",
            json.dumps({"model": "tactic", "input": text}),
            head,
        )
        reply = line.getresponse()
        assert reply.status == 200, reply.status
        return reply.read()

    for text in texts[:20]:
        over_http(text)
        model.predict([text])
    for number in range(rounds * SINGLES):
        text = texts[number % len(texts)]
        began = time.perf_counter()
        over_http(text)
        http_seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        model.predict([text])
        bare_seconds.append(time.perf_counter() - began)
    line.close()
    return http_seconds, bare_seconds


def serve(folder):
    """Answer by a model over HTTP until standard input ends; print the address."""
    import threading

    from maalem.app.desk.serving import address_of, listen, server_of
    from maalem.records import Release, digest_of
    from maalem.serving import GatewaySettings
    from maalem.serving.answering import Served
    from maalem.serving.application import Gateway
    from maalem.serving.keys import Caller
    from maalem.serving.opened import OpenedRelease

    model, checkpoint = opened(Path(folder))
    nothing = digest_of(None)
    release = Release(
        id=nothing,
        task="tactic",
        number=1,
        checkpoint=checkpoint.id,
        dataset=nothing,
        report=nothing,
        verdict=nothing,
        signer="",
        files=(),
    )
    gateway = Gateway(
        GatewaySettings(),
        check=lambda key: Caller(id=key, scopes=frozenset({"predict"})),
        names=frozenset({"127.0.0.1"}),
        clock=time.monotonic,
    )
    release_opened = OpenedRelease(
        release=release,
        checkpoint=checkpoint,
        model=model,
        title="Tactic",
        threshold=0.5,
        taught=("en",),
        probes=None,
        made="",
        doubts=(),
    )
    gateway.models.serve(Served(opened=release_opened, is_proven=False))
    door = listen("127.0.0.1", 0)
    server = server_of(gateway, is_secure=False)
    print(address_of(door), flush=True)

    def follow():
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=follow, daemon=True).start()
    server.run(sockets=[door])


def accuracies(floats, ints, rows):
    """Give both accuracies and the paired difference with its interval."""
    from maalem.evaluation import Exam, examine
    from maalem.records import digest_of

    examples = [as_example(row, "exam", n) for n, row in enumerate(rows[:EXAM])]
    texts = [one.text for one in examples]
    answers = {"candidate": [ints.predict(texts)], "floats": [floats.predict(texts)]}
    nothing = digest_of(None)
    sheet = Exam(
        task="tactic",
        dataset=nothing,
        checkpoint=nothing,
        split="exam",
        look=1,
        seeds=(0,),
    )
    report = examine(examples, answers, exam=sheet)
    found = {
        one.model: round(one.estimate.value, 4)
        for one in report.measures
        if (one.metric, one.slice) == ("accuracy", "all")
    }
    (whole,) = (one for one in report.comparisons if one.slice == "all")
    ends = (whole.difference.value, whole.difference.low, whole.difference.high)
    return {
        "floats": found["floats"],
        "int8": found["candidate"],
        "int8_minus_floats_points": [round(100 * end, 2) for end in ends],
        "right_alone": [whole.better, whole.worse],
        "count": len(examples),
    }


def parts(options):
    """Measure everything; give the numbers."""
    with tempfile.TemporaryDirectory() as temporary:
        base, rounded, rest = teach(Path(temporary))
        floats, ints = opened(base)[0], opened(rounded)[0]
        texts = [text for text, _ in rest[:ASKED]]
        callers = {
            "torch one by one": peer(base),
            "gateway float32": batched(floats),
            "gateway int8": batched(ints),
        }
        speed = throughput(callers, texts, options.rounds)
        latency = {}
        for name, folder, model in (
            ("float32", base, floats),
            ("int8", rounded, ints),
        ):
            command = [sys.executable, __file__, "--serve", str(folder)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as server:
                try:
                    url = server.stdout.readline().strip()
                    latency[name] = singles(model, url, texts, options.rounds)
                finally:
                    server.stdin.close()
        return speed, latency, accuracies(floats, ints, rest[ASKED:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--serve", help="a folder; used by the benchmark itself")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    load = os.getloadavg()[0]
    speed, latency, accuracy = parts(options)
    own = statistics.median(speed["torch one by one"]["rate"])
    own_cpu = statistics.median(speed["torch one by one"]["cpu"])
    told = {
        name: {
            "texts_per_second": round(statistics.median(one["rate"]), 1),
            "range": [round(min(one["rate"]), 1), round(max(one["rate"]), 1)],
            "cpu_ms_per_text": round(1e3 * statistics.median(one["cpu"]), 2),
            "ratio": round(statistics.median(one["rate"]) / own, 2),
            "cpu_ratio": round(own_cpu / statistics.median(one["cpu"]), 2),
        }
        for name, one in speed.items()
    }
    single = {}
    for name, (over_http, bare) in latency.items():
        times = [1e3 * statistics.median(one) for one in (over_http, bare)]
        single[name] = {
            "http_p50_ms": round(times[0], 2),
            "bare_p50_ms": round(times[1], 2),
            "ratio": round(times[0] / times[1], 2),
        }
    lost = -accuracy["int8_minus_floats_points"][0]
    result = {
        "benchmark": "classify_serving",
        "threads": options.threads,
        "rounds": options.rounds,
        "load": [round(load, 2), round(os.getloadavg()[0], 2)],
        "python": platform.python_version(),
        "throughput": told,
        "single_request": single,
        "accuracy": accuracy,
        "goal": GOAL,
        "is_quiet": load <= QUIET,
        "reached": {
            "throughput_float32": told["gateway float32"]["ratio"] >= 3.0,
            "throughput_int8": told["gateway int8"]["ratio"] >= 3.0,
            "single_float32": single["float32"]["ratio"] <= 1.3,
            "single_int8": single["int8"]["ratio"] <= 1.3,
            "int8_accuracy": lost <= GOAL["int8_points_lost"],
        },
    }
    json.dump(result, sys.stdout, indent=2)
    print()


def prepared():
    """Bind threads before anything that reads them is imported."""
    count = "2"
    if "--threads" in sys.argv:
        count = sys.argv[sys.argv.index("--threads") + 1]
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        TOKENIZERS_PARALLELISM="false",
    )
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = count
    # OpenVINO heeds none of them, but it does not go where it may not
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(count)])


if __name__ == "__main__":
    prepared()
    main()
