"""What classes are as sets of vertices: graphs, blocks of them, other sets; in words."""
import collections
import itertools


def label(vertices):
    """{0, 2} as 'AC'."""
    return "".join(chr(ord("A") + vertex) for vertex in sorted(vertices))


def complete_bipartite(ends, vertices):
    """(a, b) where the ends are all pairs between a and b vertices, else None."""
    side = set().union(*(end for end in ends if 0 in end)) - {0}
    other = set(range(vertices)) - side
    pairs = {frozenset(pair) for pair in itertools.product(side, other)}
    fits = pairs == set(ends) and len(pairs) == len(ends)
    return tuple(sorted((len(side), len(other)))) if fits else None


def blocks(ends):
    """The connected parts, [[vertices of each class of it, counted from 0 in each]], by falling size."""
    parts = []  # [set of vertices, ends]
    for end in ends:
        joined = [part for part in parts if part[0] & end]
        parts = [part for part in parts if not part[0] & end]
        parts.append([end.union(*(part[0] for part in joined)), [*(e for part in joined for e in part[1]), end]])
    found = []
    for vertices, members in sorted(parts, key=lambda part: -len(part[1])):
        number = {vertex: i for i, vertex in enumerate(sorted(vertices))}
        found.append([frozenset(number[vertex] for vertex in end) for end in members])
    return found


def dependent(ends):
    """How much smaller than its number of vertices the rank of the incidence matrix is: by one for
    each block K_{a,b}, where the vertices of either side add up to the same."""
    return sum(complete_bipartite(block, len(frozenset().union(*block))) is not None for block in blocks(ends))


def name_block(ends):
    """'K_5', 'K_{2,3}', '1' of a class alone on its vertex; None of anything else."""
    vertices = len(frozenset().union(*ends))
    if len(ends) == 1 and vertices == 1:
        return "1"
    if len(set(ends)) < len(ends) or {len(end) for end in ends} != {2}:
        return None
    if len(ends) == vertices * (vertices - 1) // 2:
        return f"K_{vertices}"
    sides = complete_bipartite(ends, vertices)
    return f"K_{{{sides[0]},{sides[1]}}}" if sides else None


def name_blocks(ends):
    """'the edges of K_{2,2} and a single class'; None where a block has no name."""
    names = [name_block(block) for block in blocks(ends)]
    if None in names:
        return None
    alone = names.count("1")
    if alone == len(names):
        return f"a vertex for each of {alone} classes"
    rest = "" if not alone else " and a single class" if alone == 1 else f" and {alone} single classes"
    return "the edges of " + " and of ".join(name for name in names if name != "1") + rest


def name_graph(ends, vertices):
    """What the classes are as sets of vertices."""
    if not ends:
        return "no vertices"
    named = name_blocks(ends) if all(ends) else None
    if named:
        return named
    sizes = collections.Counter(len(end) for end in ends)
    doubles = len(ends) - len(set(ends))
    if not doubles and set(sizes) == {2}:
        return f"{len(ends)} of the {vertices * (vertices - 1) // 2} edges of K_{vertices}"
    words = [f"{count} on {size} vert{'ex' if size == 1 else 'ices'}" for size, count in sorted(sizes.items())]
    return ", ".join(words) + (f"; {doubles} on the same as another" if doubles else "")
