"""Compares predictions by mlp with ONNX Runtime's on one thread: the same network, the
same run, in turn.

    go build -o mlp ./mlp/cmd/mlp
    taskset -c 0 python bench/interchange/predict.py ./mlp DIR

DIR has the IDX files of Fashion-MNIST (or MNIST). Latencies are in process, of one sample
after another, at the median of 10,000; the figures are medians of nine rounds. ONNX
Runtime is called with bound buffers, which spares copies. What Python and an empty session
take, that of a model of one Identity, is told beside it.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

mlp, data = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
os.chdir(tempfile.mkdtemp())
images = next(f"{data}/{n}" for n in ("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz") if os.path.exists(f"{data}/{n}"))


def session(model):
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(model, o, providers=["CPUExecutionProvider"])


def latency(s, x, n):
    """Median seconds of a run on one sample."""
    one, out = np.ascontiguousarray(x[:1]), np.zeros((1, n), np.float32)
    b = s.io_binding()
    b.bind_input("x", "cpu", 0, np.float32, one.shape, one.ctypes.data)
    b.bind_output("y", "cpu", 0, np.float32, out.shape, out.ctypes.data)
    times = []
    for row in x:
        one[0] = row
        t = time.perf_counter_ns()
        s.run_with_iobinding(b)
        times.append(time.perf_counter_ns() - t)
    return float(np.median(times)) / 1e9


empty = helper.make_model(
    helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "empty",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 784])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 784])],
    ),
    opset_imports=[helper.make_opsetid("", 13)], ir_version=7,
)

print(f"onnxruntime {onnxruntime.__version__}, 10,000 samples of 784")
for hidden in sys.argv[3:] or ["64,64", "512,512"]:
    subprocess.run([mlp, "train", "--data", data, "--hidden", hidden, "--batch", "128", "--epochs", "1", "--quiet", "--out", "net.safetensors"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([mlp, "export", "--model", "net.safetensors", "--out", "net.onnx"], check=True, stdout=subprocess.DEVNULL)
    theirs, nothing = session("net.onnx"), session(empty.SerializeToString())
    x = None
    rows = []
    for _ in range(9):
        told = subprocess.run([mlp, "predict", "--model", "net.safetensors", "--data", images, "--time", "--out", "y.csv"], check=True, capture_output=True, text=True).stderr
        ours_rate, ours_one = float(re.search(r"\((\d+) samples/s\)", told)[1]), float(re.search(r"takes ([\d.]+) µs", told)[1]) / 1e6
        if x is None:
            import gzip

            raw = (gzip.open if images.endswith(".gz") else open)(images, "rb").read()
            x = (np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784) / np.float32(255)).astype(np.float32)
            y = theirs.run(["y"], {"x": x})[0]
            ours = np.genfromtxt("y.csv", delimiter=",", skip_header=1, dtype=np.float32)[:, 1:]
            worst = np.max(np.abs(y - ours))
            assert worst <= 1e-5, worst
        t = time.perf_counter()
        theirs.run(["y"], {"x": x})
        their_rate = len(x) / (time.perf_counter() - t)
        rows.append((ours_one, latency(theirs, x, 10), latency(nothing, x, 784), ours_rate, their_rate))
    one, their_one, floor, rate, their_rate = np.median(rows, axis=0)
    print(f"784-{hidden.replace(',', '-')}-10: one sample {one * 1e6:.2f} µs, ONNX Runtime {their_one * 1e6:.2f} µs "
          f"(an empty session {floor * 1e6:.2f} µs): ratio {one / their_one:.2f}, {one / (their_one - floor):.2f} without that; "
          f"all at once {rate / 1e3:.0f}k samples/s, ONNX Runtime {their_rate / 1e3:.0f}k: ratio {rate / their_rate:.2f}")
