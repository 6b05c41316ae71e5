package ncu_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/fault"
)

// FuzzRead opens anything. A file that opens can be scanned whole; launch numbers
// count from 0, every table speaks of them only, and no number is not one.
func FuzzRead(f *testing.F) {
	lines := strings.SplitAfter(small, "\n")
	f.Add([]byte(small))
	f.Add([]byte(small + small))
	f.Add([]byte("==PROF== x\n" + lines[0] + lines[1] + "output\n" + lines[2] + `"1","4`))
	f.Add([]byte(strings.NewReplacer("8,192", "8.192", "0.25", "0,25", "1,000.75", "1.000,75").Replace(small)))
	f.Add([]byte(lines[0] + lines[1]))
	f.Add([]byte(`"ID","Process ID","Kernel Name","sm__ops_path_tensor_op_hmma_src_fp16.sum","sm__ops_path_tensor_src_fp16.sum","gpu__time_duration.sum"` + "\n" + `"","","","","","s"` + "\n" + `"0","1","k","9223372036854775807","3","1e300"` + "\n"))
	f.Add([]byte("NVR\x00"))
	details := strings.SplitAfter(unpacked(f, capture("basic_details")), "\n")
	f.Add([]byte(strings.Join(details[:4], "") + details[40] + "==PROF== x\n" + details[60] + details[61][:80]))
	f.Add([]byte(strings.Join(details[:3], "") + small))
	for _, name := range []string{"basic_summary_2024_kernel_de_DE", "roof_summary_2024_nvtx", "basic_details_2022_de_DE"} {
		f.Add([]byte(strings.Join(strings.SplitAfter(unpacked(f, printedBy(name)), "\n")[:4], "")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "profile.csv")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := artifacts.Formats{ncu.Format()}.Open(context.Background(), path)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		defer a.Close()
		checkTables(t, a)
	})
}

// FuzzReport opens anything as a report. One that opens can be scanned whole, damage
// in its parts apart, and its tables keep to what FuzzRead asks of print-outs.
func FuzzReport(f *testing.F) {
	blocks := smallBlocks()
	f.Add(reportOf(blocks...))
	f.Add(reportOf(blocks[1]))
	f.Add(reportOf(blocks[1], blocks[1][:40]))
	f.Add(reportOf(append([]byte{255, 255, 255, 255}, blocks[1]...)))
	f.Add(reportOf(block(sized(message(13, metric(0, message(3, 1e300)))), 2, 1<<31, 4, message(1, "gpu__time_duration.sum"))))
	f.Add(reportOf(block(sized(message(13, metric(1<<40, nil))), 9, 1, 2, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.ncu-rep")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := ncu.ReportFormat().Open(context.Background(), path)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		defer a.Close()
		checkTables(t, a)
	})
}

// checkTables loads every table and holds it to speak of launches that there are,
// in numbers.
func checkTables(t *testing.T, a artifacts.Artifact) {
	t.Helper()
	launches := int64(0)
	if a.Tables()[0].Name == "launches" {
		launches = int64(load(t, a, "launches").Len())
	}
	for _, table := range a.Tables() {
		frame := load(t, a, table.Name)
		checkValues(t, frame)
		if c := frame.Column("launch"); c != nil {
			for i := range frame.Len() {
				if n := c.Int(i); n < 0 || n >= launches {
					t.Fatalf("table %s speaks of launch %d of %d", table.Name, n, launches)
				}
			}
		}
	}
}

// checkValues holds the floats of a frame to be numbers, missing ones apart.
func checkValues(t *testing.T, f *frames.Frame) {
	t.Helper()
	for j := range f.Width() {
		c := f.At(j)
		if c.Field.Kind != frames.Float64 {
			continue
		}
		for i := range f.Len() {
			if v := c.Float(i); !c.IsNull(i) && (v != v || v-v != 0) {
				t.Fatalf("table %s, column %s, row %d is %v", f.Name(), c.Field.Name, i, v)
			}
		}
	}
}

// FuzzParseDecimal holds every number to lie within its margin of itself, and
// scaling there and back to change nothing.
func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{"63,343", "6,75", "41.696000", "-1,024.5", "1e300", "0.000", "9223372036854775807"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		form := ncu.PointDecimal
		if comma {
			form = ncu.CommaDecimal
		}
		d, ok := ncu.ParseDecimal(text, form)
		if !ok {
			return
		}
		if back := d.Scale(7).Scale(-7); back.Float() != d.Float() {
			t.Errorf("%q: %v after scaling, %v before", text, back.Float(), d.Float())
		}
		if n, ok := d.Int(); ok && abs(float64(n)-d.Float()) > 0.5 && abs(d.Float()) < 1<<52 {
			t.Errorf("%q: %d is not the nearest whole number to %v", text, n, d.Float())
		}
	})
}

func abs(v float64) float64 { return max(v, -v) }
