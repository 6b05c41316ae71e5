package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// numbers is a format for tests: a file "numbers KIND N" holds the table "numbers"
// with the values 0 to N-1. Names behind it are those of tables that damage hides.
type numbers struct{ scans *atomic.Int64 }

func (numbers) Name() string { return "numbers" }

func (numbers) Detect(c artifacts.Candidate) (bool, string) {
	return bytes.HasPrefix(c.Head, []byte("numbers ")), ""
}

func (f numbers) Open(_ context.Context, path string) (artifacts.Artifact, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(string(data))
	n, err := strconv.Atoi(words[2])
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "no count in %q", data)
	}
	return &numbersArtifact{kind: words[1], n: n, unread: words[3:], scans: f.scans}, nil
}

type numbersArtifact struct {
	kind   string
	n      int
	unread []string
	scans  *atomic.Int64
}

func (a *numbersArtifact) Info() artifacts.Info {
	return artifacts.Info{Kind: a.kind, Format: "numbers", Metadata: map[string]string{"n": strconv.Itoa(a.n)}, Unread: a.unread,
		Findings: []result.Finding{{Severity: result.Warning, Text: "the reader's own finding"}}}
}

func (a *numbersArtifact) ScanFindings() []result.Finding {
	return []result.Finding{{Severity: result.Problem, Text: "found while scanning"}}
}

var valueField = frames.Field{Name: "value", Kind: frames.Int64, Unit: "ns"}

func (a *numbersArtifact) Tables() []artifacts.TableInfo {
	return []artifacts.TableInfo{{Name: "numbers", Schema: frames.Schema{valueField}, Rows: int64(a.n)}}
}

