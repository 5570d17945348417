# SPDX-License-Identifier: Apache-2.0
import dataclasses
import html.parser
import re
from itertools import pairwise

import pytest
from tests.release.builders import (
    TASK,
    a_dataset,
    a_model,
    a_report,
    a_verdict,
    an_automation,
    an_estimate,
    some_contents,
)

from maalem.experts.agreement import Agreement
from maalem.records import Comparison, Estimate
from maalem.release import render_page
from maalem.release.contents import GuidelineUsed, Origins, TaskText, Teacher, Worth
from maalem.release.page import TEMPLATES
from maalem.release.wording import wording

BLOCKS = (
    "Who taught it",
    "From what",
    "How it was made",
    "How good it is",
    "Is it the same thing",
    "What it is worth",
)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e"
SIGNER = "3c0a-91b2-ffee-0102-0304-0506-0708-090a"


class Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text, and checks that tags nest."""

    VOID = ("meta", "line", "circle", "rect", "br")

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.parts, self.open = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.parts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.parts).split())


def a_page(folder, **changes):
    return render_page(some_contents(folder, **changes), signer=SIGNER)


def with_tfidf(folder, value, low, high):
    """Contents whose exam compares with TF-IDF by a given difference."""
    checkpoint, dataset = a_model(folder / "checkpoint"), a_dataset(folder / "dataset")
    comparison = Comparison(
        other="tfidf",
        slice="all",
        difference=an_estimate(value, low, high),
        better=1,
        worse=2,
        p_value=None,
        p_adjusted=None,
    )
    exam = a_report(dataset, checkpoint, comparisons=(comparison,))
    return {"exam": exam, "verdict": a_verdict(exam)}


def test_the_page_has_its_six_blocks_in_order(tmp_path):
    page = a_page(tmp_path)
    places = [page.index(f"</span> {block}</h2>") for block in BLOCKS]
    assert all(one < other for one, other in pairwise(places))


def test_the_page_needs_nothing_from_outside_and_runs_nothing(tmp_path):
    page = a_page(tmp_path)
    reader = Reader(page)
    forbidden = {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not forbidden & set(reader.tags)
    assert not re.search(r"https?://|@import|url\(|javascript:", page)
    assert not [a for _, a, _ in reader.attributes if a.startswith("on") or a == "src"]
    policy = (
        "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"
    )
    assert ("meta", "content", policy.replace("&#39;", "'")) in reader.attributes


def test_all_that_people_wrote_is_shown_as_text(tmp_path):
    dataset = a_dataset(
        tmp_path / "dataset",
        labels=(EVIL, "b"),
        task=EVIL,
        languages=(EVIL,),
        left_out=((EVIL, 1),),
    )
    checkpoint = a_model(tmp_path / "checkpoint")
    exam = a_report(
        dataset,
        checkpoint,
        headline=EVIL,
        confusions=((EVIL, EVIL, 2),),
        measures=tuple(
            dataclasses.replace(measure, slice=f"class={EVIL}", model=model)
            for model in ("candidate", "tfidf")
            for measure in a_report(dataset, checkpoint).measures[:1]
        )
        + a_report(dataset, checkpoint).measures,
        automation=an_automation(threshold=None, bound=None, reason=EVIL),
    )
    page = a_page(
        tmp_path,
        dataset=dataset,
        exam=exam,
        verdict=a_verdict(exam, reason=EVIL, outcome=EVIL),
        task=TaskText(title=EVIL, toml=EVIL, version=TASK.version, guideline=EVIL),
        teachers=(Teacher(name=EVIL, answers=1),),
        caveats=(EVIL,),
        at=EVIL,
    )
    reader = Reader(page)
    assert not {"script", "img"} & set(reader.tags)
    assert "onerror" not in [name for _, name, _ in reader.attributes]
    assert page.count("&lt;script&gt;alert(1)") >= 10


def test_text_of_people_finds_its_own_direction(tmp_path):
    page = a_page(tmp_path)
    assert '<span dir="auto">محرك</span>' in page
    assert '<h1 dir="auto">' in page
    assert '<html lang="en" dir="ltr">' in page


def test_a_page_has_the_title_of_its_language(tmp_path):
    task = TaskText(
        title="Which system?",
        toml="",
        version=TASK.version,
        guideline="",
        titles=(("fr", "Quel système ?"),),
    )
    titles = {
        language: render_page(
            some_contents(tmp_path / language, task=task),
            signer=SIGNER,
            language=language,
        )
        .partition("<h1")[2]
        .partition("</h1>")[0]
        for language in ("en", "fr", "ar")
    }
    assert "Quel système" in titles["fr"]
    assert "Which system?" in titles["en"]
    assert "Which system?" in titles["ar"]


def test_another_language_turns_the_page(tmp_path):
    shown = render_page(some_contents(tmp_path), signer=SIGNER, language="ar")
    assert '<html lang="ar" dir="rtl">' in shown
    assert 'href="release.fr.html"' in shown
    assert wording("ar").say("eyebrow", number=1, task="x").count("<bdi>") == 2
    with pytest.raises(FileNotFoundError):
        wording("xx")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_string_is_said_in_every_language_with_its_values(language):
    english, other = wording("en").strings, wording(language).strings
    assert set(english) == set(other)
    for key, text in english.items():
        assert _values(text) == _values(other[key]), key
        assert text != other[key] or key in SAID_ALIKE, key


# Signs, names, and words that French and English share.
SAID_ALIKE = {
    *("against_tfidf", "as_it_is", "at_most", "count", "direction", "left_out_line"),
    *("counted", "list_comma", "metric_macro_f1", "minutes", "percent", "product"),
    "verdict_digest",
}


def _values(text):
    return sorted(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name
)
def test_styles_are_logical_so_that_a_page_can_turn(path):
    physical = re.compile(
        r"(margin|padding|border)-(left|right|top|bottom)\b|text-align:\s*(left|right)"
        r"|float:|[;{\s](left|right|top|bottom|width|height):(?!\s*device)"
    )
    assert not physical.search(path.read_text())


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    """WCAG 2.2, relative luminance and contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_colour_has_the_contrast_of_wcag_aa_in_light_dark_and_print():
    css = (TEMPLATES / "page.css").read_text()
    schemes = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", scheme))
        for text in ("ink", "muted", "accent", "ship", "unsure", "dont"):
            for paper in ("paper", "band"):
                assert _contrast(colours[text], colours[paper]) >= 4.5, (text, paper)
        assert _contrast(colours["accent"], colours["soft"]) >= 3.0


