"""Shows that others read what mlp writes, and mlp what they write.

    go build -o mlp ./mlp/cmd/mlp
    python bench/interchange/check.py ./mlp

Needs torch, safetensors, onnx, onnxruntime, keras (backend jax), scikit-learn, numpy from
PyPI. For each network it compares outputs on 1,797 digits, or on random samples, with
those of `mlp predict`; outputs of networks with an identity output are the logits. Exits
with 1 if any differs by more than 1e-5.
"""

import os
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
import onnx
import onnxruntime
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.datasets import load_diabetes, load_digits

BOUND = 1e-5
mlp = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
failed = False


def run(*args):
    subprocess.run([mlp, *args], check=True, stdout=subprocess.DEVNULL)


def table(name, x):
    np.savetxt(name, x, delimiter=",", fmt="%.9g")  # nine digits are all of a float32
    return name


def predict(model, x, classes=True):
    run("predict", "--model", model, "--data", table("x.csv", x), "--out", "y.csv")
    y = np.genfromtxt("y.csv", delimiter=",", skip_header=1, dtype=np.float32)
    return y.reshape(len(x), -1)[:, 1 if classes else 0 :]


def same(what, a, b, scale=1.0):
    global failed
    worst = float(np.max(np.abs(a - b))) / scale
    ok = a.shape == b.shape and worst <= BOUND
    failed |= not ok
    print(f"{what:62s} {len(a):6d} samples  max difference {worst:.1e}  {'ok' if ok else 'DIFFERS'}")


def torch_net(file):
    """The network of a model file, from its tensors and metadata alone."""
    with safe_open(file, "pt") as f:
        names = f.metadata()["activations"].split(",")
    tensors = load_file(file)
    modules = {
        "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU,
        "identity": torch.nn.Identity, "softmax": lambda: torch.nn.Softmax(dim=1),
    }
    net = torch.nn.Sequential()
    state = {}
    for i, name in enumerate(names):
        rows, cols = tensors[f"{i}.weight"].shape
        net.append(torch.nn.Linear(cols, rows))
        net.append(modules[name]())
        state[f"{2 * i}.weight"] = tensors[f"{i}.weight"]
        state[f"{2 * i}.bias"] = tensors[f"{i}.bias"]
    net.load_state_dict(state, strict=True)
    return net


def ort(file, x):
    onnx.checker.check_model(onnx.load(file), full_check=True)
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(["y"], {"x": x})[0]


digits = (load_digits().data / 16).astype(np.float32)
for hidden, output, extra in [
    ("sigmoid", "softmax", []),
    ("tanh", "softmax", ["--optimizer", "adam"]),
    ("relu", "identity", ["--cost", "square", "--lr", "0.05"]),
    ("relu", "softmax", ["--scale", "standard", "--lr", "0.1"]),
]:
    run("train", "--activation", hidden, "--output", output, "--epochs", "10", "--out", "net.safetensors", *extra)
    ours = predict("net.safetensors", digits)
    for to in ["weights.safetensors", "net.onnx", "net.npz"]:
        run("export", "--model", "net.safetensors", "--out", to)
    name = f"{hidden}, {output}{' (logits)' if output == 'identity' else ''}{', scaled' if '--scale' in extra else ''}"

    if "--scale" not in extra:
        with torch.no_grad():
            same(f"PyTorch from safetensors: {name}", torch_net("weights.safetensors")(torch.from_numpy(digits)).numpy(), ours)
        z = np.load("net.npz")
        net = keras.Sequential([keras.Input((64,))])
        for units, g in [(64, hidden), (64, hidden), (10, {"identity": "linear"}.get(output, output))]:
            net.add(keras.layers.Dense(units, activation=g))
        net.set_weights([z[f"arr_{i}"] for i in range(len(z.files))])
        same(f"Keras from npz: {name}", np.asarray(net.predict(digits, verbose=0)), ours)
    same(f"ONNX Runtime: {name}", ort("net.onnx", digits), ours)
    same(f"ONNX Runtime, one sample: {name}", ort("net.onnx", digits[:1]), ours[:1])

# A table with targets: scaling of inputs and targets is part of the ONNX model.
d = load_diabetes(scaled=False)
table("diabetes.csv", np.column_stack([d.data, d.target]))
run("train", "--data", "diabetes.csv", "--regression", "--hidden", "16", "--activation", "tanh", "--epochs", "20", "--out", "net.safetensors")
run("export", "--model", "net.safetensors", "--out", "net.onnx")
x = d.data.astype(np.float32)
same("ONNX Runtime: regression, of targets to 346", ort("net.onnx", x), predict("net.safetensors", x, classes=False), scale=float(d.target.max()))

# Keras' weights, as np.savez(file, *model.get_weights()) writes them.
keras.utils.set_random_seed(1)
x = np.random.default_rng(1).standard_normal((500, 20)).astype(np.float32)
for hidden, output in [("relu", "softmax"), ("tanh", "linear"), ("sigmoid", "sigmoid")]:
    net = keras.Sequential([keras.Input((20,)), keras.layers.Dense(30, hidden), keras.layers.Dense(17, hidden), keras.layers.Dense(5, output)])
    net.set_weights([w + 0.05 for w in net.get_weights()])
    np.savez("keras.npz", *net.get_weights())
    ours = {"linear": "identity"}.get(output, output)
    run("export", "--model", "keras.npz", "--activation", hidden, "--output", ours, "--out", "net.safetensors")
    same(f"mlp from Keras' npz: {hidden}, {output}", predict("net.safetensors", x, classes=ours != "identity"), np.asarray(net.predict(x, verbose=0)))

sys.exit(failed)