// Scan gives each worker a contiguous run, one row a batch.
func (a *numbersArtifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	a.scans.Add(1)
	workers := max(r.Workers, 1)
	for w := range workers {
		for i := w * a.n / workers; i < (w+1)*a.n/workers; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := frames.Must(frames.New("numbers", frames.IntColumn(valueField, []int64{int64(i)}, nil)))
			if err := emit(w, b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *numbersArtifact) Close() error { return nil }

type noParams struct{}

type sumParams struct {
	Scale int `param:"scale" doc:"factor" min:"1"`
}

// sum adds the values up in a stream, and notes whether they came in order.
type sum struct {
	scale, total, last int64
	disorder           bool
	scan               func(int64) error // what else a test wants to happen
}

func (s *sum) Scan(_, _ string, b *frames.Batch) error {
	for _, v := range b.Ints("value") {
		s.disorder = s.disorder || v < s.last
		s.last, s.total = v, s.total+v
		if s.scan != nil {
			if err := s.scan(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sum) Merge(after analysis.Fold) error {
	s.total += after.(*sum).total
	s.disorder = s.disorder || after.(*sum).disorder
	return nil
}

func (s *sum) Finish(context.Context, analysis.Inputs) (*result.Result, error) {
	r := &result.Result{}
	if s.disorder {
		return nil, errors.New("the rows came out of order")
	}
	field := frames.Field{Name: "sum", Kind: frames.Int64}
	r.Add("sum", "Sum", frames.Must(frames.New("sum", frames.IntColumn(field, []int64{s.scale * s.total}, nil))))
	r.Note("the analysis's finding")
	return r, nil
}

func sumOf(name string, scan func(int64) error) analysis.Analysis {
	return analysis.Define(analysis.Spec[sumParams]{
		Name: name, Doc: "add up\n\nFor tests.", Version: 1, Defaults: sumParams{Scale: 1},
		Roles: []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
			{Table: "numbers", Columns: []frames.Field{valueField}, Stream: true, Doc: "nothing to add"}}}},
		Outputs: []analysis.Output{{Name: "sum", Kind: analysis.TableOutput}},
		Stream:  func(p sumParams) analysis.Fold { return &sum{scale: int64(p.Scale), scan: scan} },
	})
}

func wholeOf(name string, roles []analysis.Role, run func(analysis.Inputs) (*result.Result, error)) analysis.Analysis {
	return analysis.Define(analysis.Spec[noParams]{
		Name: name, Doc: "look whole\n\nFor tests.", Version: 1, Roles: roles,
		Outputs: []analysis.Output{{Name: "sum", Kind: analysis.TableOutput}},
		Whole: func(_ context.Context, in analysis.Inputs, _ noParams) (*result.Result, error) {
			return run(in)
		},
	})
}

type fixture struct {
	*engine.Engine
	dir   string
	scans *atomic.Int64
}

func newFixture(t *testing.T, list ...analysis.Analysis) fixture {
	t.Helper()
	registry, err := analysis.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	scans := new(atomic.Int64)
	f := fixture{dir: t.TempDir(), scans: scans, Engine: engine.New(engine.Config{Registry: registry,
		Formats: artifacts.Formats{numbers{scans}}, Store: st, Build: "test", Workers: 3})}
	t.Cleanup(f.Wait)
	return f
}

func (f fixture) file(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func (f fixture) run(ctx context.Context, name string, params analysis.Values, inputs ...analysis.CallInput) (*engine.Outcome, error) {
	return f.Run(ctx, engine.Request{Analysis: name, Inputs: inputs, Dir: f.dir, Params: params}, nil)
}

func input(path string) analysis.CallInput { return analysis.CallInput{Path: path} }

func total(o *engine.Outcome) int64 { return o.Result.Table("sum").Frame.Ints("sum")[0] }

func TestRunThenAnswerFromTheStore(t *testing.T) {
	t.Parallel()
	f := newFixture(t, sumOf("sum", nil))
	name := f.file(t, "a", "numbers nsys 1000")
	first, err := f.run(t.Context(), "sum", nil, input(name))
	if err != nil {
		t.Fatal(err)
	}
	if total(first) != 999*1000/2 || first.Cached || first.Key == "" {
		t.Errorf("first run: %d, cached %t, key %q", total(first), first.Cached, first.Key)
	}
	var texts []string
	for _, finding := range first.Result.Findings {
		texts = append(texts, finding.Text)
	}
	if got, want := strings.Join(texts, "; "), "found while scanning; the reader's own finding; the analysis's finding"; got != want {
		t.Errorf("findings %q, want the most severe first: %q", got, want)
	}
	if !strings.HasPrefix(first.Inputs[0].Digest, "sha256:") {
		t.Errorf("the digest of a small file is missing: %+v", first.Inputs)
	}
	again, err := f.run(t.Context(), "sum", analysis.Values{"scale": "1"}, input(name))
	if err != nil {
		t.Fatal(err)
	}
	if !again.Cached || again.Key != first.Key || total(again) != total(first) || len(again.Result.Findings) != 3 || again.Elapsed != first.Elapsed {
		t.Errorf("second run: %+v", again)
	}
	copied, err := f.run(t.Context(), "sum", nil, input(f.file(t, "copy", "numbers nsys 1000")))
	if err != nil || copied.Key != first.Key {
		t.Errorf("a copy of the file has another key: %v %v", copied, err)
	}
	f.Wait()
	if got, err := f.run(t.Context(), "sum", nil, input("copy")); err != nil || !got.Cached {
		t.Errorf("the copy is computed again although its digest is known: %v", err)
	}
	if got := f.scans.Load(); got != 2 {
		t.Errorf("%d scans, want 2", got)
	}
}

func TestWhatChangesIsComputedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t, sumOf("sum", nil))
	name := f.file(t, "a", "numbers nsys 10")
	if _, err := f.run(t.Context(), "sum", nil, input(name)); err != nil {
		t.Fatal(err)
	}
	scaled, err := f.run(t.Context(), "sum", analysis.Values{"scale": "2"}, input(name))
	if err != nil || scaled.Cached || total(scaled) != 90 {
		t.Errorf("another parameter: %v %v", scaled, err)
	}
	time.Sleep(10 * time.Millisecond)
	f.file(t, "a", "numbers nsys 11")
	edited, err := f.run(t.Context(), "sum", nil, input(name))
	if err != nil || edited.Cached || total(edited) != 55 {
		t.Errorf("an edited file: %v %v", edited, err)
	}
}

// A stored result that was damaged on disk is computed again.
func TestDamagedEntryIsComputedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t, sumOf("sum", nil))
	name := f.file(t, "a", "numbers nsys 10")
	first, err := f.run(t.Context(), "sum", nil, input(name))
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	root := filepath.Dir(f.Store.Dir())
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && strings.Contains(path, first.Key) {
			damaged++
			return os.Truncate(path, info.Size()/2)
		}
		return err
	})
	if err != nil || damaged == 0 {
		t.Fatalf("damaged %d files of the entry: %v", damaged, err)
	}
	again, err := f.run(t.Context(), "sum", nil, input(name))
	if err != nil || again.Cached || total(again) != 45 {
		t.Errorf("after damage: %+v %v", again, err)
	}
}

