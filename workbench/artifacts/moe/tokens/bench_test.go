package tokens_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
)

// fullFile names a file of ids to count instead of a small one made for the purpose, such
// as testdata/numpy_sums.py makes with 10,000,000 tokens of 64 layers and top-8.
var fullFile = flag.String("tokens", "", "file of ids for the benchmarks; empty: 100,000 made-up tokens")

func benchFile(b *testing.B) string {
	b.Helper()
	if *fullFile != "" {
		return *fullFile
	}
	const count, layers, topK = 100_000, 64, 8
	path := filepath.Join(b.TempDir(), "ids.npy")
	row := make([]byte, layers*topK)
	data := npyHeader("|u1", count, layers, topK)
	for t := range count {
		for l := range layers {
			for i := range topK { // odd strides visit distinct experts
				row[l*topK+i] = byte(t*t + 31*l + i*(2*((t>>3+l)%64)+1))
			}
		}
		data = append(data, row...)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// npyHeader is the header of a .npy file in C order.
func npyHeader(descr string, shape ...int) []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (", descr)
	for _, d := range shape {
		text += fmt.Sprintf("%d, ", d)
	}
	text += "), }\n"
	return append([]byte{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, byte(len(text)), byte(len(text) >> 8)}, text...)
}

// BenchmarkTables opens a file and makes a table of counts from its ids, counts first
// where pairs need them.
func BenchmarkTables(b *testing.B) {
	path := benchFile(b)
	for _, table := range []string{"activations", "coselection", "affinity"} {
		b.Run(table, func(b *testing.B) {
			for b.Loop() {
				a, err := tokens.Format().Open(context.Background(), path)
				if err != nil {
					b.Fatal(err)
				}
				if f, err := artifacts.Load(context.Background(), a, table); err != nil || f.Len() == 0 {
					b.Fatalf("%d rows, error %v", f.Len(), err)
				}
				a.Close()
			}
		})
	}
}
