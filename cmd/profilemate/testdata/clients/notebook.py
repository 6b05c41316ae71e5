"""Runs a notebook with nbclient and validates what nbconvert wrote: notebook.py NOTEBOOK EXECUTED

EXECUTED is the notebook as nbconvert ran it with the same kernel.
"""
import os
import sys

import nbclient
import nbformat

notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, kernel_name="profilemate", timeout=120,
                        resources={"metadata": {"path": os.path.dirname(sys.argv[1])}}).execute()
converted = nbformat.read(sys.argv[2], 4)
for document in (notebook, converted):
    nbformat.validate(document)
    cells = [c for c in document.cells if c.cell_type == "code"]
    assert len(cells) >= 3, len(cells)
    for number, cell in enumerate(cells, 1):
        assert cell.execution_count == number, (number, cell.execution_count)
        assert len(cell.outputs) == 1, cell.outputs
        data = cell.outputs[0].data
        assert "application/vnd.profilemate.result+json" in data and "text/html" in data and data["text/plain"], data.keys()
print("ran", len(cells), "cells")
