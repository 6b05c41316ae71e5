// Package ncu reads what Nsight Compute writes: its report file, and the raw, details
// and summary pages that it prints as CSV, of ncu 2020 to 2026, live or from a report,
// in any number form. Report, raw and details give the same tables, in base units (ns,
// B, Hz, plain counts); a summary has no launches and is a table of its own.
//
// Sources. The details page names metrics by label; labels.go leads from label, unit
// and device to the name, and what is not known keeps its label. Of each number of the
// launches table, the table launch_sources says where it was read, from which metric
// or formula, and how far rounding in print may have moved it.
//
// Precision. A report holds what was measured, in full. A print-out does not: with
// automatic units a value has six decimals in its unit, in base units two. What is
// printed whole is exact: launch sizes, tensor operations, DRAM bytes below 1 GB
// with automatic units and all bytes in base units. FLOP counts of sections are
// rates per cycle; the count is the rate times the cycles, rounded to a whole
// number, and the column flop_margin says how far rounding in print may have moved
// it.
package ncu

import (
	"context"
	"os"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// FormatName is the name of the format in artifacts.Info.
const FormatName = "ncu-csv"

// Format returns the format of the raw, details and summary pages as CSV. It also
// claims ncu's other print-outs and the messages of a run that profiled nothing, in
// order to refuse them with what to do instead.
func Format() artifacts.Format { return format{} }

type format struct{}

// Name implements artifacts.Format.
func (format) Name() string { return FormatName }

// Detect implements artifacts.Format.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	if c.Info != nil && c.Info.IsDir() {
		return false, ""
	}
	switch page := pageOf(c.Head); page {
	case noPage:
		return false, ""
	case utf16Page:
		return false, "an ncu print-out in UTF-16, as PowerShell's > writes it (let ncu write the file: --log-file FILE)"
	default:
		return true, string(page)
	}
}

// Open implements artifacts.Format. It reads the file once, to learn its headers,
// number form and launches. A print-out of another page is Unsupported, one
// without launches Missing, one that contradicts itself Corrupt.
func (format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	a, err := open(ctx, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return a, nil
}