func TestCancelInMidScan(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	seen := int64(0)
	f := newFixture(t, sumOf("sum", func(int64) error {
		if seen++; seen == 5 {
			cancel()
		}
		return nil
	}))
	_, err := f.run(ctx, "sum", nil, input(f.file(t, "a", "numbers nsys 1000000")))
	if fault.KindOf(err) != fault.Canceled || !strings.Contains(err.Error(), "sum was stopped") {
		t.Errorf("got %v", err)
	}
	if seen > 10 {
		t.Errorf("%d rows were read after the stop", seen-5)
	}
}

func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	role := []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers"}}
	f := newFixture(t,
		sumOf("scan", func(int64) error { panic("in scan") }),
		wholeOf("finish", role, func(analysis.Inputs) (*result.Result, error) { panic("in finish") }),
		wholeOf("nothing", role, func(analysis.Inputs) (*result.Result, error) { return nil, nil }),
		wholeOf("stray", role, func(analysis.Inputs) (*result.Result, error) {
			return (&result.Result{}).Add("other", "Other", frames.Empty("other", nil)), nil
		}))
	f.file(t, "a", "numbers nsys 10")
	for name, want := range map[string]string{"scan": "in scan", "finish": "in finish", "nothing": "neither", "stray": `undeclared table "other"`} {
		_, err := f.run(t.Context(), name, nil, input("a"))
		if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// broken is a format whose reader panics: when it opens "broken open", else when it
// scans.
type broken struct{ artifacts.Artifact }

func (broken) Name() string { return "broken" }

func (broken) Detect(c artifacts.Candidate) (bool, string) {
	return bytes.HasPrefix(c.Head, []byte("broken ")), ""
}

func (broken) Open(_ context.Context, path string) (artifacts.Artifact, error) {
	if data, _ := os.ReadFile(path); string(data) == "broken open" {
		panic("the opening broke")
	}
	return broken{&numbersArtifact{kind: "nsys", n: 1}}, nil
}

func (broken) Scan(context.Context, artifacts.Request, artifacts.Emit) error { panic("the scan broke") }

// A reader that panics spoils its own run only.
func TestPanicsOfReadersAreErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t, sumOf("sum", nil))
	f.Formats = append(f.Formats, broken{})
	for content, want := range map[string]string{"broken open": "the opening broke", "broken scan": "the scan broke"} {
		_, err := f.run(t.Context(), "sum", nil, input(f.file(t, "a", content)))
		if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", content, err)
		}
	}
	if _, err := f.Inspect(t.Context(), filepath.Join(f.dir, f.file(t, "a", "broken open"))); fault.KindOf(err) != fault.Internal {
		t.Errorf("inspecting: %v", err)
	}
}

