"""The classes that exported code has of its own, read again.

Such a class is named after a kind; its arguments are the kind's options, its variables the kind's weights.
"""

from typing import Any

from cnncalc.interop.keras import activations
from cnncalc.interop.keras.call import Found, LayerCall, Made, SpecLayer, UnreadError
from cnncalc.layers import build, find, names
from cnncalc.layers.support.base import fields

_OF_OTHER_NAMES = {"ListedConv": "conv"}


def read(call: LayerCall) -> Found:
    """The layer of the spec that a class of exported code is."""
    plain = call.cls.lower()
    name = _OF_OTHER_NAMES.get(call.cls) or next((n for n in names() if n.replace("_", "") == plain), "")
    kind = find(name)
    if kind is None:
        raise UnreadError("is no class that exported code has")
    options = {
        option: call.config[option]
        for option in fields(kind)
        if option != "activation" and call.config.get(option) is not None
    }
    if call.cls in _OF_OTHER_NAMES:
        options["filters"] = len(options["table"])
    if "activation" in fields(kind) and fields(kind)["activation"].default_factory:
        options["activation"] = "none"
    weights: dict[str, Made] = {}
    variables: dict[str, str] = {}
    arrays = build(kind, options).weights(*call.shapes)
    # the variables of each layer within stand together, behind the layer's own
    layers = ["", *dict.fromkeys(weight.rpartition(".")[0] for weight in arrays)]
    for number, weight in enumerate(sorted(arrays, key=lambda each: layers.index(each.rpartition(".")[0]))):
        layer, dot, part = weight.rpartition(".")
        variables[weight] = f"{layer}/vars/{int(part != 'weight')}" if dot else f"vars/{number}"
        weights[weight] = Made((weight,), _turned if dot and part == "weight" else None)
    found = Found(
        (SpecLayer(name, options, weights, reads=() if kind.inputs == "none" else None),), variables
    )
    return activations.activated(call, found)


def _turned(kernel: Any) -> Any:
    return kernel.T
