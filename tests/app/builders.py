# SPDX-License-Identifier: Apache-2.0
"""A small project in three languages: documents, a task, two annotators, a base."""

import csv
import json
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.models.builders import an_encoder_folder

from maalem.app import loop
from maalem.app.main import run
from maalem.corpus import ColumnMap
from maalem.records import digest_file

SECRET = "zanzibar-7731"
"""Planted where it must not come out of."""

WORDS = {
    "en": {
        "Engine": (
            "engine will not start",
            "engine too hot",
            "coolant leak at radiator",
        ),
        "Hydraulics": (
            "hose burst on boom",
            "cylinder drips oil",
            "pump loses pressure",
        ),
        "Electrical": ("battery flat again", "work light flickers", "horn is silent"),
    },
    "fr": {
        "Engine": (
            "le moteur ne démarre pas",
            "surchauffe du moteur",
            "fuite du radiateur",
        ),
        "Hydraulics": (
            "flexible éclaté sur la flèche",
            "le vérin perd son huile",
            "pompe sans pression",
        ),
        "Electrical": (
            "batterie à plat ce matin",
            "le phare clignote",
            "avertisseur muet",
        ),
    },
    "ar": {
        "Engine": ("المحرك لا يشتغل", "حرارة المحرك مرتفعة", "تسرب من المبرد"),
        "Hydraulics": ("انفجر خرطوم الذراع", "الأسطوانة تفقد الزيت", "المضخة بلا ضغط"),
        "Electrical": ("البطارية فارغة اليوم", "المصباح يومض", "البوق صامت"),
    },
}
PLACES = {
    "en": (
        "north ramp",
        "south pit",
        "crusher yard",
        "coal face",
        "haul road",
        "wash bay",
    ),
    "fr": (
        "rampe nord",
        "fosse sud",
        "cour du concasseur",
        "front de taille",
        "piste de roulage",
        "aire de lavage",
    ),
    "ar": (
        "المنحدر الشمالي",
        "الحفرة الجنوبية",
        "ساحة الكسارة",
        "واجهة الفحم",
        "طريق النقل",
        "ساحة الغسيل",
    ),
}
TIMES = {
    "en": ("before lunch", "during night shift", "after refuelling"),
    "fr": ("avant midi", "pendant le poste de nuit", "après le plein"),
    "ar": ("قبل الظهر", "في نوبة الليل", "بعد التزود بالوقود"),
}
TASK = """title = "Which system failed?"
guideline = "Choose the system that has to be repaired."
languages = ["en", "fr", "ar"]
accepted_error = 0.2
delta = 0.2

[[labels]]
name = "Engine"
description = "Engine and cooling."

[[labels]]
name = "Hydraulics"
description = "Oil under pressure."

[[labels]]
name = "Electrical"
description = "Whatever has wires."

[gate]
margin = 0.2
min_groups = 5
"""
SETTINGS = """
[training]
model_kind = "tiny.v1"
base = "bases/small"
seeds = [0]
threads = 1
prune = false

[exam]
draws = 200
"""


def a_base(folder: Path) -> Path:
    """Write the small encoder that the baselines of a project start from."""
    return an_encoder_folder(folder / "bases" / "small")


def rows() -> list[dict[str, str]]:
    """Give 162 reports of faults in three languages, no two of them alike."""
    made = []
    for language, systems in WORDS.items():
        for (system, faults), (number, place) in product(
            systems.items(), enumerate(PLACES[language])
        ):
            for step, fault in enumerate(faults):
                moment = TIMES[language][(number + step) % 3]
                words = (fault, place, moment)
                made.append(
                    {
                        "text": " ".join(words if number % 2 else words[::-1]),
                        "system": system,
                        "asset": f"{language}-{number}{step}",
                    }
                )
    return made


def a_table(path: Path, written: list[dict[str, str]] | None = None) -> Path:
    """Write rows as CSV."""
    written = rows() if written is None else written
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(written[0]))
        writer.writeheader()
        writer.writerows(written)
    return path


def answers(path: Path, written: list[dict[str, str]] | None = None) -> Path:
    """Write what two annotators said: they differ in every fortieth row."""
    written = rows() if written is None else written
    names = list(WORDS["en"])
    lines = []
    for number, row in enumerate(written):
        for annotator in ("amina", "bruno"):
            label = row["system"]
            if annotator == "bruno" and number % 40 == 7:
                label = names[(names.index(label) + 1) % 3]
            lines.append(
                {
                    "text": row["text"],
                    "label": label,
                    "annotator": annotator,
                    "seconds": 4.5,
                    "at": f"2026-01-01T08:{number // 60:02}:{number % 60:02}+00:00",
                }
            )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def a_project(folder: Path) -> Path:
    """Make a project with task, settings and base, and no documents yet."""
    columns = ColumnMap(text=("text",), label="system", keep=("asset",))
    with loop.create(folder, columns=columns):
        pass
    make_small(folder)
    return folder


def make_small(folder: Path) -> None:
    """Give a new project the small kind of model, its base and its task."""
    settings = folder / "maalem.toml"
    settings.write_text(settings.read_text("utf-8") + SETTINGS, encoding="utf-8")
    (folder / "tasks" / "system.toml").write_text(TASK, encoding="utf-8")
    a_base(folder)


@dataclass(frozen=True)
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one JSON object on standard output."""
        lines = self.out.splitlines()
        assert len(lines) == 1
        return json.loads(lines[0])

    @property
    def error(self):
        """The error in the one JSON object on standard output."""
        return self.json["error"]


def caller(capsys):
    """Give a function that calls the command line as a shell would."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


def content(folder: Path) -> dict[str, str]:
    """Give every file and folder below a folder with its digest.

    The lock's holder and SQLite's own helpers are no content.
    """
    passing = ("maalem.lock", "maalem.db-wal", "maalem.db-shm")
    return {
        str(path.relative_to(folder)): digest_file(path) if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
        if path.name not in passing
    }


def actions(folder: Path) -> Counter:
    """Count the deeds in a project's ledger by name."""
    with loop.open_workspace(folder, read_only=True) as work:
        return Counter(entry.action for entry in work.store.entries())


def flip_a_bit(path: Path) -> None:
    """Harm the middle of a file."""
    harmed = bytearray(path.read_bytes())
    harmed[len(harmed) // 2] ^= 1
    path.write_bytes(harmed)
