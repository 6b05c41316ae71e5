package ncu_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// sourcePage is what ncu prints of a report with --page source, the launches one
// after the other.
type sourcePage []sourceRow

// sourceRow is an instruction of the page; without an address it is a line.
type sourceRow struct {
	launch, line int
	address      int64
	text         string
	counts       map[string]string // by header
}

func readSourcePage(t *testing.T, name string) sourcePage {
	t.Helper()
	in := csv.NewReader(strings.NewReader(unpacked(t, filepath.Join("testdata", name+".csv.zst"))))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var page sourcePage
	var header []string
	launch, line, twice := -1, 0, false
	for _, r := range records {
		switch {
		case r[0] == "Kernel Name": // of instructions alone ncu prints each launch twice
			if twice = !twice; twice {
				launch++
			}
		case r[0] == "File Path":
			launch, line = launch+1, 0
		case r[0] == "Address" || r[0] == "Line No":
			header = r
		case len(r) > 3:
			row := sourceRow{launch: launch, counts: map[string]string{}}
			place := 0
			if header[0] == "Line No" {
				place = 2
				if n, err := strconv.Atoi(r[0]); err == nil {
					line = n
				}
			}
			row.line, row.text = line, strings.TrimSpace(r[place+1])
			row.address, _ = strconv.ParseInt(strings.TrimPrefix(r[place], "0x"), 16, 64)
			for i, name := range header {
				row.counts[name] = r[i]
			}
			page = append(page, row)
		}
	}
	return page
}

// opcode is the name of an instruction: "@!P0 LDG.E.64 R2, …" is LDG.
func (r sourceRow) opcode() string {
	words := strings.Fields(r.text)
	if len(words) > 1 && strings.HasPrefix(words[0], "@") {
		words = words[1:]
	}
	name, _, _ := strings.Cut(strings.TrimSuffix(words[0], ";"), ".")
	return name
}

func openCapture(t *testing.T, name string) artifacts.Artifact {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(unpacked(t, filepath.Join("testdata", name+".ncu-rep.zst"))), 0o644); err != nil {
		t.Fatal(err)
	}
	return openReport(t, path)
}

type instructionKey struct {
	launch  int
	address int64
}

func instructionRows(f *frames.Frame) map[instructionKey]int {
	rows := map[instructionKey]int{}
	for i := range f.Len() {
		rows[instructionKey{int(f.Column("launch").Int(i)), f.Column("address").Int(i)}] = i
	}
	return rows
}

// TestInstructions holds the counts of every instruction, and its name as read from
// the code, to ncu's source page.
func TestInstructions(t *testing.T) {
	t.Parallel()
	for report, page := range map[string]string{"h100_mini_full": "source_page_full", "lines": "source_page_lines"} {
		f := load(t, openCapture(t, report), "instructions")
		rows, compared, opcodes := instructionRows(f), 0, 0
		for _, want := range readSourcePage(t, page) {
			i, ok := rows[instructionKey{want.launch, want.address}]
			if !ok {
				if n := want.counts["# Samples"]; n != "0" && n != "-" || want.counts["Instructions Executed"] != "0" {
					t.Errorf("%s: launch %d has no %q with %s samples", report, want.launch, want.text, n)
				}
				continue
			}
			for column, header := range map[string]string{"samples": "# Samples", "not_issued": "Warp Stall Sampling (Not-issued Samples)", "executed": "Instructions Executed",
				"threads": "Thread Instructions Executed", "threads_on": "Predicated-On Thread Instructions Executed",
				"sectors": "L2 Theoretical Sectors Global", "sectors_ideal": "L2 Theoretical Sectors Global Ideal"} {
				got := f.Column(column).Str(i)
				if f.Column(column).IsNull(i) {
					got = "0"
				}
				if wanted := want.counts[header]; got != wanted && !(got == "0" && wanted == "-") {
					t.Errorf("%s: launch %d, %q: %s = %s, the page has %s", report, want.launch, want.text, column, got, wanted)
				}
				compared++
			}
			if got := f.Column("opcode").Str(i); got != want.opcode() {
				t.Errorf("%s: %q is read as %q", report, want.text, got)
			}
			opcodes++
		}
		if opcodes < f.Len() || opcodes < 500 || compared < 3500 {
			t.Errorf("%s: %d of %d instructions and %d numbers compared", report, opcodes, f.Len(), compared)
		}
	}
}

