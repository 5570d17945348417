# SPDX-License-Identifier: Apache-2.0
"""How much planted personal data is found, and what is taken for it wrongly.

Run: `python benchmarks/bench_personal.py [--kept-apart] [--peer PYTHON]`

Sentences in Arabic, French, English and Darija in Latin script, made by
`personal_texts` from a seed: one value in each, or one that only looks like one. A
third is written with marks of direction, which cleaning takes out before anything is
looked for. A value is found if a finding of its kind has its very span; recall is the
share found, precision the share of findings that are such a value; both with the exact
95 % interval of Clopper and Pearson. `--peer` is a Python with presidio-analyzer, whose
own recognizers (no language model, telephone regions MA and FR) read the same texts.
`--kept-apart` takes other phrases, written when the detectors were made already.
Invented sentences are no field: they show which forms are read, not how often each
form occurs.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from personal_texts import KINDS, NEGATIVE_KINDS, TONGUES, Planted, generate, marked

Found = list[tuple[str, int, int]]

PEER = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer, EmailRecognizer, IbanRecognizer, PhoneRecognizer)

class Bare(NlpEngine):
    def load(self): pass
    def is_loaded(self): return True
    def process_text(self, text, language):
        return NlpArtifacts([], [], [], [], self, language)
    def process_batch(self, texts, language, **kw):
        for text in texts: yield text, self.process_text(text, language)
    def is_stopword(self, word, language): return False
    def is_punct(self, word, language): return False
    def get_supported_entities(self): return []
    def get_supported_languages(self): return ["ar", "fr", "en"]

registry = RecognizerRegistry(supported_languages=["ar", "fr", "en"])
for language in ("ar", "fr", "en"):
    for kind in (CreditCardRecognizer, EmailRecognizer, IbanRecognizer):
        registry.add_recognizer(kind(supported_language=language))
    registry.add_recognizer(
        PhoneRecognizer(supported_language=language, supported_regions=("MA", "FR")))
engine = AnalyzerEngine(
    registry=registry, nlp_engine=Bare(), supported_languages=["ar", "fr", "en"])
NAMES = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IBAN_CODE": "iban",
         "CREDIT_CARD": "card"}
rows = json.load(sys.stdin)
begun, out = time.process_time(), []
for text, tongue in rows:
    found = engine.analyze(text, {"ary-Latn": "fr"}.get(tongue, tongue))
    out.append([(NAMES[f.entity_type], f.start, f.end) for f in found])
json.dump({"found": out, "seconds": time.process_time() - begun}, sys.stdout)
"""


def cleaned(sentences: list[Planted], *, seed: int) -> list[str]:
    from maalem.corpus.cleaning import clean

    chance = random.Random(seed)
    texts = []
    for number, one in enumerate(sentences):
        is_marked = number % 3 == 0 and one.value
        text = marked(one.text, one.value, chance) if is_marked else one.text
        texts.append(clean(text)[0])
    return texts


def by_us(texts: list[str]) -> tuple[list[Found], float]:
    from maalem.corpus.personal import find_personal_data

    find_personal_data("warm up: 06 12 34 56 78")
    begun = time.process_time()
    found = [find_personal_data(text) for text in texts]
    seconds = time.process_time() - begun
    return [[(o.what, o.start, o.end) for o in some] for some in found], seconds


def by_peer(
    python: str, texts: list[str], sentences: list[Planted]
) -> tuple[list[Found], float]:
    rows = [[text, one.tongue] for text, one in zip(texts, sentences, strict=True)]
    done = subprocess.run(
        [python, "-I", "-c", PEER],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    return [[tuple(one) for one in some] for some in told["found"]], told["seconds"]


def interval(hits: int, trials: int) -> str:
    from maalem.evaluation.proportions import beta_quantile

    if not trials:
        return "-"
    low = beta_quantile(0.025, hits, trials - hits + 1) if hits else 0.0
    high = beta_quantile(0.975, hits + 1, trials - hits) if hits < trials else 1.0
    return f"{hits / trials:.3f} ({low:.3f} to {high:.3f})"


class Tally:
    """Counts of one detector by kind and tongue."""

    def __init__(self) -> None:
        self.planted: Counter[tuple[str, str]] = Counter()
        self.hit: Counter[tuple[str, str]] = Counter()
        self.found: Counter[tuple[str, str]] = Counter()
        self.wrong_on: Counter[tuple[str, str]] = Counter()
        self.misses: list[tuple[str, str, Found]] = []

    def count(self, one: Planted, text: str, found: Found) -> None:
        start = text.find(one.value) if one.value else -1
        right = (one.kind, start, start + len(one.value))
        if one.value:
            self.planted[one.kind, one.tongue] += 1
            self.hit[one.kind, one.tongue] += right in found
        for what, first, last in found:
            self.found[what, one.tongue] += 1
            if (what, first, last) != right:
                self.wrong_on[what, one.kind] += 1
                self.misses.append((f"{what} wrong", text, found))
        if one.value and right not in found:
            self.misses.append((f"{one.kind} missed", text, found))

    def rows(self) -> None:
        for kind in (*KINDS, "all"):
            for tongue in (*TONGUES, "all"):
                keys = [
                    (k, t)
                    for k in (KINDS if kind == "all" else (kind,))
                    for t in (TONGUES if tongue == "all" else (tongue,))
                ]
                planted, hit, found = (
                    sum(some[key] for key in keys)
                    for some in (self.planted, self.hit, self.found)
                )
                print(
                    f"  {kind:6} {tongue:9} recall {interval(hit, planted):24}"
                    f" precision {interval(hit, found)}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kept-apart", action="store_true", help="other phrases")
    parser.add_argument("--peer", help="a Python that has presidio-analyzer")
    parser.add_argument("--show", type=int, default=0, help="mistakes to print")
    given = parser.parse_args()
    sentences = generate(given.each, seed=given.seed, is_kept_apart=given.kept_apart)
    texts = cleaned(sentences, seed=given.seed)
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} sentences, {size:.2f} MB, seed {given.seed}")
    runs = {"ours": by_us(texts)}
    if given.peer:
        runs["presidio-analyzer"] = by_peer(given.peer, texts, sentences)
    for name, (found, seconds) in runs.items():
        tally = Tally()
        for one, text, some in zip(sentences, texts, found, strict=True):
            tally.count(one, text, some)
        print(f"{name}: {size / seconds:.2f} MB/s of CPU time")
        tally.rows()
        negatives = given.each * len(TONGUES) * len(NEGATIVE_KINDS)
        wrong = sum(
            count for (_, on), count in tally.wrong_on.items() if on in NEGATIVE_KINDS
        )
        print(f"  findings in {negatives} look-alikes: {wrong}")
        print(f"  taken wrongly, on what: {dict(tally.wrong_on.most_common(12))}")
        for why, text, some in random.Random(1).sample(
            tally.misses, min(given.show, len(tally.misses))
        ):
            print(f"    {why}: {text!r} {some}")


if __name__ == "__main__":
    main()
