package cubin_test

import (
	"os"
	"testing"

	"profilemate/workbench/artifacts/ncu/cubin"
	"profilemate/workbench/fault"
)

func readCode(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/lines.cubin") // of the program that the capture lines.ncu-rep profiled
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Lines are those that readelf --debug-dump=decodedline prints of the module, an
// instruction being 16 bytes.
func TestLine(t *testing.T) {
	t.Parallel()
	m, err := cubin.Read(readCode(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		function string
		offset   uint64
		line     int
	}{
		{"_Z4tileiPKfPf", 0x0, 11}, {"_Z4tileiPKfPf", 0x10, 13}, {"_Z4tileiPKfPf", 0x20, 14}, {"_Z4tileiPKfPf", 0x30, 14}, {"_Z4tileiPKfPf", 0x40, 13},
		{"_Z4tileiPKfPf", 0x50, 14}, {"_Z4tileiPKfPf", 0x420, 17}, {"_Z4tileiPKfPf", 0x430, 18}, {"_Z4tileiPKfPf", 0x440, 14}, {"_Z4tileiPKfPf", 0x4d0, 15},
		{"_Z4tileiPKfPf", 0x790, 19}, {"_Z4tileiPKfPf", 0x870, 19}, {"_Z6strideiPKfPf", 0x0, 3}, {"_Z6strideiPKfPf", 0x60, 5}, {"_Z6strideiPKfPf", 0x210, 6}, {"_Z6strideiPKfPf", 0x220, 7},
	} {
		if file, line, ok := m.Function(want.function).Line(want.offset); !ok || line != want.line || file != "/tmp/m.cu" {
			t.Errorf("%s at %#x: %s:%d, %v; want line %d", want.function, want.offset, file, line, ok, want.line)
		}
	}
	if _, _, ok := m.Function("_Z4tileiPKfPf").Line(0x880); ok {
		t.Error("there is a line behind the code")
	}
}

func TestFunction(t *testing.T) {
	t.Parallel()
	m, err := cubin.Read(readCode(t))
	if err != nil {
		t.Fatal(err)
	}
	f := m.Function("_Z6strideiPKfPf")
	if m.Function("absent") != nil || f == nil || len(f.Code) != 0x380 {
		t.Fatalf("%+v", f)
	}
	for offset, want := range map[uint64]string{0: "", 0x280: "", 0x290: "_Z5roughf", 0x370: "_Z5roughf", 0x380: ""} {
		if got := f.Part(offset); got != want {
			t.Errorf("at %#x the part is %q, not %q", offset, got, want)
		}
	}
	for offset, want := range map[uint64]string{0: "LDC", 0x10: "S2R", 0x70: "EXIT", 0xe0: "MUFU", 0x8: "", 0x380: "", 1<<64 - 16: ""} {
		if got := f.Opcode(offset); got != want {
			t.Errorf("at %#x is %q, not %q", offset, got, want)
		}
	}
}

// A module cut anywhere gives what is whole of it, or a Corrupt fault.
func TestCut(t *testing.T) {
	t.Parallel()
	data := readCode(t)
	for size := 0; size < len(data); size += 7 {
		if _, err := cubin.Read(data[:size]); err != nil && fault.KindOf(err) != fault.Corrupt {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
}

// FuzzRead reads anything as a module, and asks of what it can read all there is to
// ask, within the code and behind it.
func FuzzRead(f *testing.F) {
	data := readCode(f)
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("\x7fELF"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := cubin.Read(data)
		if err != nil {
			if fault.KindOf(err) != fault.Corrupt {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		for _, name := range []string{"_Z4tileiPKfPf", "_Z6strideiPKfPf"} {
			function := m.Function(name)
			if function == nil {
				continue
			}
			for offset := uint64(0); offset < uint64(len(function.Code))+32; offset += 8 {
				if _, line, ok := function.Line(offset); ok && line <= 0 {
					t.Fatalf("line %d", line)
				}
				_, _ = function.Part(offset), function.Opcode(offset)
			}
		}
	})
}
