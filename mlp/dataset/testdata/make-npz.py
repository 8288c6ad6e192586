"""Writes the npz files of the tests, with NumPy, into this folder."""

import os

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
np.savez_compressed(
    f"{here}/classes.npz",
    x_train=np.arange(24, dtype=np.uint8).reshape(6, 2, 2),
    y_train=np.array([0, 1, 2, 0, 1, 2]),
    x_test=np.arange(8, dtype=np.uint8).reshape(2, 2, 2),
    y_test=np.array([[1], [0]], np.uint8),
)
np.savez(
    f"{here}/targets.npz",
    X=np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3)),
    y=np.array([[0.5, -0.5], [1.5, -1.5]]),
)
