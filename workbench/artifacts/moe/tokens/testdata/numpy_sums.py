#!/usr/bin/env python3
"""What docs/performance.md compares token-level counting with.

    numpy_sums.py make FILE TOKENS      write made-up ids: uint8, 64 layers, top-8 of 256
    numpy_sums.py choices FILE          count choices of each layer and expert
    numpy_sums.py pairs FILE            count pairs of each layer, all of them

The sums are those that the tables activations and coselection hold.
"""

import sys
import time

import numpy

LAYERS, TOP_K, EXPERTS, PART = 64, 8, 256, 20_000


def make(path, tokens):
    """Draw skewed top-8 choices for PART tokens, and mix their rows for the others."""
    random = numpy.random.default_rng(1)
    popularity = numpy.log(random.dirichlet(numpy.ones(EXPERTS) * 2)).astype(numpy.float32)
    keys = random.gumbel(size=(PART * LAYERS, EXPERTS)).astype(numpy.float32) + popularity
    drawn = numpy.argpartition(keys, -TOP_K, axis=1)[:, -TOP_K:].astype(numpy.uint8).reshape(PART, LAYERS, TOP_K)
    with open(path, "wb") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": (tokens, LAYERS, TOP_K)}
        numpy.lib.format.write_array_header_1_0(out, header)
        for at in range(0, tokens, PART):
            rows = random.permutation(PART)[: min(PART, tokens - at)]
            out.write((drawn[rows] ^ numpy.uint8(random.integers(0, 8))).tobytes())


def choices(ids):
    sums = numpy.zeros((LAYERS, EXPERTS), dtype=numpy.int64)
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART]
        for layer in range(LAYERS):
            sums[layer] += numpy.bincount(part[:, layer].ravel(), minlength=EXPERTS)
    return sums


def pairs(ids):
    sums = numpy.zeros((LAYERS, EXPERTS * EXPERTS), dtype=numpy.int64)
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART].astype(numpy.int32)
        for layer in range(LAYERS):
            rows = part[:, layer]
            for i in range(TOP_K):
                for j in range(i + 1, TOP_K):
                    sums[layer] += numpy.bincount(rows[:, i] * EXPERTS + rows[:, j], minlength=EXPERTS * EXPERTS)
    square = sums.reshape(LAYERS, EXPERTS, EXPERTS)
    return numpy.triu(square + square.transpose(0, 2, 1), 1)


def main():
    what, path = sys.argv[1:3]
    if what == "make":
        make(path, int(sys.argv[3]))
        return
    ids = numpy.load(path, mmap_mode="r")
    start = time.perf_counter()
    total = {"choices": choices, "pairs": pairs}[what](ids).sum()
    print("%s: %d tokens, sum %d, %.2f s" % (what, len(ids), total, time.perf_counter() - start))


if __name__ == "__main__":
    main()
