package ncu_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts"
)

// small is a print-out of two launches as ncu 2024 and later write it.
const small = `"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","dram__bytes_read.sum","dram__bytes_write.sum","gpu__time_duration.sum","launch__grid_size","smsp__cycles_elapsed.avg"
"","","","","","","","","","","","Mbyte","Kbyte","usecond","","cycle"
"0","42","app","127.0.0.1","void ns::scale<float, (int)4>(float *, int)","1","7","(256, 1, 1)","(4096, 2, 1)","0","8.6","8.396320","1.024000","41.696000","8,192","0.25"
"1","42","app","127.0.0.1","copy(float *)","1","7","(256, 1, 1)","(16, 1, 1)","0","8.6","n/a","nan","2.000000","16","1,000.75"
`

func launchesOf(t *testing.T, text string) (artifacts.Artifact, string) {
	t.Helper()
	a := open(t, text)
	return a, dump(t, load(t, a, "launches", "launch", "id", "pid", "kernel", "function", "grid", "grid_x", "block", "cc", "time", "dram_read", "dram_bytes"))
}

const smallLaunches = `table launches: 
  launch | id | pid | kernel | function | grid | grid_x | block | cc | time [ns] | dram_read [B] | dram_bytes [B]
  0 | 0 | 42 | void ns::scale<float, (int)4>(float *, int) | scale | (4096, 2, 1) | 4096 | (256, 1, 1) | 8.6 | 41696 | 8396320 | 8397344
  1 | 1 | 42 | copy(float *) | copy | (16, 1, 1) | 16 | (256, 1, 1) | 8.6 | 2000 | - | -
`

// TestShapes reads the same two launches out of print-outs of every shape.
func TestShapes(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(small, "\n")
	for name, text := range map[string]string{
		"plain":       small,
		"windows":     strings.ReplaceAll(small, "\n", "\r\n"),
		"byte order":  "\ufeff" + small,
		"no last end": strings.TrimSuffix(small, "\n"),
		"banners": "==PROF== Connected to process 42 (/app)\nepoch 1, loss \"0,5\"\n" + lines[0] + lines[1] +
			"==PROF== Profiling \"copy\" - 1: 0%....50%....100% - 9 passes\n" + lines[2] + "\"quoted\", by the program\n\"open quote\n" + lines[3] + "==PROF== Disconnected from process 42\n",
		"after output without end": "done 9.6" + small,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, got := launchesOf(t, text)
			if diff := cmp.Diff(smallLaunches, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if findings := a.Info().Findings; len(findings) > 0 {
				t.Errorf("findings: %v", findings)
			}
		})
	}
}