def test_contrast_is_computed_as_wcag_does():
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_string_of_the_catalogue_is_used_and_every_used_one_is_there():
    sources = [path.read_text() for path in TEMPLATES.iterdir()]
    package = TEMPLATES.parent
    sources += [path.read_text() for path in package.glob("*.py")]
    together = "\n".join(sources)
    built = re.compile(
        r"(lead|tfidf|outcome|model|language|split|use|metric|exam|rule|personal|entry_of)_"
    )
    for key in wording("en").strings:
        assert f'"{key}"' in together or built.match(key), key
    for key in re.findall(r'\bsay\(\s*"([a-z0-9_]+)"\s*[,)]', together):
        assert wording("en").known(key), key


@pytest.mark.parametrize(
    ("value", "low", "high", "wanted"),
    [
        (-0.02, -0.03, -0.01, "A plain TF-IDF baseline is better than this model"),
        (-0.01, -0.03, 0.01, "A plain TF-IDF baseline scores 1.0 points higher; the"),
        (-0.01, None, None, "A plain TF-IDF baseline scores 1.0 points higher; there"),
    ],
)
def test_if_tfidf_is_ahead_the_page_says_so_first(tmp_path, value, low, high, wanted):
    page = Reader(a_page(tmp_path, **with_tfidf(tmp_path, value, low, high))).text
    assert wanted in page
    assert page.index(wanted) < page.index("This model passed its gate")


