"""A BERT in torch -> ONNX graphs of it: traced, fused, int8 (once per model); a graph -> a session that runs it.

Owns torch.onnx, onnx and onnxruntime; none is imported before it is needed.
"""

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


SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""onnxruntime's layer norm that takes in the sum before it: on a CPU .37 ms for 170 tokens, where the two apart take .06."""


def open_graph(path: Path) -> Any:
    """An `onnxruntime.InferenceSession` of one thread: whoever runs it spreads texts over threads, so that no figure depends on how many."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS)


def fuse_graph(config: Any, plain: Path, fused: Path) -> None:
    """Write the graph `plain` of a BERT to `fused`, attention fused, layer norms not (SLOW_FUSIONS)."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = False
    model = optimizer.optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=1,
        optimization_options=options,
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