// TestOldHeader reads the columns of ncu 2020 to 2022: no sizes and no device, a
// time of day, NVTX columns, and the oldest units.
func TestOldHeader(t *testing.T) {
	t.Parallel()
	_, got := launchesOf(t, `"ID","Process ID","Process Name","Host Name","thread Domain:Push/Pop_Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg","Id:Domain:Start/Stop_Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg","Kernel Name","Kernel Time","Context","Stream","device__attribute_compute_capability_major","device__attribute_compute_capability_minor","dram__sectors_read.sum","dram__sectors_write.sum","launch__block_size","launch__grid_dim_x","launch__grid_dim_y","launch__grid_dim_z","sm__cycles_elapsed.avg","sm__cycles_elapsed.avg.per_second"
"","","","","","","","","","","","","Ksector","sector","","","","","Kcycle","cycle/nsecond"
"3","42","app","host","42  ""<default domain>:step:1:none:none:none:none:none:none"" ","","copy(float *)","2020-Aug-27 18:57:25","1","7","7","0","4.194304","64","128","80","2","1","3.000000","1.500000"
`)
	want := `table launches: 
  launch | id | pid | kernel | function | grid | grid_x | block | cc | time [ns] | dram_read [B] | dram_bytes [B]
  0 | 3 | 42 | copy(float *) | copy | (80, 2, 1) | 80 | 128 | 7.0 | 2000 | 134218 | 136266
`
	// 4.194304 Ksector are 4,194.304 sectors of 32 B; 3,000 cycles at 1.5 GHz are 2,000 ns.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestJoined reads two print-outs joined with cat, of other columns, units and
// number forms, and ncu's IDs repeating.
func TestJoined(t *testing.T) {
	t.Parallel()
	second := `"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","gpu__time_duration.sum","launch__grid_size"
"","","","","","","","ns",""
"0","43","app","host","scale(float *)","1","7","1.234.567","2.097.152"
"1","43","app","host","scale(float *)","1","7","4.096","16"
`
	a, _ := launchesOf(t, small+second)
	f := load(t, a, "launches", "launch", "id", "time", "grid", "block")
	want := `table launches: 
  launch | id | time [ns] | grid | block
  0 | 0 | 41696 | (4096, 2, 1) | (256, 1, 1)
  1 | 1 | 2000 | (16, 1, 1) | (256, 1, 1)
  2 | 0 | 1234567 | 2097152 | -
  3 | 1 | 4096 | 16 | -
`
	if diff := cmp.Diff(want, dump(t, f)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if findings := a.Info().Findings; len(findings) != 1 || !strings.Contains(findings[0].Text, "joins 2 print-outs") {
		t.Errorf("findings: %+v", findings)
	}
}

// TestDamage keeps the whole rows of a damaged file and names the others.
func TestDamage(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(small, "\n")
	header := lines[0] + lines[1]
	for name, c := range map[string]struct {
		text, finding string
		launches      int
	}{
		"cut in a cell":      {small[:len(small)-7], "ends inside a row, which is left out: line 4, launch 1 of copy (16 of 16 cells)", 1},
		"cut between cells":  {header + lines[2] + `"1","42","app","127.0.0.1","copy(float *)"`, "line 4, launch 1 of copy (5 of 16 cells)", 1},
		"cut before a row":   {header + `"0","42","app","a name that never en` + "\n" + lines[3], "line 3, launch 0", 1},
		"cell too many":      {header + strings.TrimSuffix(lines[2], "\n") + ",\"1\"\n" + lines[3], "line 3, launch 0 of scale (17 of 16 cells)", 1},
		"another page after": {small + `"ID","Process ID","Process Name","Host Name","Kernel Name","Section Name","Metric Name","Metric Unit","Metric Value"` + "\n" + `"0","42","app","h","copy","S","M","u","1"` + "\n", "details page as CSV from line 5", 2},
		"unknown unit":       {strings.Replace(small, "usecond", "furlong", 1), "units that are not known are not used: furlong", 2},
		"error line":         {small + "==ERROR== The application returned an error code (11).\n", "reported errors: The application returned an error code (11).", 2},
		"two forms possible": {strings.NewReplacer("8.396320", "4.096", "0.25", "1.024", "1,000.75", "4.096", "8,192", "8192").Replace(small), "can be read with a decimal point or with a decimal comma", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, c.text)
			if got := load(t, a, "launches").Len(); got != c.launches {
				t.Errorf("%d launches, want %d", got, c.launches)
			}
			for _, f := range a.Info().Findings {
				if strings.Contains(f.Text, c.finding) {
					return
				}
			}
			t.Errorf("no finding says %q: %+v", c.finding, a.Info().Findings)
		})
	}
}

// TestUnknownUnit holds a time in an unknown unit to be missing.
func TestUnknownUnit(t *testing.T) {
	t.Parallel()
	a := open(t, strings.Replace(small, "usecond", "furlong", 1))
	if c := load(t, a, "launches").Column("time"); !c.IsNull(0) {
		t.Errorf("time is %s, want it missing", c.Str(0))
	}
}

// TestWholeNumbersSettle reads a table in which no cell but a count of blocks tells
// the number form: a count has no decimals.
func TestWholeNumbersSettle(t *testing.T) {
	t.Parallel()
	const header = `"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Section Name","Metric Name","Metric Unit","Metric Value"` + "\n"
	for name, c := range map[string]struct {
		cells string // grid size, and its time
		want  int64  // ns
	}{
		"comma":     {"65.536 41.697", 41697},
		"point":     {"65,536 41,697", 41697},
		"undecided": {"16 41.697", 42},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grid, time, _ := strings.Cut(c.cells, " ")
			row := `"0","42","app","host","copy","1","7","Command line profiler metrics",`
			a := open(t, header+row+`"launch__grid_size","","`+grid+"\"\n"+row+`"gpu__time_duration.avg","ns","`+time+"\"\n")
			if got := load(t, a, "launches").Ints("time"); got[0] != c.want {
				t.Errorf("time is %d ns, want %d", got[0], c.want)
			}
			said := strings.Contains(fmt.Sprint(a.Info().Findings), "can be read with a decimal point or with a decimal comma")
			if said != (name == "undecided") {
				t.Errorf("findings: %+v", a.Info().Findings)
			}
		})
	}
}

func TestLineEndInCell(t *testing.T) {
	t.Parallel()
	a := open(t, strings.Replace(small, "copy(float *)", "copy(float\n*)", 1))
	if got := load(t, a, "launches").Strings("kernel")[1]; got != "copy(float\n*)" {
		t.Errorf("kernel is %q", got)
	}
}
