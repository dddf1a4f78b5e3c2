"""A row of a result file with its layers recomputed from the stored weights."""
import h5py
import numpy as np
from conftest import Program


def stored_values(folder, sweep):
    """{name: values} of the file of a sweep that is run in the folder."""
    (folder / "sweep.yaml").write_text(sweep)
    Program(folder)("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    with h5py.File(folder / "out.h5") as file:
        return {name: data[:] for name, data in file.items() if data.shape}


def relu(point):
    return np.maximum if point["activation"] == 0 else lambda x, zero: x


class Point:
    """One row of the file: its parameters, its weights, and its layers recomputed."""

    def __init__(self, file, row):
        self.value = {name: file[name][row] for name in file if file[name].shape[:1] ==
                      file["config"].shape and file[name].ndim == 1}
        self.L, self.d = int(self.value["depth"]), int(self.value["width"])
        self.K, self.n = int(self.value["classes"]), int(self.value["samples"])
        N = self.K * self.n
        rows = [self.d] * (self.L - 1) + [self.K]
        self.W = [file["weight"][row, l, :r, :self.d] for l, r in enumerate(rows)]
        self.H1 = file["feature"][row, :self.d, :N]
        self.lambdas = file["lambdas"][row, :self.L]
        self.activate = relu(self.value)
        self.pre, A = [], self.H1
        for W in self.W:
            self.pre.append(A if not self.pre else H)
            H = W @ (A if len(self.pre) == 1 else self.activate(self.pre[-1], 0.0))
        self.Z = H
        self.post = [self.pre[0]] + [self.activate(H, 0.0) for H in self.pre[1:]]

    def means(self, H):
        return H.reshape(H.shape[0], self.K, self.n).mean(axis=2)

    def matrices(self, layer):
        pre, post = self.pre[layer], self.post[layer]
        return dict(weight=self.W[layer], feature_pre=pre, feature_post=post,
                    mean_pre=self.means(pre), mean_post=self.means(post))
