"""ONNX Runtime: labelling only. The model is Gemm, Relu, …, Gemm, ArgMax."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from peers.protocol import Floats, Ints, Options, Parameters, Variant, said, tiles

OPSET = 13


def labelling_variants(_: Parameters) -> dict[str, Variant]:
    return {
        f"{f'tiles of {tile:,}' if tile else 'all rows'}, {said(threads)}": Variant({"tile": tile, "threads": threads})
        for tile in (None, 1_000, 6_000)
        for threads in (1, 2)
    }


def model_of(parameters: Parameters) -> ModelProto:
    nodes, numbers, a = [], [], "x"
    for number, (W, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True), 1):
        numbers += [numpy_helper.from_array(W, f"W{number}"), numpy_helper.from_array(b, f"b{number}")]
        nodes.append(helper.make_node("Gemm", [a, f"W{number}", f"b{number}"], [f"z{number}"], transB=1))
        if number < len(parameters.weights):
            nodes.append(helper.make_node("Relu", [f"z{number}"], [f"a{number}"]))
        a = f"a{number}"
    nodes.append(helper.make_node("ArgMax", [f"z{number}"], ["label"], axis=1, keepdims=0))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", parameters.weights[0].shape[1]])
    label = helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])
    graph = helper.make_graph(nodes, "network", [x], [label], numbers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


class Labeller:
    def __init__(self, parameters: Parameters, options: Options) -> None:
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options["threads"]
        settings.inter_op_num_threads = 1
        model = model_of(parameters).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        self.tile = options["tile"]

    def placed(self, x: Floats) -> Floats:
        return x

    def many(self, x: Floats) -> Ints:
        pieces = tiles(len(x), self.tile or len(x))
        found: Ints = np.concatenate([self.session.run(None, {"x": x[piece]})[0] for piece in pieces])
        return found

    def one(self, row: Floats) -> int:
        return int(self.session.run(None, {"x": row[None, :]})[0][0])
