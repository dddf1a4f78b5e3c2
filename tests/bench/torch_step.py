"""The same descent step in PyTorch, on one thread, in double precision.

Reads lines "HOW K L d n STEPS START" and answers "microseconds-a-step STEPS loss" until
the input ends. HOW is `autograd` (autograd and torch.optim.SGD) or `hand` (the same
gradient written out, without autograd). START is the file that step.c wrote.
"""
import sys
import time

import numpy as np
import torch

LAMBDA, RATE = 0.004, 0.02


def read_start(path, classes, depth, width, samples):
    """[H_1, W_1, .., W_L] in mathematical orientation, and the labels Y."""
    data = np.fromfile(path)
    shapes = [(width, classes * samples)] + [(width, width)] * (depth - 1) + [(classes, width)]
    factors, at = [], 0
    for rows, columns in shapes:
        block = data[at:at + rows * columns].reshape(columns, rows).T
        factors.append(torch.tensor(np.ascontiguousarray(block)))
        at += rows * columns
    assert at == data.size, f"{path}: {data.size} numbers, expected {at}"
    return factors, torch.eye(classes).repeat_interleave(samples, dim=1)


def forward(factors):
    """Inputs of W_1 .. W_L and the output Z."""
    inputs = [factors[0]]
    for weight in factors[1:-1]:
        product = weight @ inputs[-1]
        inputs.append(torch.relu(product))
    return inputs, factors[-1] @ inputs[-1]


def fit(output, labels):
    return 0.5 / labels.shape[1] * ((output - labels) ** 2).sum()


def by_autograd(factors, labels, steps):
    for factor in factors:
        factor.requires_grad_(True)
    optimizer = torch.optim.SGD(factors, lr=RATE, weight_decay=LAMBDA)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        fit(forward(factors)[1], labels).backward()
        optimizer.step()


@torch.no_grad()
def by_hand(factors, labels, steps):
    keep, count = 1.0 - RATE * LAMBDA, labels.shape[1]
    for _ in range(steps):
        inputs, output = forward(factors)
        delta = (output - labels).div_(count)
        for layer in range(len(factors) - 1, 0, -1):
            weight, below = factors[layer], inputs[layer - 1]
            back = weight.T @ delta
            weight.addmm_(delta, below.T, beta=keep, alpha=-RATE)
            delta = back.mul_(below > 0) if layer > 1 else back
        factors[0].mul_(keep).add_(delta, alpha=-RATE)


@torch.no_grad()
def total_loss(factors, labels):
    squares = sum(float((factor**2).sum()) for factor in factors)
    return float(fit(forward(factors)[1], labels)) + 0.5 * LAMBDA * squares


def answer(line):
    how, *numbers, path = line.split()
    classes, depth, width, samples, steps = map(int, numbers)
    factors, labels = read_start(path, classes, depth, width, samples)
    descend = {"autograd": by_autograd, "hand": by_hand}[how]
    start = time.perf_counter()
    descend(factors, labels, steps)
    seconds = time.perf_counter() - start
    return f"{1e6 * seconds / steps:.4f} {steps} {total_loss(factors, labels):.17g}"


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        print(answer(line), flush=True)


if __name__ == "__main__":
    main()
