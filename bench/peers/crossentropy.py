"""Times softmax with cross-entropy, losses and gradients, of torch and of lanewise
in turn, on one thread, float32:

    go test -c -o bench.test ./bench
    OMP_NUM_THREADS=1 taskset -c 0 python bench/peers/crossentropy.py bench.test

torch works on samples as rows, as it is used, and its gradient is that of the sum of
losses. Each round times torch for a tenth of a second and runs the benchmark for as
long; the ratios are those within a round, of which the median counts.
"""
import re
import statistics
import subprocess
import sys
import time

import torch

ROUNDS, SECONDS = 9, 0.1


def torch_ns(classes, samples):
    z = torch.randn(samples, classes, requires_grad=True)
    target = torch.arange(samples) * 7 % classes

    def step():
        z.grad = None
        torch.nn.functional.cross_entropy(z, target, reduction="sum").backward()

    for _ in range(50):
        step()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        step()
        count += 1
    return (time.perf_counter() - start) / count * 1e9


def lanewise_ns(binary, classes, samples):
    pattern = f"CrossEntropy/m={classes}$/n={samples}$/type=f32$"
    out = subprocess.run([binary, "-test.run=-", f"-test.bench={pattern}", f"-test.benchtime={SECONDS}s"],
                         check=True, capture_output=True, text=True).stdout
    return {level: float(ns) for level, ns in re.findall(r"/level=(\w+)\S*\s+\d+\s+([0-9.]+) ns/op", out)}


def main():
    torch.set_num_threads(1)
    for classes, samples in (10, 128), (1000, 256):
        peer, ours, ratios = [], {}, {}
        for _ in range(ROUNDS):
            ns = torch_ns(classes, samples)
            peer.append(ns)
            for level, own in lanewise_ns(sys.argv[1], classes, samples).items():
                ours.setdefault(level, []).append(own)
                ratios.setdefault(level, []).append(ns / own)
        print(f"{classes} x {samples}: torch {torch.__version__} {statistics.median(peer):.0f} ns")
        for level in ours:
            print(f"  {level}: {statistics.median(ours[level]):.0f} ns, torch/ours {statistics.median(ratios[level]):.1f}"
                  f" ({min(ratios[level]):.1f} to {max(ratios[level]):.1f})")


main()
