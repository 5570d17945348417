# SPDX-License-Identifier: Apache-2.0
"""The same forward pass on torch, in bfloat16 where the processor has it."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel

from maalem.errors import UnsafeWeightsError, boundary
from maalem.models.encoder_shape import Forward, IntArray
from maalem.models.folder import read_json
from maalem.models.weights import FloatArray, read_tensors


def torch_forward(path: Path) -> Forward:
    """Open the weights for torch.

    Raises:
        UnsafeWeightsError: The weights are unsound, or not those of `config.json`.
    """
    config = BertConfig(**read_json(path.parent / "config.json"))
    config._attn_implementation = "sdpa"  # noqa: SLF001  # the argument's only place
    model = BertModel(config, add_pooling_layer=False)
    tensors = {name: torch.tensor(value) for name, value in read_tensors(path).items()}
    with boundary(UnsafeWeightsError, f"load {path.name} into the model"):
        missing = model.load_state_dict(tensors, strict=False).missing_keys
    if missing:
        raise UnsafeWeightsError(
            f"the tensor {missing[0]!r} is missing", code="weights.shape"
        )
    model.train(mode=False)
    if has_bfloat16():
        model.bfloat16()

    def forward(numbers: IntArray, present: NDArray[np.bool_]) -> FloatArray:
        with torch.inference_mode():
            mask = torch.from_numpy(present)
            states = model(
                input_ids=torch.from_numpy(numbers), attention_mask=mask.long()
            ).last_hidden_state.float()
            kept = mask[:, :, None].float()
            mean: FloatArray = ((states * kept).sum(1) / kept.sum(1)).numpy()
        return mean

    return forward


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