@pytest.mark.parametrize(
    ("value", "low", "high", "wanted"),
    [
        (
            0.02,
            0.01,
            0.03,
            "It is better than a plain TF-IDF baseline, by 2.0 points (+1",
        ),
        (0.01, -0.01, 0.03, "It scores 1.0 points above a plain TF-IDF baseline, a"),
        (0.01, None, None, "It scores 1.0 points above a plain TF-IDF baseline; there"),
        (None, None, None, "It was not compared with a plain TF-IDF baseline"),
    ],
)
def test_otherwise_the_verdict_comes_first(tmp_path, value, low, high, wanted):
    page = Reader(a_page(tmp_path, **with_tfidf(tmp_path, value, low, high))).text
    assert page.index("This model passed its gate") < page.index(wanted)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"outcome": "don't ship"},
            "did not pass its gate and was released against it",
        ),
        ({"outcome": "not enough evidence"}, "There is not enough evidence to pass"),
        (
            {
                "outcome": "not enough evidence",
                "items_needed": 1200,
                "hours_needed": 1.57,
            },
            "About 1,200 more judged items, 1.6 hours of expert work",
        ),
        (
            {"outcome": "not enough evidence", "items_needed": 1200},
            "About 1,200 more judged items would settle it.",
        ),
    ],
)
def test_a_release_against_its_gate_says_so(tmp_path, changes, wanted):
    contents = some_contents(tmp_path)
    page = a_page(tmp_path, verdict=a_verdict(contents.exam, **changes))
    assert wanted in Reader(page).text


