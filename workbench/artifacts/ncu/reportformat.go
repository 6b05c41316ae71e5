package ncu

import (
	"bytes"
	"context"
	"os"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
	"profilemate/workbench/fault"
)

// ReportFormatName is the name of the format of .ncu-rep files in artifacts.Info.
const ReportFormatName = "ncu-report"

// ReportFormat returns the format of ncu's report file, .ncu-rep. It has the tables
// of a print-out with full precision, and tables of rules, sections, instances and
// the session beside them.
func ReportFormat() artifacts.Format { return reportFormat{} }

type reportFormat struct{}

// Name implements artifacts.Format.
func (reportFormat) Name() string { return ReportFormatName }

// Detect implements artifacts.Format.
func (reportFormat) Detect(c artifacts.Candidate) (claim bool, saw string) {
	return bytes.HasPrefix(c.Head, []byte(report.Magic)), ""
}

// Open implements artifacts.Format. It reads every result once, to learn what the
// launches have. A damaged report opens with what can be read, and findings; one of
// which nothing can be is Corrupt, and one without results Missing.
func (reportFormat) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	a, err := openReport(ctx, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return a, nil
}