// pageReasons are the reasons that the source page spells otherwise than the metrics.
var pageReasons = map[string]string{"dispatch_stall": "dispatch", "imc_miss": "imc", "lg_throttle": "lg", "long_scoreboard": "long_sb", "math_pipe_throttle": "math",
	"mio_throttle": "mio", "no_instructions": "no_inst", "short_scoreboard": "short_sb", "sleeping": "sleep", "tex_throttle": "tex"}

// TestStallSamples holds the samples of every reason to ncu's source page: what the
// table lacks is 0 there.
func TestStallSamples(t *testing.T) {
	t.Parallel()
	f := load(t, openCapture(t, "h100_mini_full"), "stall_samples")
	got := map[string]string{}
	for i := range f.Len() {
		reason := f.Column("reason").Str(i)
		if short, ok := pageReasons[reason]; ok {
			reason = short
		}
		got[fmt.Sprint(f.Column("launch").Int(i), " ", f.Column("address").Int(i), " stall_", reason)] = f.Column("samples").Str(i)
	}
	found := map[string]bool{}
	for _, row := range readSourcePage(t, "source_page_full") {
		for header, want := range row.counts {
			if !strings.HasPrefix(header, "stall_") || strings.HasSuffix(header, "(Not Issued)") || want == "0" || want == "-" {
				continue
			}
			key := fmt.Sprint(row.launch, " ", row.address, " ", header)
			found[key] = true
			if n := got[key]; n != want {
				t.Errorf("launch %d, %q: %s %q, the page has %s", row.launch, row.text, header, n, want)
			}
		}
	}
	if len(found) != len(got) || len(found) < 1000 {
		t.Errorf("the page has %d numbers of samples, the table %d", len(found), len(got))
	}
}

// TestSourceLines holds the source line of every instruction to ncu's page of sources,
// for a program compiled with -lineinfo and profiled with --import-source.
func TestSourceLines(t *testing.T) {
	t.Parallel()
	f := load(t, openCapture(t, "lines"), "instructions")
	rows, compared := instructionRows(f), map[int]bool{}
	for _, want := range readSourcePage(t, "source_page_lines_cuda") {
		i, ok := rows[instructionKey{want.launch, want.address}]
		if !ok || want.address == 0 {
			continue
		}
		compared[i] = true
		if got := int(f.Column("line").Int(i)); got != want.line {
			t.Errorf("launch %d, %q: line %d, the page has %d", want.launch, want.text, got, want.line)
		}
	}
	if len(compared) < 300 {
		t.Errorf("%d of %d instructions compared", len(compared), f.Len())
	}
	rough := 0
	for i := range f.Len() {
		if f.Column("part").Str(i) == "_Z5roughf" {
			rough++
			if source := f.Column("source").Str(i); source != "__device__ __noinline__ float rough(float v){ return __sinf(v)*v; }" {
				t.Errorf("an instruction of rough is from line %q", source)
			}
		}
	}
	if rough == 0 {
		t.Error("no instruction is part of rough")
	}
}

// TestRemarks finds what ncu's rules say of single instructions: the share that they
// name is that of the samples.
func TestRemarks(t *testing.T) {
	t.Parallel()
	f := load(t, openCapture(t, "h100_mini_full"), "instructions")
	total := map[int64]int64{}
	for i := range f.Len() {
		total[f.Column("launch").Int(i)] += f.Column("samples").Int(i)
	}
	checked := 0
	for i := range f.Len() {
		var share float64
		if n, _ := fmt.Sscanf(f.Column("remark").Str(i), "This line is responsible for %f%%", &share); n == 1 {
			checked++
			if got := 100 * float64(f.Column("samples").Int(i)) / float64(total[f.Column("launch").Int(i)]); got < share-0.06 || got > share+0.06 {
				t.Errorf("row %d has %.2f %% of the samples, the remark says %v", i, got, share)
			}
		}
	}
	if checked < 5 {
		t.Errorf("%d remarks on shares, want at least 5", checked)
	}
}