def test_the_guarantee_stands_beside_its_assumption(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert "The promise assumes that tomorrow looks like the calibration set." in text
    assert (
        "Promised with 95% confidence: at most 5.0% errors among automatic answers."
        in text
    )


def test_what_is_promised_is_the_accepted_rate_and_the_bound_is_only_measured(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert re.search(r"≤ 5\.0% ?errors among automatic answers, as promised", text)
    assert "measured bound at this threshold 4.9%" in text
    assert "The measured bound, 4.9%, is the Clopper-Pearson bound" in text
    assert not re.search(r"[Gg]uaranteed|at most 4\.9%|≤ 4\.9%", text)


def test_a_later_time_is_held_against_what_was_promised(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert "5.2% of the automatic answers were wrong there, above the promised" in text


def test_the_page_says_what_a_check_without_the_owners_key_is_worth(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert "maalem verify . --key THEIR.pub" in text
    assert "a folder that somebody changed and signed anew is only amber" in text


def test_without_a_threshold_no_share_is_promised(tmp_path):
    checkpoint = a_model(tmp_path / "checkpoint")
    dataset = a_dataset(tmp_path / "dataset")
    exam = a_report(
        dataset,
        checkpoint,
        automation=an_automation(
            threshold=None,
            bound=None,
            reason="too few calibration examples",
            exam_share=an_estimate(None),
            exam_error=an_estimate(None),
        ),
    )
    page = a_page(tmp_path, exam=exam, verdict=a_verdict(exam), later=None)
    text = Reader(page).text
    assert "No threshold can be guaranteed: too few calibration examples" in text
    assert re.search(r"0% ?of the work can be decided without a person", text)


def test_what_is_not_known_says_so(tmp_path):
    checkpoint = a_model(tmp_path / "checkpoint")
    dataset = a_dataset(tmp_path / "dataset", languages=(), left_out=())
    exam = a_report(
        dataset, checkpoint, measures=(), comparisons=(), automation=None, confusions=()
    )
    page = a_page(
        tmp_path,
        dataset=dataset,
        exam=exam,
        verdict=a_verdict(exam),
        later=None,
        runs=(),
        teachers=(),
        worth=Worth(),
        caveats=(),
        at=None,
    )
    text = Reader(page).text
    assert "Who gave the answers is not recorded." in text
    assert "whether the model keeps its quality over time is not recorded" in text
    assert text.count("not recorded") >= 20
    assert "None" not in re.sub(r"None\. That", "", text)
    assert " nan" not in text


def test_the_value_is_computed_from_what_was_measured(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert "Items without an answer 2,019" in _spaced(text)
    # 2,019 items times the share 0.897, and times 4.7 seconds
    assert "about 1,811 (1,765 to 1,853)" in text
    assert "2.4 hours" in text


def test_time_that_was_recorded_for_some_is_not_taken_for_all(tmp_path):
    text = Reader(a_page(tmp_path)).text
    assert (
        "3 annotators gave the 4,516 answers behind the examples of this dataset. "
        "Time recorded for 3,166 of them: 4.2" in text
    )
    all_timed = (Teacher(name="a", answers=10, seconds=50.0),)
    text = Reader(a_page(tmp_path, teachers=all_timed)).text
    assert (
        "One annotator gave the 10 answers behind the examples of this dataset. "
        "Time recorded: 50.0 seconds." in text
    )
    one = (Teacher(name="a", answers=1),)
    text = Reader(a_page(tmp_path, teachers=one)).text
    assert "gave the one answer behind the examples of this dataset." in text
    none_timed = (Teacher(name="a", answers=10),)
    text = Reader(a_page(tmp_path, teachers=none_timed)).text
    assert "How long it took them is not recorded." in text


def an_agreement(value, low=None, high=None, reason=""):
    alpha = Estimate(
        value=value, low=low, high=high, count=640, groups=310, reason=reason
    )
    return Agreement(
        about=("all", ""),
        alpha=alpha,
        items=900,
        ratings=1230,
        annotators=4,
        pairs=350,
        uses=1230,
    )


def test_agreement_is_said_with_its_interval_and_what_it_rests_on(tmp_path):
    known = an_agreement(0.784, 0.712, 0.851)
    text = Reader(a_page(tmp_path, agreement=known)).text
    assert "Krippendorff’s alpha 0.78 (95% interval: 0.71 to 0.85)" in text
    assert "On 640 answers to 310 items that two or more annotators answered" in text


def test_agreement_without_a_number_says_why(tmp_path):
    reason = "one value is all that 640 ratings say"
    open_ = an_agreement(None, reason=reason)
    text = Reader(a_page(tmp_path, agreement=open_)).text
    assert f"cannot be measured: {reason}" in text
    point = an_agreement(0.5, reason="too few items")
    text = Reader(a_page(tmp_path, agreement=point)).text
    assert "alpha 0.50 (no interval: too few items)" in text


def test_many_annotators_are_summed_up(tmp_path):
    teachers = tuple(
        Teacher(name=f"expert:{number:02}", answers=100 - number)
        for number in range(14)
    )
    text = Reader(a_page(tmp_path, teachers=teachers)).text
    assert "expert:09" in text
    assert "expert:10" not in text
    assert "4 others" in text


def _spaced(text):
    return re.sub(r"([a-z])([0-9])", r"\1 \2", text)


ORIGINS = Origins(
    documents=412,
    formats=((".csv", 400), (".pdf", 12)),
    files=3,
    dated=("2001-02-03", "2009-08-07"),
    undated=5,
    unplaced=7,
    rules=(("majority", 300), ("adjudicated", 112)),
    guidelines=(
        GuidelineUsed(version=TASK.version, number=2, answers=1804, entry=17),
        GuidelineUsed(version=None, number=None, answers=1350),
    ),
    entries=(("documents", 3), ("answers", 19), ("dataset", 21), ("training", 22)),
)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_who_and_from_what_name_their_place_in_the_ledger(tmp_path, language):
    contents = some_contents(tmp_path, origins=ORIGINS)
    reader = Reader(render_page(contents, signer=SIGNER, language=language))
    for number in (17, 3, 19, 21, 22):
        said = wording(language).say("entry", entry=number).striptags()
        assert said in reader.text, number
    for said in ("2001-02-03", "2009-08-07", ".csv", ".pdf"):
        assert said in reader.text


def test_what_nobody_looked_up_is_not_recorded_and_never_nought(tmp_path):
    known = Reader(a_page(tmp_path / "a", origins=ORIGINS)).text
    unknown = Reader(a_page(tmp_path / "b")).text
    assert unknown.count("not recorded") >= known.count("not recorded") + 6
    assert "None of the kinds that are looked for was found" not in unknown


def test_gold_cards_show_what_was_passed_and_by_whom(tmp_path):
    teachers = (
        Teacher(name="expert:a", answers=10, agreeing=9, alone=2, gold=(7, 8),
                is_qualified=True),
        Teacher(name="expert:b", answers=10, agreeing=5, alone=1, gold=(2, 8),
                is_qualified=False),
        Teacher(name="import:c", answers=10, agreeing=0, alone=0),
    )  # fmt: skip
    text = Reader(a_page(tmp_path, teachers=teachers)).text
    for said in ("7 of 8", "passed", "2 of 8", "not passed", "90%", "50%", "0%"):
        assert said in text
    assert text.count("none") >= 1
