#!/usr/bin/env python3
"""Trains a multi-layer perceptron with one library and tells how fast.

    train.py LIB --data DIR --hidden 64,64 --batch 128 [--threads 1] [--count 9]

LIB is torch, torch-compile, jax-scan, jax-jit, numpy or sklearn; DIR has the four
IDX files of MNIST or Fashion-MNIST, gzipped or not. The network has σ units, a
softmax output with cross-entropy, and weights uniform in ±1/√fan-in; training is
plain gradient descent at rate 0.5 in float32. A sample is a whole epoch: drawing the
order of samples and gathering batches is timed, the last short batch is trained on.

Each sample is a line in the Go benchmark format. After the epochs of 400 steps, which
are not timed, the accuracy on the test set is checked. With --turns an epoch runs for
each line that is read, so that whoever asks can let libraries take turns.
"""

import argparse
import gzip
import os
import sys
import time


def read_idx(folder, name):
    import numpy as np

    path = os.path.join(folder, name)
    opened = open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")
    with opened as f:
        raw = f.read()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dims)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def load(folder):
    import numpy as np

    def pair(prefix):
        x = read_idx(folder, prefix + "-images-idx3-ubyte")
        y = read_idx(folder, prefix + "-labels-idx1-ubyte")
        x = x.reshape(len(x), -1).astype(np.float32) / np.float32(255)
        return np.ascontiguousarray(x), y.astype(np.int64)

    return pair("train") + pair("t10k")


def initial(units, seed):
    """Weights (n_l × n_(l−1)) and biases."""
    import numpy as np

    rng = np.random.default_rng(seed)
    layers = []
    for k, n in zip(units, units[1:]):
        limit = 1 / np.sqrt(k)
        layers.append((rng.uniform(-limit, limit, (n, k)).astype(np.float32), np.zeros(n, np.float32)))
    return layers


RATE = 0.5


def torch_net(args, x, y, compiled):
    import numpy as np
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(args.threads)
    params = [torch.tensor(p, requires_grad=True) for layer in initial(args.units, 1) for p in layer]
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    rng = np.random.default_rng(1)

    def forward(params, x):
        a = x
        for i in range(0, len(params) - 2, 2):
            a = torch.sigmoid(F.linear(a, params[i], params[i + 1]))
        return F.linear(a, params[-2], params[-1])

    def step(params, xb, yb):
        loss = F.cross_entropy(forward(params, xb), yb)
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            torch._foreach_add_(params, grads, alpha=-RATE)
        return loss

    if compiled:
        step = torch.compile(step)

    def epoch():
        order = torch.from_numpy(rng.permutation(len(x)))
        for i in range(0, len(x), args.batch):
            index = order[i : i + args.batch]
            step(params, x[index], y[index])

    def predict(x):
        with torch.no_grad():
            return forward(params, torch.from_numpy(x)).numpy()

    return epoch, predict, torch.__version__


def jax_net(args, x, y, scan):
    if args.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import functools

    import jax
    import jax.numpy as jnp
    import numpy as np

    params = [(jnp.asarray(w.T), jnp.asarray(b)) for w, b in initial(args.units, 1)]
    x, y = jnp.asarray(x), jnp.asarray(y.astype(np.int32))
    rng = np.random.default_rng(1)

    def forward(params, x):
        a = x
        for w, b in params[:-1]:
            a = jax.nn.sigmoid(a @ w + b)
        return a @ params[-1][0] + params[-1][1]

    def loss(params, xb, yb):
        logs = jax.nn.log_softmax(forward(params, xb))
        return -jnp.mean(jnp.take_along_axis(logs, yb[:, None], axis=1))

    def update(params, xb, yb):
        grads = jax.grad(loss)(params, xb, yb)
        return jax.tree.map(lambda p, g: p - RATE * g, params, grads)

    whole = len(x) // args.batch * args.batch

    @functools.partial(jax.jit, donate_argnums=0)
    def run_epoch(params, x, y, order):
        def body(params, index):
            return update(params, x[index], y[index]), None

        params, _ = jax.lax.scan(body, params, order[:whole].reshape(-1, args.batch))
        if whole < len(order):
            params, _ = body(params, order[whole:])
        return params

    @functools.partial(jax.jit, donate_argnums=0)
    def run_step(params, x, y, index):
        return update(params, x[index], y[index])

    def epoch():
        nonlocal params
        order = rng.permutation(len(x)).astype(np.int32)
        if scan:
            params = run_epoch(params, x, y, order)
        else:
            for i in range(0, len(order), args.batch):
                params = run_step(params, x, y, order[i : i + args.batch])
        jax.block_until_ready(params)

    return epoch, lambda x: np.asarray(forward(params, jnp.asarray(x))), jax.__version__


