#!/usr/bin/env python3
"""Convert dumps of SGLang's expert distribution recorder for profilemate.

SGLang writes expert_distribution_recorder_*.pt with torch.save. Such a file is a
program as much as data, so profilemate does not read it; this script does, where
PyTorch and NumPy are installed (SGLang's own environment):

    python3 convert_sglang.py DUMP.pt... [-o FOLDER]

Modes stat and stat_approx, and per_pass, become FOLDER/expert_counts_by_step.json:
tokens by step, layer and logical expert. Mode per_token becomes FOLDER/tokens.npz:
the logical experts that each token chose, with the step of each token. Open FOLDER,
or the file, with profilemate.
"""

import argparse
import json
import os
import sys

import numpy

NO_EXPERT = -1


def load(path, trust):
    """Return the dictionary that a dump holds."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if not trust:
            sys.exit(
                "%s: PyTorch does not load it as plain data (%s)\n"
                "If you wrote the file yourself, add --trust: it may then run code." % (path, error)
            )
    return torch.load(path, map_location="cpu", weights_only=False)


def array(value):
    """Return a tensor, or a list, as a NumPy array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return numpy.asarray(value)


def to_logical(ids, mapping):
    """Map physical ids of [layers, tokens, k] through [layers, physical]."""
    if mapping is None:
        return ids
    known = (ids >= 0) & (ids < mapping.shape[1])
    layers = numpy.arange(ids.shape[0])[:, None, None]
    return numpy.where(known, mapping[layers, numpy.where(known, ids, 0)], NO_EXPERT)


def logical_counts(counts, mapping):
    """Add counts of [layers, physical] up to [layers, logical]."""
    if mapping is None:
        return counts
    out = numpy.zeros((counts.shape[0], int(mapping.max()) + 1), dtype=numpy.int64)
    for layer in range(counts.shape[0]):
        numpy.add.at(out[layer], mapping[layer], counts[layer])
    return out


def mapping_of(dump):
    """Return the map from physical to logical experts, None where there is none."""
    mapping = dump.get("last_physical_to_logical_map")
    return None if mapping is None else array(mapping).astype(numpy.int64)


def counts_of(dump):
    """Yield (step, counts of [layers, logical experts]) of one dump."""
    if "logical_count" in dump:
        for step, counts in enumerate(array(dump["logical_count"]).astype(numpy.int64)):
            if counts.any():  # unused places of the ring buffer are zero
                yield step, counts
        return
    mapping = mapping_of(dump)
    for record in dump["records"]:
        if record.get("global_physical_count") is not None:
            counts = array(record["global_physical_count"]).astype(numpy.int64)
            yield int(record["forward_pass_id"]), logical_counts(counts, mapping)


def tokens_of(dump):
    """Return the ids [tokens, layers, k] and the step of each token, of one dump."""
    mapping, ids, steps = mapping_of(dump), [], []
    for record in dump["records"]:
        if record.get("topk_ids_of_layer") is None:
            continue
        chosen = array(record["topk_ids_of_layer"]).astype(numpy.int64)
        real = len(record["input_ids"]) if record.get("input_ids") is not None else chosen.shape[1]
        chosen = to_logical(chosen[:, :real], mapping).transpose(1, 0, 2)
        ids.append(chosen.astype(numpy.int16))
        steps.append(numpy.full(chosen.shape[0], int(record["forward_pass_id"]), dtype=numpy.int64))
    if not ids:
        return None
    return numpy.concatenate(ids), numpy.concatenate(steps)


def drop_repeats(parts):
    """Drop ranks that recorded the same tokens: tensor parallel ranks all see all."""
    kept = []
    for ids, steps in parts:
        same = any(
            ids.shape == other.shape and (ids == other).all() and (steps == at).all() for other, at in kept
        )
        if not same:
            kept.append((ids, steps))
    return kept


def convert(dumps, folder):
    """Write what the dumps hold into folder; return the names of the files."""
    os.makedirs(folder, exist_ok=True)
    written = []
    parts = [tokens_of(dump) for dump in dumps if "records" in dump]
    parts = drop_repeats([part for part in parts if part is not None])
    if parts:
        ids = numpy.concatenate([ids for ids, _ in parts])
        steps = numpy.concatenate([steps for _, steps in parts])
        order = numpy.argsort(steps, kind="stable")
        path = os.path.join(folder, "tokens.npz")
        numpy.savez(path, topk_ids=ids[order], step=steps[order])
        written.append(path)
    sums = {}
    for dump in dumps:
        for step, counts in counts_of(dump):
            sums[step] = counts if step not in sums else sums[step] + counts
    if sums and not parts:
        path = os.path.join(folder, "expert_counts_by_step.json")
        rows = [[step, layer, counts.tolist()] for step in sorted(sums) for layer, counts in enumerate(sums[step]) if counts.any()]
        with open(path, "w") as out:
            json.dump(rows, out)
        written.append(path)
    return written


def main():
    parser = argparse.ArgumentParser(description="Convert dumps of SGLang's expert distribution recorder for profilemate.")
    parser.add_argument("dumps", nargs="+", help="expert_distribution_recorder_*.pt of one recording, all ranks")
    parser.add_argument("-o", "--output", default=".", help="folder to write to (default: the current one)")
    parser.add_argument("--trust", action="store_true", help="load files that are no plain data; they may run code")
    args = parser.parse_args()
    written = convert([load(path, args.trust) for path in args.dumps], args.output)
    if not written:
        sys.exit("no counts and no ids in %s" % ", ".join(args.dumps))
    for path in written:
        print(path)


if __name__ == "__main__":
    main()
