# SPDX-License-Identifier: Apache-2.0
"""A model folder holds weights, settings, a tokenizer and text; nothing runs."""

import json
import os
import pickle

import pytest
from tests.models.builders import an_encoder_folder

from maalem.errors import IntegrityError, UnsafeWeightsError
from maalem.models.folder import (
    TOKENIZER_LIMIT,
    check_folder,
    describe_folder,
    refuse_unsafe_folder,
)

BAD_NAMES = {
    "pytorch_model.bin": "pickle",
    "model.pt": "pickle",
    "model.PTH": "pickle",
    "last.ckpt": "pickle",
    "head.pkl": "pickle",
    "head.pickle": "pickle",
    "head.joblib": "pickle",
    "arrays.npz": "pickle",
    "arrays.npy": "pickle",
    "keras.h5": "pickle",
    "model.keras": "pickle",
    "model.gguf": "pickle",
    "modeling.py": "code",
    "3_Dense/modeling.py": "code",
    "cached.pyc": "code",
    "engine.so": "code",
    "run.sh": "code",
    "model.onnx": "kind",
    "training_args": "kind",
    "page.html": "kind",
    "chat_template.jinja": "kind",
    "weights.SAFETENSORS": "kind",
}
BAD_JSON = {
    "config.json": [
        ({"auto_map": {"AutoModel": "modeling.Own"}}, "remote-code"),
        ({"trust_remote_code": True}, "remote-code"),
        ({"text": [{"deep": {"auto_map": "x"}}]}, "remote-code"),
    ],
    "tokenizer_config.json": [
        ({"auto_map": {"AutoTokenizer": "a.B"}}, "remote-code"),
        ({"chat_template": "{{ ''.__class__.__mro__ }}"}, "template"),
        ({"chat_template": "{% for i in range(10**9) %}x{% endfor %}"}, "template"),
        ({"chat_template": [{"name": "default", "template": "x"}]}, "template"),
    ],
    "chat_template.json": [({"chat_template": "{{ 1 }}"}, "template")],
    "modules.json": [
        ([{"idx": 0, "path": "", "type": "os.system"}], "foreign-class"),
        (
            [{"idx": 0, "path": "", "type": "sentence_transformersx.Own"}],
            "foreign-class",
        ),
    ],
    "3_Dense/config.json": [
        ({"activation_function": "subprocess.Popen"}, "foreign-class"),
    ],
}


@pytest.fixture
def folder(tmp_path):
    return an_encoder_folder(tmp_path / "model")


def refusal_of(folder):
    with pytest.raises(UnsafeWeightsError) as refusal:
        refuse_unsafe_folder(folder)
    return refusal.value


def test_a_sound_folder_is_not_refused(folder):
    (folder / "README.md").write_text("x")
    (folder / "LICENSE").write_text("x")
    (folder / "vocab.txt").write_text("x")
    refuse_unsafe_folder(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert refusal_of(tmp_path / "none").code == "weights.none"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_file_of_another_kind_is_refused(name, folder):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    error = refusal_of(folder)
    assert error.code == f"weights.{BAD_NAMES[name]}"
    assert name in error.message


def test_a_pickle_called_safetensors_is_refused(folder):
    (folder / "model.safetensors").write_bytes(pickle.dumps({"a": 1}, protocol=4))
    assert refusal_of(folder).code == "weights.huge-header"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [(name, *case) for name, cases in BAD_JSON.items() for case in cases],
)
def test_a_configuration_that_asks_for_code_is_refused(name, value, code, folder):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
    assert refusal_of(folder).code == f"weights.{code}"


def test_the_dense_head_of_sentence_transformers_is_welcome(folder):
    (folder / "3_Dense").mkdir()
    value = {"activation_function": "torch.nn.modules.linear.Identity"}
    (folder / "3_Dense" / "config.json").write_text(json.dumps(value))
    refuse_unsafe_folder(folder)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\udcff"])
def test_a_configuration_that_is_not_json_is_refused(text, folder):
    (folder / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert refusal_of(folder).code == "weights.json"


@pytest.mark.parametrize("target", ["config.json", "/etc/passwd", "nowhere"])
def test_a_link_is_refused(target, folder):
    (folder / "extra.json").symlink_to(target)
    assert refusal_of(folder).code == "weights.link"


def test_a_link_to_a_folder_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (folder / "4_Other").symlink_to(tmp_path / "elsewhere")
    assert refusal_of(folder).code == "weights.link"


def test_a_pipe_is_refused(folder):
    os.mkfifo(folder / "pipe.json")
    assert refusal_of(folder).code == "weights.link"


def test_a_tokenizer_that_is_too_large_is_refused(folder):
    with (folder / "tokenizer.json").open("r+b") as stream:
        stream.truncate(TOKENIZER_LIMIT + 1)
    assert refusal_of(folder).code == "weights.tokenizer-size"


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(.*)*", r"([ab]{1,9})+", "x" * 3000),
        *("(a|a)*b", "(?:a|b|ab)+c", "((a|a))*b", "(a|a){1,50}b", "(a?)*b"),
    ],
)
def test_a_tokenizer_pattern_that_can_take_for_ever_is_refused(pattern, folder):
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["normalizer"] = {
        "type": "Replace",
        "pattern": {"Regex": pattern},
        "content": "",
    }
    path.write_text(json.dumps(tokenizer))
    assert refusal_of(folder).code == "weights.tokenizer-pattern"


@pytest.mark.parametrize(
    "pattern",
    [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s*[\r\n]+",
        " {2,}",
    ],
    ids=["gpt2", "llama3", "spaces"],
)
def test_the_patterns_of_well_known_tokenizers_are_welcome(pattern, folder):
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["pre_tokenizer"] = {"type": "Split", "pattern": {"Regex": pattern}}
    path.write_text(json.dumps(tokenizer))
    refuse_unsafe_folder(folder)


def test_a_folder_is_named_by_its_content(folder, tmp_path):
    again = an_encoder_folder(tmp_path / "again")
    other = an_encoder_folder(tmp_path / "other", seed=1)
    names = [
        describe_folder(path, "encoder.v1", name="n", licence="MIT").id
        for path in (folder, again, other)
    ]
    assert names[0] == names[1] != names[2]


def test_a_folder_that_is_what_its_checkpoint_says_passes(folder):
    checkpoint = describe_folder(folder, "encoder.v1", name="n", licence="MIT")
    check_folder(checkpoint, folder)


def flip(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (flip, "changed"),
        (lambda folder: (folder / "config.json").unlink(), "missing-file"),
        (lambda folder: (folder / "more.json").write_text("{}"), "extra-file"),
        (lambda folder: (folder / "config.json").write_text("{}"), "changed"),
    ],
)
def test_a_folder_that_was_changed_is_refused(change, code, folder):
    checkpoint = describe_folder(folder, "encoder.v1", name="n", licence="MIT")
    change(folder)
    with pytest.raises(IntegrityError) as refusal:
        check_folder(checkpoint, folder)
    assert refusal.value.code == f"weights.{code}"