def numpy_net(args, x, y):
    """Samples as columns; every product and function writes to a buffer of its own."""
    import numpy as np

    layers = initial(args.units, 1)
    rng = np.random.default_rng(1)

    class Space:
        def __init__(self, n):
            self.x = np.empty((n, args.units[0]), np.float32)
            self.a = [np.empty((u, n), np.float32) for u in args.units[1:]]
            self.dz = [np.empty((u, n), np.float32) for u in args.units[1:]]
            self.dw = [np.empty_like(w) for w, _ in layers]
            self.column = np.arange(n)

    spaces = {n: Space(n) for n in {args.batch, len(x) % args.batch} if n}

    def step(index):
        n = len(index)
        s = spaces[n]
        np.take(x, index, axis=0, out=s.x)
        a = s.x.T
        for i, (w, b) in enumerate(layers):
            z = np.matmul(w, a, out=s.a[i])
            z += b[:, None]
            if i < len(layers) - 1:
                np.negative(z, out=z)
                np.exp(z, out=z)
                z += 1
                np.reciprocal(z, out=z)
            a = z
        z -= z.max(axis=0)
        np.exp(z, out=z)
        z /= z.sum(axis=0)
        dz = z
        dz[y[index], s.column] -= 1
        dz *= RATE / n
        for i in range(len(layers) - 1, -1, -1):
            w, b = layers[i]
            before = s.a[i - 1] if i else s.x.T
            np.matmul(dz, before.T, out=s.dw[i])
            db = dz.sum(axis=1)
            if i:
                da = np.matmul(w.T, dz, out=s.dz[i - 1])
                da *= before
                before *= -1
                before += 1
                da *= before
                dz = da
            w -= s.dw[i]
            b -= db

    def epoch():
        order = rng.permutation(len(x))
        for i in range(0, len(order), args.batch):
            step(order[i : i + args.batch])

    def predict(x):
        a = x.T
        for i, (w, b) in enumerate(layers):
            a = w @ a + b[:, None]
            if i < len(layers) - 1:
                a = 1 / (1 + np.exp(-a))
        return a.T

    return epoch, predict, np.__version__


def sklearn_net(args, x, y):
    import numpy as np
    import sklearn
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier(args.units[1:-1], activation="logistic", solver="sgd", alpha=0, batch_size=args.batch,
                        learning_rate_init=RATE, momentum=0, nesterovs_momentum=False, random_state=1)
    classes = np.unique(y)
    return (lambda: net.partial_fit(x, y, classes=classes)), (lambda x: net.predict_proba(x)), sklearn.__version__


LIBS = {
    "torch": lambda *a: torch_net(*a, compiled=False),
    "torch-compile": lambda *a: torch_net(*a, compiled=True),
    "jax-scan": lambda *a: jax_net(*a, scan=True),
    "jax-jit": lambda *a: jax_net(*a, scan=False),
    "numpy": numpy_net,
    "sklearn": sklearn_net,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lib", choices=LIBS)
    parser.add_argument("--data", required=True)
    parser.add_argument("--hidden", default="64,64")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--count", type=int, default=9)
    parser.add_argument("--turns", action="store_true", help="an epoch for each line on standard input")
    args = parser.parse_args()
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[name + "_NUM_THREADS"] = str(args.threads)

    x, y, test_x, test_y = load(args.data)
    args.units = [x.shape[1]] + [int(n) for n in args.hidden.split(",")] + [int(y.max()) + 1]
    epoch, predict, version = LIBS[args.lib](args, x, y)
    epochs = -(-400 // -(-len(x) // args.batch))
    for _ in range(epochs):
        epoch()
    accuracy = float((predict(test_x).argmax(axis=1) == test_y).mean())
    if not accuracy > 0.3:
        sys.exit(f"{args.lib}: accuracy {accuracy:.3f} after {epochs} epochs; expected more than 0.3")

    print(f"{args.lib}: {version}", flush=True)
    name = "-".join(map(str, args.units))
    for _ in sys.stdin if args.turns else range(args.count):
        begin = time.perf_counter()
        epoch()
        took = time.perf_counter() - begin
        print(f"BenchmarkTrain/units={name}/batch={args.batch}/type=f32/lib={args.lib}-{args.threads} {len(x)} "
              f"{1e9 * took / len(x):.5g} ns/op {len(x) / took:.5g} samples/s", flush=True)


if __name__ == "__main__":
    main()
