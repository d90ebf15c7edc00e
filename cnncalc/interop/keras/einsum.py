"""Sums over products that letters name, as products of matrices."""

from math import prod

from cnncalc.errors import brief
from cnncalc.interop.keras.call import Found, LayerCall, SpecLayer, UnreadError, word


def einsum(call: LayerCall) -> Found:
    """`keras.ops.einsum` of two tensors that share the batch: bqhd,bkhd->bhqk, for example."""
    equation = word(call.option("subscripts"), "subscripts").replace(" ", "")
    given, arrow, out = equation.partition("->")
    names = given.split(",")
    plain = all(name.isalpha() and len(set(name)) == len(name) for name in (*names, out))
    ranks = [len(shape) + 1 for shape in call.shapes]
    if not arrow or not plain or len(names) != 2 or [len(name) for name in names] != ranks:
        raise UnreadError(f"computes {brief(equation)}")
    if call.channels_first:
        raise UnreadError("multiplies tensors whose channels come first")
    if len({name[0] for name in (*names, out)}) > 1:
        raise UnreadError(f"sums over the batch: {brief(equation)}")
    left, right, out = names[0][1:], names[1][1:], out[1:]
    sizes = {
        letter: size
        for own, shape in zip((left, right), call.shapes, strict=True)
        for letter, size in zip(own, shape, strict=True)
    }
    lead = "".join(c for c in out if c in left and c in right)
    rows = "".join(c for c in out if c in left and c not in right)
    columns = "".join(c for c in out if c in right and c not in left)
    summed = "".join(c for c in left if c in right and c not in out)
    if not summed or set(sizes) != {*lead, *rows, *columns, *summed} or set(out) - set(sizes):
        raise UnreadError(f"computes {brief(equation)}")
    parts: list[SpecLayer] = []

    def arranged(letters: str, wanted: str, parted: list[str], name: str, read: int | str) -> int | str:
        """The name of a tensor whose letters are put in order, and of which groups become one dimension."""
        if letters != wanted:
            order = [letters.index(c) for c in wanted]
            parts.append(SpecLayer("permute", {"order": order}, name=f"{name}_turned", reads=(read,)))
            read = f"{name}_turned"
        if any(len(group) != 1 for group in parted):
            shape = [*(sizes[c] for c in lead), *(prod(sizes[c] for c in group) for group in parted)]
            parts.append(SpecLayer("reshape", {"shape": shape}, name=f"{name}_matrix", reads=(read,)))
            read = f"{name}_matrix"
        return read

    a = arranged(left, lead + rows + summed, [rows, summed], "left", 0)
    turned = right == lead + columns + summed
    order = [columns, summed] if turned else [summed, columns]
    b = arranged(right, lead + "".join(order), order, "right", 1)
    parts.append(SpecLayer("matmul", {"transpose_b": True} if turned else {}, name="product", reads=(a, b)))
    made = lead + rows + columns
    if len(rows) != 1 or len(columns) != 1:
        shape = [sizes[c] for c in made] or [1]
        parts.append(SpecLayer("reshape", {"shape": shape}, name="parted", reads=("product",)))
    if made != out:
        order_out = [made.index(c) for c in out]
        parts.append(SpecLayer("permute", {"order": order_out}, name="turned"))
    return Found(tuple(parts)) if len(parts) > 1 else Found((parts[0]._replace(name=""),))
