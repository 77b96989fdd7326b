"""The tree is RFC 6962's: by published roots, by another implementation, and by its proofs."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from eventstore.proving.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Span,
    consistency_spans,
    inclusion_spans,
    is_consistent,
    root_of_inclusion,
)

#: Entries and roots that implementations of Certificate Transparency are tested with.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = st.integers(0, 130)


def leaves_of(entries: list[bytes]) -> list[bytes]:
    """Return the leaf hashes of entries."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


LEAVES = leaves_of([b"%d" % number for number in range(130)])


def root_of(span: Span) -> bytes:
    """Return the root over some of ``LEAVES``, grown at once."""
    return CompactRange().grown(LEAVES[span.begin : span.end]).root()


def test_published_roots_are_ours() -> None:
    """Eight entries give the roots that Certificate Transparency published."""
    leaves = leaves_of(ENTRIES)
    roots = [CompactRange().grown(leaves[:size]).root().hex() for size in range(1, 9)]
    assert tuple(roots) == ROOTS
    assert CompactRange().root() == EMPTY_ROOT


@given(cuts=st.lists(SIZES))
def test_growing_in_steps_gives_the_root_of_another_implementation(cuts: list[int]) -> None:
    """However the leaves arrive, the root is the one pymerkle computes from the entries."""
    grown, theirs = CompactRange(), InmemoryTree(algorithm="sha256")
    for begin, end in pairwise([0, *sorted(cuts)]):
        grown = grown.grown(LEAVES[begin:end])
        for number in range(begin, end):
            theirs.append_entry(b"%d" % number)
        assert grown.size == end
        if end:
            assert grown.root() == theirs.get_root(end)


@given(size=SIZES, more=SIZES, level=st.integers(1, 5))
def test_completed_subtrees_are_those_of_the_whole_tree(size: int, more: int, level: int) -> None:
    """What is completed while growing is what the leaves give, and it can be grown from."""
    end = min(size + more, len(LEAVES))
    size = min(size, end)
    begun = CompactRange().grown(LEAVES[:size])
    grown, completed = begun.grown_with_subtrees(LEAVES[size:end], level)
    assert grown == CompactRange().grown(LEAVES[:end])
    numbers = range(size >> level, end >> level)
    assert completed == [root_of(Span(n << level, (n + 1) << level)) for n in numbers]
    every = [root_of(Span(n << level, (n + 1) << level)) for n in range(end >> level)]
    rest = LEAVES[end >> level << level : end]
    assert CompactRange().grown_above(level, every).grown(rest).root() == root_of(Span(0, end))


@pytest.mark.parametrize("size", range(1, 70))
def test_each_leaf_is_proved_and_no_other_in_its_place(size: int) -> None:
    """The path of a leaf leads to the root; another leaf, place or a changed path does not."""
    root = root_of(Span(0, size))
    for index in range(size):
        path = [root_of(span) for span in inclusion_spans(index, size)]
        assert root_of_inclusion(LEAVES[index], index, size, path) == root
        assert root_of_inclusion(LEAVES[-1], index, size, path) != root
        assert root_of_inclusion(LEAVES[index], index, size, [*path, root]) is None
        for place in range(len(path)):
            changed = [*path[:place], LEAVES[-1], *path[place + 1 :]]
            assert root_of_inclusion(LEAVES[index], index, size, changed) != root


@pytest.mark.parametrize("new", range(1, 40))
def test_a_tree_is_proved_to_begin_a_later_one(new: int) -> None:
    """Each earlier size is consistent; another root or a changed path is not."""
    new_root = root_of(Span(0, new))
    for old in range(1, new + 1):
        proof = [root_of(span) for span in consistency_spans(old, new)]
        old_root = root_of(Span(0, old))
        sizes = {"old": old, "new": new}
        assert is_consistent(**sizes, old_root=old_root, new_root=new_root, path=proof)
        wrong = LEAVES[-1]
        assert not is_consistent(**sizes, old_root=wrong, new_root=new_root, path=proof)
        assert not is_consistent(**sizes, old_root=old_root, new_root=wrong, path=proof)
        assert not is_consistent(
            **sizes, old_root=old_root, new_root=new_root, path=[*proof, wrong]
        )
        for place in range(len(proof)):
            changed = [*proof[:place], wrong, *proof[place + 1 :]]
            assert not is_consistent(**sizes, old_root=old_root, new_root=new_root, path=changed)


def test_the_examples_of_the_rfc_have_its_paths() -> None:
    """RFC 6962 §2.1.3 lists the paths of a tree of seven leaves."""
    assert inclusion_spans(0, 7) == [Span(1, 2), Span(2, 4), Span(4, 7)]
    assert inclusion_spans(3, 7) == [Span(2, 3), Span(0, 2), Span(4, 7)]
    assert inclusion_spans(4, 7) == [Span(5, 6), Span(6, 7), Span(0, 4)]
    assert inclusion_spans(6, 7) == [Span(4, 6), Span(0, 4)]
    assert consistency_spans(3, 7) == [Span(2, 3), Span(3, 4), Span(0, 2), Span(4, 7)]
    assert consistency_spans(4, 7) == [Span(4, 7)]
    assert consistency_spans(6, 7) == [Span(4, 6), Span(6, 7), Span(0, 4)]