// A file that changes under a scan gives a result that says so and is not kept.
func TestInputThatChangesIsNotKept(t *testing.T) {
	t.Parallel()
	var f fixture
	rewrite := func(v int64) error {
		if v != 5 {
			return nil
		}
		return os.WriteFile(filepath.Join(f.dir, "a"), []byte("numbers nsys 20"), 0o644)
	}
	f = newFixture(t, sumOf("sum", rewrite))
	out, err := f.run(t.Context(), "sum", nil, input(f.file(t, "a", "numbers nsys 10")))
	if err != nil {
		t.Fatal(err)
	}
	if out.Key != "" || !strings.Contains(out.Result.Findings[0].Text, "a changed while it was read") && !strings.Contains(out.Result.Findings[1].Text, "a changed while it was read") {
		t.Errorf("key %q, findings %+v", out.Key, out.Result.Findings)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	roles := []analysis.Role{{Name: "before", Kind: "nsys", Doc: "the old run"}, {Name: "after", Kind: "nsys", Doc: "the new run"}, {Name: "counters", Kind: "ncu", Doc: "counters"}}
	f := newFixture(t, wholeOf("compare", roles, func(in analysis.Inputs) (*result.Result, error) {
		r := &result.Result{}
		r.Note("before=%s after=%s counters=%s", in.Source("before").Name, in.Source("after").Name, in.Source("counters").Name)
		return r, nil
	}))
	f.file(t, "a", "numbers nsys 1")
	f.file(t, "b", "numbers nsys 2")
	f.file(t, "c", "numbers ncu 3")
	in := func(words ...string) (list []analysis.CallInput) {
		for _, w := range words {
			role, path, named := strings.Cut(w, "=")
			if !named {
				role, path = "", w
			}
			list = append(list, analysis.CallInput{Role: role, Path: path})
		}
		return list
	}
	for words, want := range map[string]string{
		"a b c":               "before=a after=b counters=c",
		"c a b":               "before=a after=b counters=c",
		"after=a b c":         "before=b after=a counters=c",
		"c b before=a":        "before=a after=b counters=c",
		"a c":                 "compare needs an artifact for after (nsys): the new run",
		"a b c a":             "has no place for another artifact of kind nsys, a, beside a, b: it takes",
		"after=c a b":         "after wants an artifact of kind nsys, c is of kind ncu",
		"before=a before=b c": "before is given twice",
		"other=a b c":         "has no place for a",
	} {
		out, err := f.run(t.Context(), "compare", nil, in(strings.Fields(words)...)...)
		got := fmt.Sprint(err)
		if err == nil {
			for _, finding := range out.Result.Findings {
				if strings.HasPrefix(finding.Text, "before=") {
					got = finding.Text
				}
			}
		} else if fault.KindOf(err) != fault.Misuse {
			t.Errorf("%s: kind %s", words, fault.KindOf(err))
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want …%s…", words, got, want)
		}
	}
}

// Frame gives the declared columns that the artifact has, and refuses the rest.
func TestFrames(t *testing.T) {
	t.Parallel()
	lacking := frames.Field{Name: "lacking", Kind: frames.Int64}
	roles := []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "numbers", Columns: []frames.Field{valueField, lacking}},
		{Table: "absent", Optional: true, Doc: "no matter"}}}}
	f := newFixture(t, wholeOf("look", roles, func(in analysis.Inputs) (*result.Result, error) {
		numbers, err := in.Frame("profile", "numbers")
		if err != nil || numbers.Len() != 4 || numbers.Has("lacking") {
			return nil, fmt.Errorf("numbers: %v %w", numbers, err)
		}
		absent, err := in.Frame("profile", "absent")
		if err != nil || absent != nil || in.Source("profile").Missing[0] != "absent" {
			return nil, fmt.Errorf("absent: %v %w", absent, err)
		}
		if _, err := in.Frame("profile", "undeclared"); fault.KindOf(err) != fault.Internal {
			return nil, fmt.Errorf("undeclared: %w", err)
		}
		return &result.Result{}, nil
	}), wholeOf("needy", []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "absent", Doc: "capture it with --this"}}}}, func(analysis.Inputs) (*result.Result, error) {
		return nil, errors.New("it ran without its table")
	}), wholeOf("idle", []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "absent", Optional: true, Doc: "capture it with --this"}}}}, func(analysis.Inputs) (*result.Result, error) {
		return &result.Result{}, nil // it can run, but has nothing to say, and is not offered
	}), wholeOf("hollow", []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "numbers", Columns: []frames.Field{valueField}},
		{Table: "absent", Optional: true, Central: true, Doc: "capture it with --this"}}}}, func(analysis.Inputs) (*result.Result, error) {
		return &result.Result{}, nil // it can run and say what is missing, and is not offered
	}))
	f.file(t, "a", "numbers nsys 4")
	for _, name := range []string{"look", "idle", "hollow"} {
		if _, err := f.run(t.Context(), name, nil, input("a")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.run(t.Context(), "needy", nil, input("a")); fault.KindOf(err) != fault.Missing || !strings.Contains(err.Error(), "capture it with --this") {
		t.Errorf("a missing table: %v", err)
	}
	seen, err := f.Inspect(t.Context(), filepath.Join(f.dir, "a"))
	if err != nil || fmt.Sprint(seen.Analyses) != "[look]" || len(seen.Tables) != 1 {
		t.Errorf("inspection %+v, %v", seen, err)
	}
}

// What damage hides looks to an analysis as if it had not been captured; the result
// says which of the tables that it asks for that holds for.
func TestDamageIsNotAbsence(t *testing.T) {
	t.Parallel()
	roles := []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "numbers", Columns: []frames.Field{valueField}},
		{Table: "kernels", Optional: true, Doc: "no matter"},
		{Table: "copies", Optional: true, Doc: "no matter"}}}}
	f := newFixture(t, wholeOf("look", roles, func(analysis.Inputs) (*result.Result, error) {
		r := &result.Result{}
		r.WarnAbsent([]string{"copies", "kernels"}, "Capture again.", "No kernel was captured.")
		r.WarnAbsent([]string{"copies"}, "Capture again.", "No copy was captured.")
		r.WarnAbsent([]string{"kernels"}, "Launch sooner.", "It takes 5 ms and waits for the host.")
		r.Findings[2].Known = "It takes 5 ms; for what cannot be told."
		return r, nil
	}))
	f.file(t, "sound", "numbers nsys 4")
	f.file(t, "damaged", "numbers nsys 4 kernels sets")
	for name, want := range map[string]string{"sound": "", "damaged": "Damage hides kernels: "} {
		out, err := f.run(t.Context(), "look", nil, input(name))
		if err != nil {
			t.Fatal(err)
		}
		said := func(text string) bool {
			return slices.ContainsFunc(out.Result.Findings, func(f result.Finding) bool { return f.Text == text })
		}
		if said("No kernel was captured.") != (want == "") || !said("No copy was captured.") {
			t.Errorf("%s: findings %+v", name, out.Result.Findings)
		}
		if said("It takes 5 ms and waits for the host.") != (want == "") || said("It takes 5 ms; for what cannot be told.") != (want != "") {
			t.Errorf("%s: findings %+v", name, out.Result.Findings)
		}
		i := slices.IndexFunc(out.Result.Findings, func(f result.Finding) bool { return strings.HasPrefix(f.Text, "Damage hides ") })
		if (i >= 0) != (want != "") || i >= 0 && !strings.HasPrefix(out.Result.Findings[i].Text, want) {
			t.Errorf("%s: findings %+v, want %q", name, out.Result.Findings, want)
		}
		if i >= 0 {
			analysistest.CheckFindings(t, out.Result.Findings[i:i+1])
		}
	}
}

// An analysis that would count hidden kernels as none refuses them, and runs where
// none were captured.
func TestVitalTablesAreNotHidden(t *testing.T) {
	t.Parallel()
	roles := []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "numbers", Tables: []analysis.Need{
		{Table: "numbers", Columns: []frames.Field{valueField}},
		{Table: "kernels", Optional: true, Vital: true, Doc: "the work"}}}}
	f := newFixture(t, wholeOf("look", roles, func(in analysis.Inputs) (*result.Result, error) {
		_, err := in.Frame("profile", "kernels")
		return &result.Result{}, err
	}))
	f.file(t, "sound", "numbers nsys 4")
	f.file(t, "damaged", "numbers nsys 4 kernels sets")
	if _, err := f.run(t.Context(), "look", nil, input("sound")); err != nil {
		t.Error(err)
	}
	_, err := f.run(t.Context(), "look", nil, input("damaged"))
	if fault.KindOf(err) != fault.Missing || !strings.Contains(err.Error(), "table kernels is there but cannot be read") {
		t.Errorf("hidden kernels: %v", err)
	}
}
