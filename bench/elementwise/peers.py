"""Times numpy's and torch's element-wise functions for bench/compare.

Writes a line "NAME VERSION" for each library that can be imported, then an empty
one. Each line "NAME FUNCTION TYPE N REPS" that it reads is answered by the
nanoseconds that so many calls took, or by "none" if there is no such function.
"""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
libraries = {}
try:
    import numpy as np
except ImportError:
    sys.exit("numpy: not found")
try:
    import torch
except Exception as e:  # whatever a broken installation raises
    print(f"torch left out: {e}", file=sys.stderr)
    torch = None


def normals(n, typ, positive):
    x = np.random.default_rng(1).standard_normal(n).astype({"f32": np.float32, "f64": np.float64}[typ])
    return np.abs(x) if positive else x


def numpy_call(fn, x):
    out = np.empty_like(x)
    if fn in ("exp", "log", "tanh"):
        f = getattr(np, fn)
        return lambda: f(x, out=out)
    if fn == "relu":
        return lambda: np.maximum(x, 0, out=out)
    if fn in ("sigmoid", "silu"):
        one = x.dtype.type(1)

        def sigmoid():
            np.negative(x, out=out)
            np.exp(out, out=out)
            np.add(out, one, out=out)
            np.divide(one if fn == "sigmoid" else x, out, out=out)

        return sigmoid
    return None


def torch_call(fn, x):
    x = torch.from_numpy(x)
    out = torch.empty_like(x)
    if fn in ("exp", "log", "tanh", "sigmoid"):
        f = getattr(torch, fn)
        return lambda: f(x, out=out)
    if fn == "relu":
        return lambda: torch.clamp_min(x, 0, out=out)
    if fn == "silu":
        return lambda: torch._C._nn.silu(x, out=out)
    return None


libraries["numpy"] = numpy_call
print("numpy", np.__version__)
if torch is not None:
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    libraries["torch"] = torch_call
    print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())
print(flush=True)

calls = {}
for line in sys.stdin:
    name, fn, typ, n, reps = line.split()
    key = name, fn, typ, n
    if key not in calls:
        calls[key] = libraries[name](fn, normals(int(n), typ, fn == "log"))
    call = calls[key]
    if call is None:
        print("none", flush=True)
        continue
    repetitions = range(int(reps))
    start = time.perf_counter_ns()
    for _ in repetitions:
        call()
    print(time.perf_counter_ns() - start, flush=True)
