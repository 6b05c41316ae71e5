"""What docs/python.md promises, against a server that runs on the demo's folder."""
import json
import sqlite3
import subprocess
import sys

import pandas
import profilemate

client = profilemate.Client()
assert client.info()["folder"], client.info()
names = [e["name"] for e in client.artifacts()]
assert "demo_eager.sqlite" in names, names
assert "kernel-summary" in client.inspect("demo_eager.sqlite")["analyses"]

result = client.run("kernel-summary", "demo_eager.sqlite")
assert result.findings, "no findings"
frame = result.table()
assert isinstance(frame, pandas.DataFrame)
rows = result.table(form="rows")
assert len(rows) == len(frame) > 5
assert list(rows[0]) == list(frame.columns)

# The oracle: SQLite itself.
db = sqlite3.connect("file:demo_eager.sqlite?mode=ro", uri=True)
count, total = db.execute('SELECT count(*), sum("end" - start) FROM CUPTI_ACTIVITY_KIND_KERNEL').fetchone()
assert frame["instances"].sum() == count, (frame["instances"].sum(), count)
assert frame["total"].sum() == total, (frame["total"].sum(), total)
assert frame["total"].dtype == "int64" and frame.attrs["units"]["total"] == "ns"

for bad, kind in (("nothing", "not-found"), ("kernel-summary", "misuse")):
    try:
        client.run(bad, "none.sqlite", oops=1)
    except profilemate.Error as e:
        assert e.kind == kind and str(e), (e.kind, e)
    else:
        raise AssertionError(bad)

subprocess.run([sys.argv[1], "notebook", "run", "-q", "demo.ipynb"], check=True)
shown = client.results("demo.ipynb")
assert [r.analysis for r in shown].count("phases") == 2, shown
assert len(shown[0].table()) > 5
print("PASS", json.dumps({"rows": len(frame)}))
