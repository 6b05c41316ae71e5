package ncu_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
)

// BenchmarkFull opens and scans a full set of 2,227 metrics, 20 times the capture:
// 560 launches, 13 MB.
func BenchmarkFull(b *testing.B) {
	text := unpacked(b, fullCapture)
	lines := strings.SplitAfterN(text, "\n", 3)
	path := write(b, text+strings.Repeat(lines[2], 19))
	run := func(name, table string) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text) + 19*len(lines[2])))
			b.ReportAllocs()
			for b.Loop() {
				a, err := ncu.Format().Open(context.Background(), path)
				if err != nil {
					b.Fatal(err)
				}
				if table != "" {
					if _, err := artifacts.Load(context.Background(), a, table); err != nil {
						b.Fatal(err)
					}
				}
				a.Close()
			}
		})
	}
	run("open", "")
	run("launches", "launches")
	run("metrics", "metrics")
}

// BenchmarkReport opens and scans a report of 28 launches with the full set, 28 MB.
func BenchmarkReport(b *testing.B) {
	path := reportCapture(b, "full")
	stat, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, table := range []string{"", "launches", "metrics", "rules", "instances"} {
		b.Run("open "+table, func(b *testing.B) {
			b.SetBytes(stat.Size())
			b.ReportAllocs()
			for b.Loop() {
				a, err := ncu.ReportFormat().Open(context.Background(), path)
				if err != nil {
					b.Fatal(err)
				}
				if table != "" {
					if _, err := artifacts.Load(context.Background(), a, table); err != nil {
						b.Fatal(err)
					}
				}
				a.Close()
			}
		})
	}
}

// BenchmarkDetails opens and scans the details page of 28 launches with the full set,
// 1.1 MB.
func BenchmarkDetails(b *testing.B) {
	text := unpacked(b, capture("full_details"))
	path := write(b, text)
	for _, table := range []string{"launches", "metrics", "rules"} {
		b.Run(table, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				a, err := ncu.Format().Open(context.Background(), path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := artifacts.Load(context.Background(), a, table); err != nil {
					b.Fatal(err)
				}
				a.Close()
			}
		})
	}
}
