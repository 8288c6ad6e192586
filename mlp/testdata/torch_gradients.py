#!/usr/bin/env python3
"""Gradients by PyTorch of the networks in a folder.

    torch_gradients.py DIR

For each NAME.safetensors in DIR there are NAME.x.csv and NAME.y.csv, a sample a line. The
gradients of the mean cost go to NAME.gradients.safetensors, under the keys of the weights
and with the same metadata. TestTorchGradients runs this.
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
        return torch.tensor([[float(v) for v in line] for line in csv.reader(f)], dtype=torch.float32)


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
        net = load_file(path)
        for p in net.values():
            p.requires_grad_()
        base = path.removesuffix(".safetensors")
        a, y = read(base + ".x.csv"), read(base + ".y.csv")
        for i, g in enumerate(metadata["activations"].split(",")):
            z = F.linear(a, net[f"{i}.weight"], net[f"{i}.bias"])
            a = ACTIVATIONS[g](z)
        cost(metadata["cost"], z, a, y).backward()
        save_file({k: p.grad.contiguous() for k, p in net.items()}, base + ".gradients.safetensors", metadata=metadata)
    print("torch", torch.__version__)


if __name__ == "__main__":
    main()
