#!/usr/bin/env python3
"""Gradients by PyTorch of the networks in a folder.

    torch_gradients.py DIR

For each NAME.safetensors in DIR, of float64, there are NAME.x.csv and NAME.y.csv, a sample
a line. The gradients of the mean cost go to NAME.float64.safetensors, under the keys of the
weights and with the same metadata, and those computed in float32, as float64 too, to
NAME.float32.safetensors. TestTorchGradients runs this.
"""

import csv
import glob
import sys

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "silu": F.silu,
    "identity": lambda z: z,
    "softmax": lambda z: torch.softmax(z, dim=1),
}


def read(path):
    with open(path, newline="") as f:
        return torch.tensor([[float(v) for v in line] for line in csv.reader(f)], dtype=torch.float64)


def cost(name, z, a, y):
    if name == "cross-entropy":
        return F.cross_entropy(z, y)
    if name == "binary-cross-entropy":
        return F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(dim=1).mean()
    return ((a - y) ** 2).sum(dim=1).mean() / 2


def main():
    for path in glob.glob(sys.argv[1] + "/*.safetensors"):
        with safe_open(path, "pt") as f:
            metadata = f.metadata()
        base = path.removesuffix(".safetensors")
        for name, dtype in ("float64", torch.float64), ("float32", torch.float32):
            net = {k: p.to(dtype).requires_grad_() for k, p in load_file(path).items()}
            a, y = read(base + ".x.csv").to(dtype), read(base + ".y.csv").to(dtype)
            for i, g in enumerate(metadata["activations"].split(",")):
                z = F.linear(a, net[f"{i}.weight"], net[f"{i}.bias"])
                a = ACTIVATIONS[g](z)
            cost(metadata["cost"], z, a, y).backward()
            gradients = {k: p.grad.to(torch.float64).contiguous() for k, p in net.items()}
            save_file(gradients, f"{base}.{name}.safetensors", metadata=metadata)
    print("torch", torch.__version__)


if __name__ == "__main__":
    main()
