"""The packages of ssgan by layer, and who imports whom, read off the source."""

import ast
from pathlib import Path

import matplotlib.pyplot as plt

import ssgan
from tests.test_architecture import LAYERS

ROOT = Path(ssgan.__file__).parent


def imported(layer):
    """The other layers from which one imports."""
    path = ROOT / layer
    files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [
        f"ssgan.{a.name}"
        for n in nodes
        if isinstance(n, ast.ImportFrom)
        for a in n.names
        if n.module == "ssgan"
    ]
    found = {name.split(".")[1] for name in names if name.startswith("ssgan.")}
    return (found & set(LAYERS)) - {layer}


above = {layer: imported(layer) for layer in LAYERS}
reached = {}
for layer in LAYERS:
    reached[layer] = above[layer].union(*(reached[name] for name in above[layer]))
floors = {}
for layer in LAYERS:  # lowest first, so that what it imports has a floor already
    floors[layer] = 1 + max((floors[name] for name in above[layer]), default=-1)
rooms = {floor: [n for n in LAYERS if floors[n] == floor] for floor in set(floors.values())}
places = {
    name: ((k - (len(names) - 1) / 2) * 2.6 + (0.9 if floor % 2 else -0.9), floor)
    for floor, names in rooms.items()
    for k, name in enumerate(names)
}
figure, axis = plt.subplots(figsize=(7, 8))
for name, (x, y) in places.items():
    direct = above[name] - set().union(*(reached[other] for other in above[name]))
    for other in direct:  # what is imported by way of others has no arrow of its own
        below = places[other]
        axis.annotate(
            "",
            xy=below,
            xytext=(x, y),
            arrowprops={
                "arrowstyle": "->",
                "color": "0.75",
                "lw": 0.7,
                "shrinkA": 10,
                "shrinkB": 10,
                "connectionstyle": "arc3,rad=0.15",
            },
        )
for name, (x, y) in places.items():
    axis.text(
        x,
        y,
        name,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.35", "fc": "white", "ec": "0.3"},
    )
axis.set(xlim=(-4, 4), ylim=(-0.6, max(floors.values()) + 0.6))
axis.axis("off")
figure.tight_layout()
