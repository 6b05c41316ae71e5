"""Results of ProfileMate Workbench in Python.

    import profilemate
    client = profilemate.Client()                  # the server that runs on this machine
    result = client.run("kernel-summary", "run.sqlite", top=20)
    print(result.findings)
    kernels = result.table("kernels")              # a pandas DataFrame, where pandas is there

One file, Python 3.8 or later, standard library only. Tables come as a pandas
DataFrame where pandas is installed, else as a list of dicts; table(..., form="arrow")
gives a pyarrow Table. A missing value is None, NaN or pd.NA, never 0.
"""

import glob
import io
import json
import os
import urllib.error
import urllib.parse
import urllib.request

__all__ = ["Client", "Result", "Error"]

PAGE = 10_000  # rows of a request


class Error(Exception):
    """What the server says is wrong. kind is one word, such as "not-found"."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Client:
    """A connection to `profilemate serve`.

    Without arguments it finds the server of this user that was started last. url is
    what the server prints, with or without its token.
    """

    def __init__(self, url=None, token=None):
        if url is None:
            url, found = _running()
            token = token or found
        parts = urllib.parse.urlsplit(url)
        query = urllib.parse.parse_qs(parts.query)
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._token = token or (query.get("token") or [""])[0]

    def __repr__(self):
        return f"profilemate.Client({self.url!r})"

    def info(self):
        """Version and folder of the server."""
        return self._json("/api/workbench/info")

    def analyses(self):
        """The analyses with their inputs and parameters."""
        return self._json("/api/workbench/analyses")

    def artifacts(self, folder="."):
        """Files and folders below a folder of the server."""
        return self._json("/api/workbench/files", path=folder)["entries"]

    def inspect(self, path):
        """What an artifact holds, and which analyses fit it."""
        return self._json("/api/workbench/artifact", path=path)

    def notebooks(self):
        """The notebooks below the served folder."""
        return self._json("/api/workbench/notebooks")

    def results(self, notebook):
        """The results that a notebook shows, in the order of its cells."""
        path = "/api/workbench/results"
        return [Result(self, r) for r in self._json(path, notebook=notebook)]

    def variables(self, notebook):
        """What the kernel of a notebook holds."""
        return self._json("/api/workbench/variables/" + urllib.parse.quote(notebook))

    def run(self, analysis, *artifacts, **params):
        """Run an analysis and return its result, from the store where it is there.

        An artifact is a path from the served folder, or (role, path). A parameter is
        named as in the documentation, with _ for -.
        """
        inputs = []
        for a in artifacts:
            role, path = a if isinstance(a, tuple) else ("", a)
            inputs.append({"role": role, "path": os.fspath(path)})
        values = {name.replace("_", "-"): _text(v) for name, v in params.items()}
        call = {"analysis": analysis, "inputs": inputs, "params": values}
        return Result(self, self._json("/api/workbench/run", body=call))

    def _json(self, route, /, body=None, **query):
        return json.loads(self._get(route, body, **query))

    def _get(self, route, /, body=None, **query):
        url = self.url + route
        if query:
            url += "?" + urllib.parse.urlencode(query)
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "token " + self._token}
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as reply:
                return reply.read()
        except urllib.error.HTTPError as e:
            raise _error(e) from None
        except urllib.error.URLError as e:
            raise Error("missing", f"{self.url} does not answer: {e.reason}") from None


class Result:
    """The result of an analysis or of a SQL cell."""

    def __init__(self, client, bundle):
        self._client = client
        self._bundle = bundle
        self.key = bundle.get("key", "")
        self.analysis = bundle.get("analysis", "")
        self.title = bundle.get("title", "")
        self.params = bundle.get("params") or {}
        self.inputs = bundle.get("inputs") or []
        self.cell = bundle.get("cell", "")

    def __repr__(self):
        return f"<profilemate.Result {self.analysis}: {', '.join(self.tables)}>"

    @property
    def tables(self):
        """Names of the tables."""
        return [t["name"] for t in self._bundle["tables"]]

    @property
    def findings(self):
        """The findings as sentences, for a result that run() gave."""
        return [f["text"] for f in self._bundle.get("findings") or []]

    def table(self, name=None, form=None):
        """A whole table: the first one without a name.

        form is "pandas", "arrow" or "rows" (a list of dicts); without one it is pandas
        where that is installed, else rows. Units are in DataFrame.attrs["units"].
        """
        name = name or (self.tables or [""])[0]
        if name not in self.tables:
            raise Error("not-found", f"the result has no table {name!r} (it has: {', '.join(self.tables)})")
        if not self.key:
            raise Error("missing", "the result is not kept by the server, which has no store")
        path = f"/api/workbench/results/{self.key}/tables/{urllib.parse.quote(name, safe='')}"
        if form == "arrow":
            import pyarrow.ipc

            return pyarrow.ipc.open_file(io.BytesIO(self._client._get(path + ".arrow"))).read_all()
        columns, rows = self._rows(path)
        if form is None:
            form = "pandas" if _has_pandas() else "rows"
        if form == "pandas":
            return _frame(columns, rows)
        names = [c["name"] for c in columns]
        return [dict(zip(names, row)) for row in rows]

    def _rows(self, path):
        """Columns and rows of a stored table, page by page."""
        rows = []
        while True:
            page = self._client._json(path, offset=len(rows), limit=PAGE)
            columns = page["columns"]
            rows += page["rows"]
            if not page["rows"] or len(rows) >= page["total"]:
                break
        whole = [i for i, c in enumerate(columns) if c["kind"] == "int64"]
        for row in rows:  # integers beyond 2^53 travel as text
            for i in whole:
                if isinstance(row[i], str):
                    row[i] = int(row[i])
        return columns, rows


def _frame(columns, rows):
    """A DataFrame with exact integers, also where some are missing."""
    import pandas

    kinds = {"int64": "Int64", "float64": "float64", "bool": "boolean"}
    data = {}
    for i, c in enumerate(columns):
        values = [row[i] for row in rows]
        kind = kinds.get(c["kind"])
        if kind == "Int64" and None not in values:
            kind = "int64"
        elif kind == "boolean" and None not in values:
            kind = "bool"
        data[c["name"]] = pandas.Series(pandas.array(values, dtype=kind) if kind else values, dtype=kind or object)
    frame = pandas.DataFrame(data, columns=[c["name"] for c in columns])
    frame.attrs["units"] = {c["name"]: c["unit"] for c in columns if c.get("unit")}
    return frame


def _has_pandas():
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _error(e):
    try:
        fault = json.loads(e.read())
        return Error(fault.get("kind", "internal"), fault.get("message", str(e)))
    except (ValueError, AttributeError):
        return Error("internal", f"the server answered {e.code} {e.reason}")


def _running():
    """URL and token of the server of this user that was started last."""
    cache = os.environ.get("PROFILEMATE_CACHE")
    if not cache:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        if os.path.isdir(os.path.expanduser("~/Library/Caches/profilemate")):
            base = os.path.expanduser("~/Library/Caches")
        cache = os.path.join(base, "profilemate")
    files = glob.glob(os.path.join(glob.escape(cache), "servers", "*.json"))
    for path in sorted(files, key=os.path.getmtime, reverse=True):
        try:
            with open(path) as f:
                server = json.load(f)
            os.kill(server["pid"], 0)
        except (OSError, ValueError, KeyError):
            continue
        return server["url"], server["token"]
    raise Error("missing", "no server runs here: start one with profilemate serve, or give its URL")
