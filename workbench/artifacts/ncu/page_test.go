package ncu_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/fault"
)

const rawCommand = "ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv"

// wide is a text of ASCII in UTF-16 without a byte order mark.
func wide(text string, bigEndian bool) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if bigEndian {
			b.Write([]byte{0, c})
		} else {
			b.Write([]byte{c, 0})
		}
	}
	return b.String()
}

// TestRefusals holds every other page to be named, with the way out.
func TestRefusals(t *testing.T) {
	t.Parallel()
	header, details := strings.SplitAfter(small, "\n"), unpacked(t, capture("basic_details"))
	renamed := func(column string) string { return strings.Replace(details, column, "Its "+column, 1) }
	for name, c := range map[string]struct {
		text   string
		kind   fault.Kind
		speaks []string
	}{
		"real session":   {"Launch Settings\n\"Launch Attribute\",\"Value\"\n\"Profiler Command Line\",\"ncu -o mini /opt/w/mini 1 \"\n\nSession Info\n\"Session Attribute\",\"Value\"\n\"Created\",\"2026-Nov-24 10:29:49\"\n", fault.Unsupported, []string{"session page", rawCommand}},
		"real source":    {"\"Kernel Name\",\"saxpy(int, float, const float *, float *)\"\n\"Address\",\"Source\"\n\"0x7f37057adb00\",\"      LDC R1, c[0x0][0x28] \"\n", fault.Unsupported, []string{"source page", rawCommand}},
		"real text":      {"[1808] mini@127.0.0.1\n  saxpy(int, float, const float *, float *) (65536, 1, 1)x(256, 1, 1), Context 1, Stream 13, Device 0, CC 9.0\n\n    Section: GPU Speed Of Light Throughput\n", fault.Unsupported, []string{"text, made without --csv", rawCommand}},
		"real failure":   {"[libprotobuf ERROR message_lite.cc:122] Can't parse message of type\n==ERROR== Failed to load report file '/w/mini.ncu-rep'.\n", fault.Missing, []string{"Failed to load report file", "open the .ncu-rep itself", "as new as the one that wrote it"}},
		"no kernels":     {"==PROF== Connected to process 42 (/app)\ndone\n==PROF== Disconnected from process 42\n==WARNING== No kernels were profiled.\nAvailable Kernels:\n1. saxpy\n", fault.Missing, []string{"No kernels were profiled", "--kernel-name", "--launch-skip", "--target-processes all"}},
		"no rights":      {"loading the model\n==PROF== Connected to process 42 (/app)\n==ERROR== ERR_NVGPUCTRPERM - The user does not have permission to access NVIDIA GPU Performance Counters on the target device 0.\n", fault.Missing, []string{"as root", "NVreg_RestrictProfilingToAdminUsers=0", "--cap-add=SYS_ADMIN"}},
		"taken counters": {"==PROF== Connected to process 42 (/app)\n==ERROR== Profiling failed because a driver resource was unavailable. Ensure that no other tool (like DCGM) is concurrently collecting profiling data.\n", fault.Missing, []string{"dcgmi profile --pause"}},
		"empty details":  {strings.SplitAfter(details, "\n")[0], fault.Missing, []string{"no kernels were profiled", "--target-processes all"}},
		"sorted details": {sortedRows(details), fault.Corrupt, []string{"do not stand together", "sort its rows by ID"}},
		"cut details":    {strings.SplitAfter(details, "\n")[0] + "\"0\",\"2323\",\"mi", fault.Corrupt, []string{"ends in its first launch"}},
		"session":        {"Launch Settings\n\"Setting\",\"Value\"\n", fault.Unsupported, []string{"session page", rawCommand}},
		"source":         {`"Kernel Name","copy(float *)"` + "\n\"#\",\"Source\"\n", fault.Unsupported, []string{"source page", rawCommand}},
		"text":           {"==PROF== Connected to process 42 (/app)\n[42] app@127.0.0.1\n  copy(float *) (16, 1, 1)x(256, 1, 1), Context 1, Stream 7, Device 0, CC 8.6\n    Section: GPU Speed Of Light Throughput\n", fault.Unsupported, []string{"text", "--csv", "--log-file"}},
		"only banners":   {"==PROF== Connected to process 42 (/app)\ndone\n==PROF== Disconnected from process 42\n", fault.Unsupported, []string{"messages of an ncu run"}},
		"failed import":  {"==ERROR== Failed to open report file x.ncu-rep.\n", fault.Missing, []string{"Failed to open report file"}},
		"no permission":  {"==PROF== Connected to process 42\n==ERROR== ERR_NVGPUCTRPERM - The user does not have permission\n", fault.Missing, []string{"ERR_NVGPUCTRPERM", "RestrictProfilingToAdminUsers"}},
		"no launches":    {header[0] + header[1], fault.Missing, []string{"no kernels were profiled"}},
		"no units":       {header[0] + header[2], fault.Corrupt, []string{"not followed by a row of units"}},
		"header alone":   {header[0], fault.Corrupt, []string{"not followed by a row of units"}},
		"cut header":     {header[0][:100], fault.Corrupt, []string{"ends inside the header"}},
		"only a cut row": {header[0] + header[1] + header[2][:60], fault.Corrupt, []string{"ends in its first launch"}},
		"two forms":      {strings.Replace(small, `"1,000.75"`, `"1.000,75"`, 1), fault.Corrupt, []string{"two forms", "LC_ALL=C"}},
		"own table":      {"Kernel ID,GMEM read requests\n1,2\n", fault.Unsupported, []string{"not an artifact"}},
		"own kernels":    {`"Kernel Name","time"` + "\n\"copy\",\"2\"\n", fault.Unsupported, []string{"not an artifact"}},
		"own sections":   {"Notes\nSection: one\nSession Info\n", fault.Unsupported, []string{"not an artifact"}},
		"own IDs":        {`"ID","Process ID","note"` + "\n\"1\",\"2\",\"x\"\n", fault.Unsupported, []string{"not an artifact"}},
		"powershell":     {"\xff\xfe\"\x00I\x00D\x00\"\x00,\x00\"\x00P\x00r\x00o\x00c\x00e\x00s\x00s\x00 \x00I\x00D\x00\"\x00", fault.Unsupported, []string{"UTF-16", "--log-file"}},
		"no byte order":  {wide(small, false), fault.Unsupported, []string{"UTF-16", "--log-file"}},
		"other order":    {wide(small, true), fault.Unsupported, []string{"UTF-16", "--log-file"}},
		"semicolons":     {strings.ReplaceAll(small, `","`, `";"`), fault.Unsupported, []string{"saved in its own way", rawCommand}},
		"tabs":           {strings.ReplaceAll(strings.ReplaceAll(small, `","`, "\t"), `"`, ""), fault.Unsupported, []string{"saved in its own way", rawCommand}},
		"no quotes":      {strings.ReplaceAll(small, `"`, ""), fault.Unsupported, []string{"saved in its own way", rawCommand}},
		"renamed values": {renamed("Metric Value"), fault.Corrupt, []string{`details page in line 1 has no column "Metric Value"`, "--page details"}},
		"renamed units":  {renamed("Metric Unit"), fault.Corrupt, []string{`has no column "Metric Unit"`}},
		"renamed names":  {renamed("Metric Name"), fault.Corrupt, []string{`has no column "Metric Name"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := artifacts.Formats{ncu.Format()}.Open(context.Background(), write(t, c.text))
			if err == nil {
				t.Fatal("it opens")
			}
			if kind := fault.KindOf(err); kind != c.kind {
				t.Errorf("kind %s, want %s: %v", kind, c.kind, err)
			}
			for _, want := range c.speaks {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

// sortedRows sorts the rows of a page by their second half.
func sortedRows(page string) string {
	lines := strings.SplitAfter(page, "\n")
	slices.SortStableFunc(lines[1:], func(a, b string) int { return strings.Compare(a[len(a)/2:], b[len(b)/2:]) })
	return strings.Join(lines, "")
}

// TestHeaderBehindOutput finds a table that begins after more output than the
// first look sees.
func TestHeaderBehindOutput(t *testing.T) {
	t.Parallel()
	chatter := "==PROF== Connected to process 42 (/app)\n" + strings.Repeat("step 1 of many, loss 0.5\n", 8000)
	_, got := launchesOf(t, chatter+small)
	if got != smallLaunches {
		t.Errorf("got:\n%s", got)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	a := open(t, small)
	ctx := context.Background()
	discard := func(int, *frames.Batch) error { return nil }
	if err := a.Scan(ctx, artifacts.Request{Table: "nothing"}, discard); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown table: %v", err)
	}
	if err := a.Scan(ctx, artifacts.Request{Table: "launches", Columns: []string{"nothing"}}, discard); fault.KindOf(err) != fault.Misuse {
		t.Errorf("an unknown column: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := a.Scan(canceled, artifacts.Request{Table: "launches"}, discard); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a canceled scan: %v", err)
	}
	var columns []string
	err := a.Scan(ctx, artifacts.Request{Table: "launches", Columns: []string{"time", "kernel"}}, func(_ int, b *frames.Batch) error {
		columns = b.Schema().Names()
		return nil
	})
	if err != nil || strings.Join(columns, " ") != "time kernel" {
		t.Errorf("columns %v, %v", columns, err)
	}
}

// TestChangedFile refuses to read on in a file that was written to.
func TestChangedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "profile.csv")
	if err := os.WriteFile(path, []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := ncu.Format().Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := os.WriteFile(path, []byte("\n"+small), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := artifacts.Load(context.Background(), a, "launches"); fault.KindOf(err) != fault.Corrupt {
		t.Errorf("reading a changed file: %v", err)
	}
}
