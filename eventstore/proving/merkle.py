"""The Merkle tree of RFC 6962 §2.1, over leaf hashes that exist already. Pure.

Nothing here keeps the leaves: a tree grows as a *compact range*, the roots of its perfect
subtrees from left to right, which is all that its root and its further growth need.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from msgspec import Struct

#: RFC 6962 §2.1: the hash of the tree without leaves.
EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node over two 32-byte hashes (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Span(NamedTuple):
    """The leaves from ``begin`` up to but without ``end``, counted from 0."""

    begin: int
    end: int


class CompactRange(Struct, frozen=True):
    """The first ``size`` leaves of a tree, as the roots of their perfect subtrees.

    There is one node for each bit that is set in ``size``, the largest subtree first. Taken
    from a multiple of a power of two on, at most as many leaves form a tree of their own.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """Return the 32-byte root of the tree, ``EMPTY_ROOT`` without leaves."""
        if not self.nodes:
            return EMPTY_ROOT
        *larger, root = self.nodes
        for node in reversed(larger):
            root = node_hash(node, root)
        return root

    def grown(self, leaves: Sequence[bytes]) -> "CompactRange":
        """Return the range with ``leaves``, 32-byte hashes, behind it."""
        return self._grown(0, leaves)[0]

    def grown_above(self, level: int, subtrees: Sequence[bytes]) -> "CompactRange":
        """Return the range with the roots of perfect ``subtrees`` of 2**level leaves behind it.

        The size must be a multiple of 2**level.
        """
        assert self.size % (1 << level) == 0, "subtrees begin at a multiple of their size"
        return self._grown(level, subtrees)[0]

    def grown_with_subtrees(
        self, leaves: Sequence[bytes], level: int
    ) -> tuple["CompactRange", list[bytes]]:
        """Return the range with ``leaves`` behind it, and the subtrees they completed.

        These are the roots of perfect subtrees of 2**level leaves; the first of them is the
        ``size >> level``-th of the tree.
        """
        grown, rows = self._grown(0, leaves)
        row = rows.get(level, [])
        return grown, list(row[1:] if self.size >> level & 1 else row)

    def _grown(
        self, level: int, row: Sequence[bytes]
    ) -> tuple["CompactRange", dict[int, Sequence[bytes]]]:
        """Return the range with ``row`` of ``level`` behind it, and the rows at its right edge."""
        nodes = self._by_level()
        size = self.size + (len(row) << level)
        kept = {at: node for at, node in nodes.items() if at < level}
        rows: dict[int, Sequence[bytes]] = {}
        while row or level <= max(nodes, default=0):
            if level in nodes:
                row = [nodes[level], *row]
            rows[level] = row
            if len(row) % 2:
                kept[level] = row[-1]
            row = _paired(row)
            level += 1
        ordered = tuple(kept[at] for at in sorted(kept, reverse=True))
        return CompactRange(size, ordered), rows

    def _by_level(self) -> dict[int, bytes]:
        levels = [level for level in range(self.size.bit_length()) if self.size >> level & 1]
        return dict(zip(reversed(levels), self.nodes, strict=True))


def _paired(row: Sequence[bytes]) -> list[bytes]:
    """Return the parents of a row of nodes; an odd last one has none yet."""
    return [
        sha256(b"\x01" + left + right).digest()
        for left, right in zip(row[::2], row[1::2], strict=False)
    ]


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the subtrees whose roots prove leaf ``index`` in a tree of ``size`` leaves.

    They stand in the order of the audit path, RFC 6962 §2.1.1: from the leaf upwards.
    """
    assert 0 <= index < size, "only a leaf of the tree can be proved"
    spans = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(begin, middle))
            begin = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return the subtrees whose roots prove that the tree of ``old`` leaves begins that of ``new``.

    They stand in the order of RFC 6962 §2.1.2; none are needed for an empty or an equal tree.
    """
    assert 0 <= old <= new, "a tree only grows"
    spans: list[Span] = []
    begin, end = 0, new
    whole = True
    while 0 < old - begin < end - begin:
        middle = begin + _split(end - begin)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(begin, middle))
            begin, whole = middle, False
    if old and not whole:
        spans.append(Span(begin, end))
    return spans[::-1]


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that ``path`` leads to from ``leaf``, None if its length is not right."""
    spans = inclusion_spans(index, size)
    if len(spans) != len(path):
        return None
    for span, sibling in zip(spans, path, strict=True):
        leaf = node_hash(leaf, sibling) if index < span.begin else node_hash(sibling, leaf)
    return leaf


def is_consistent(
    *, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether ``path`` proves that the older tree is the beginning of the newer one."""
    spans = consistency_spans(old, new)
    if len(spans) != len(path):
        return False
    if not spans:
        return old == 0 or (old == new and old_root == new_root)
    known = dict(zip(spans, path, strict=True))
    if old & (old - 1) == 0:  # a perfect subtree of the newer tree, so no path repeats it
        known[Span(0, old)] = old_root
    return _root(Span(0, old), known) == old_root and _root(Span(0, new), known) == new_root


def _root(span: Span, known: dict[Span, bytes]) -> bytes | None:
    """Return the root of ``span`` from the ``known`` subtrees, None if they do not suffice."""
    if span in known:
        return known[span]
    if span.end - span.begin < 2:
        return None
    middle = span.begin + _split(span.end - span.begin)
    left = _root(Span(span.begin, middle), known)
    right = _root(Span(middle, span.end), known)
    return None if left is None or right is None else node_hash(left, right)
