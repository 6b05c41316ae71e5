package sqltext_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"profilemate/workbench/sqlcell/sqltext"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT a.b":              "SELECT|a|.|b",
		"a--b\nc":                 "a|--b|c",
		"a/*b;'*/c":               "a|/*b;'*/|c",
		"a/*open":                 "a|/*open",
		"'it''s' \"x\"\"y\" `z` ": "'it''s'|\"x\"\"y\"|`z`",
		"[a b]x'ff'":              "[a b]|x'ff'",
		"1.5e-3+0x1F-.5":          "1.5e-3|+|0x1F|-|.5",
		"a<>b||c->>d<=1":          "a|<>|b|||" + "|c|->>|d|<=|1",
		":x @y ?1 $z":             ":x|@y|?1|$z",
		"µs λ":                    "µs|λ",
	} {
		var got []string
		for _, token := range sqltext.Tokens(text) {
			got = append(got, token.Text)
		}
		if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	list := sqltext.Split("-- name: a\nSELECT ';' ; ;\n-- name: b\n-- words\nVALUES (1); SELECT (2")
	if len(list) != 3 || list[0].Name != "a" || list[1].Name != "b" || list[2].Name != "" {
		t.Fatalf("statements %+v", list)
	}
	if !list[2].Open || list[0].Open || !strings.HasSuffix(list[0].Text, "SELECT ';' ") {
		t.Errorf("open %v and %v, text %q", list[0].Open, list[2].Open, list[0].Text)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT a, b FROM t":                                                                     "t",
		"SELECT * FROM a.t AS x JOIN u y ON x.i=y.i, v":                                          "a.t>x u>y v",
		"SELECT * FROM t WHERE i IN (SELECT i FROM u, w) AND 1":                                  "t u w",
		"WITH c AS (SELECT 1 FROM t), d(x) AS NOT MATERIALIZED (SELECT 2) SELECT * FROM c, d, e": "t e",
		"SELECT * FROM (SELECT 1, 2 FROM t) s, json_each(x) j":                                   "t",
		"SELECT a IS DISTINCT FROM b FROM t":                                                     "t",
		"SELECT * FROM (a CROSS JOIN b) WHERE x ORDER BY y, z":                                   "a b",
		`SELECT * FROM "my table" UNION SELECT * FROM [u v]`:                                     "my table u v",
		"SELECT 1 FROM": "",
		"SELECT (":      "",
	} {
		var got []string
		for _, r := range sqltext.Split(text)[0].References() {
			name := r.Name
			if r.Schema != "" {
				name = r.Schema + "." + name
			}
			if r.Alias != "" {
				name += ">" + r.Alias
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT a, t.b, c AS d, e f, g+1, *, t.* FROM t": "a b d f g+1 - -",
		"SELECT DISTINCT max(a, b) m, count( * ) FROM t": "m count( * )",
		"SELECT CASE WHEN a THEN b END FROM t":           "CASE WHEN a THEN b END",
		"SELECT sum(a) OVER (ORDER BY b) s":              "s",
	} {
		var got []string
		for _, item := range sqltext.Split(text)[0].Items() {
			if item.Name == "" {
				item.Name = "-"
			}
			got = append(got, item.Name)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	have := []string{"start", "end", "short_name", "name"}
	for name, want := range map[string][]string{"strat": {"start"}, "Name": {"name", "short_name"}, "zzz": nil, "ends": {"end"}} {
		if diff := cmp.Diff(want, sqltext.Nearest(name, have)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if k := sqltext.Keywords(); !slices.IsSorted(k) || !sqltext.IsKeyword("select") || sqltext.IsKeyword("kernels") {
		t.Error("the keywords are not in order, or not found")
	}
}

// Nothing panics, tokens cover the text in order, a quoted name is read back, and what
// passes Check as one statement is one for SQLite too: nothing hides behind it, and it
// writes nothing.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "WITH a AS (SELECT 1) DELETE FROM t", "SELECT 'a;''b' -- ;\n; SELECT [x;]", "EXPLAIN VALUES(1)", "SELECT \"a`;\x00b",
		"select /*;*/ 1;;drop table t", "SELECT 1e+5.x'00' `q", "WITH x AS (SELECT 1) REPLACE INTO t SELECT 1", "SELECT \u00a0 1", "VALUES(1)\ufeff;DROP TABLE t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, token := range sqltext.Tokens(text) {
			if token.At < end || token.Text == "" || text[token.At:token.End()] != token.Text {
				t.Fatalf("token %+v", token)
			}
			token.Name()
			end = token.End()
		}
		for _, s := range sqltext.Split(text) {
			s.References()
			s.Items()
			if s.Check() == nil {
				checkWithSQLite(t, s.Text)
			}
		}
	})
}

func checkWithSQLite(t *testing.T, text string) {
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenMemory)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	create, _, err := conn.PrepareTransient("CREATE TABLE t(a)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create.Step(); err != nil {
		t.Fatal(err)
	}
	create.Finalize()
	stmt, trailing, err := conn.PrepareTransient(text)
	if err != nil {
		return // no SQL, which is said when it is run
	}
	defer stmt.Finalize()
	if trailing > 0 && len(sqltext.Tokens(text[len(text)-trailing:])) > 0 {
		t.Fatalf("SQLite sees another statement behind it: %q", text)
	}
	if stmt.ColumnCount() == 0 {
		t.Fatalf("it gives no column, so it does something else: %q", text)
	}
}
