"""A BERT in torch -> ONNX graphs of it: traced, fused, int8. Owns torch.onnx, onnx and onnxruntime's optimizer; run once per model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any


def trace_graph(bert: Any, tokenizer: Any, path: Path) -> None:
    """Write the graph of a BERT's last hidden states, traced."""
    import warnings

    import torch

    class LastHiddenState(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            return self.bert(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tokenizer(["an example of some length"], return_tensors="pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's notes on shapes that are dynamic by name below
        torch.onnx.export(
            LastHiddenState().eval(),
            tuple(example[name] for name in names),
            str(path),
            input_names=names,
            output_names=["states"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "states"]},
            opset_version=17,
            dynamo=False,
        )


def fuse_graph(config: Any, plain: Path, fused: Path) -> None:
    """Write the graph `plain` of a BERT to `fused`, attention and layer norms fused."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    model = optimizer.optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=1,
        optimization_options=FusionOptions("bert"),
    )
    model.save_model_to_file(str(fused))


def quantise_graph(fused: Path, small: Path) -> None:
    """Write the graph `fused` to `small`, weights int8 per channel, activations scaled as they come."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root_log = logging.getLogger()
    level = root_log.level
    root_log.setLevel(logging.ERROR)  # it advises, on the root logger, what was done above
    try:
        quantize_dynamic(
            str(fused),
            str(small),
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root_log.setLevel(level)
