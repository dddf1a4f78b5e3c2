"""A network to measure: python3 train_mlp.py FOLDER [LAST EPOCH]

An MLP learns ten Gaussian clusters with three weight decays from three starts. `export`, the function of
analysis/export.md, writes its layers into FOLDER at some epochs; half a minute on one core. A layer goes by
the name of what comes behind it: fc2 has the features that go into fc2."""
import itertools
import pathlib
import re
import sys

import torch

PAGE = pathlib.Path(__file__).parents[1] / "export.md"
CLASSES, INPUTS, WIDTH, HIDDEN = 10, 20, 64, 5
DECAYS, SEEDS, EPOCHS, BATCH = (1e-4, 1e-3, 1e-2), (0, 1, 2), (0, 3, 30, 300), 100

names = {}
exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)[1], names)
torch.set_num_threads(1)


def clusters(samples):
    """Points around normal centres, spread as these are along every axis; the same ones each time."""
    chance = torch.Generator().manual_seed(0)
    labels = torch.arange(samples) % CLASSES
    return torch.randn(CLASSES, INPUTS, generator=chance)[labels] + torch.randn(samples, INPUTS, generator=chance), labels


def mlp():
    network = torch.nn.Sequential()
    for layer in range(1, HIDDEN + 1):
        network.add_module(f"fc{layer}", torch.nn.Linear(INPUTS if layer == 1 else WIDTH, WIDTH))
        network.add_module(f"relu{layer}", torch.nn.ReLU())
    network.add_module(f"fc{HIDDEN + 1}", torch.nn.Linear(WIDTH, CLASSES))
    return network


folder, last = pathlib.Path(sys.argv[1]), int((sys.argv[2:] or EPOCHS[-1:])[0])
folder.mkdir(exist_ok=True)
inputs, labels = clusters(1000)
for weight_decay, seed in itertools.product(DECAYS, SEEDS):
    torch.manual_seed(seed)
    network = mlp()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=weight_decay)
    for epoch in range(last + 1):
        if epoch in EPOCHS:
            names["export"](network, inputs, labels, folder / f"wd{weight_decay}-{seed}-{epoch}.h5", epoch=epoch,
                            weight_decay=weight_decay, seed=seed)
        for some in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[some]), labels[some]).backward()
            optimizer.step()
