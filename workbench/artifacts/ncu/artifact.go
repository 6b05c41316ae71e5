package ncu

import (
	"context"
	"io"
	"os"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// artifact is an open print-out. After open nothing in it changes, so scans may run
// side by side.
type artifact struct {
	file        *os.File
	size        int64
	info        artifacts.Info
	sections    []*section
	page        page
	rows        int64 // launches, of a summary rows
	advised     bool  // there are columns of rules
	metricNames *frames.Dictionary
	unitNames   *frames.Dictionary
}

// open surveys the file: headers, number forms, launches and what is lost.
func open(ctx context.Context, file *os.File) (*artifact, error) {
	stat, err := file.Stat()
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	a := &artifact{file: file, size: stat.Size(), metricNames: frames.NewDictionary(), unitNames: frames.NewDictionary()}
	head := make([]byte, min(a.size, 64<<10))
	if _, err := file.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fault.Errorf(fault.Denied, "reading the first bytes: %w", err)
	}
	switch p := pageOf(head); p {
	case rawPage, detailsPage, summaryPage, bannerPage, errorPage:
	case noPage:
		return nil, fault.Errorf(fault.Unsupported, "this is no print-out of ncu")
	default:
		return nil, p.refuse()
	}
	s, err := survey(ctx, io.NewSectionReader(file, 0, a.size))
	if err != nil {
		return nil, err
	}
	if err := s.refusal(pageOf(head)); err != nil {
		return nil, err
	}
	a.sections, a.rows, a.info, a.page, a.advised = s.sections, s.launches+s.rows, s.info(), s.page, s.advised
	for _, section := range a.sections {
		section.encode(a.metricNames, a.unitNames)
	}
	for _, key := range s.names {
		a.metricNames.Code(key.name)
		a.unitNames.Code(key.unit)
	}
	return a, nil
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Close implements artifacts.Artifact.
func (a *artifact) Close() error { return a.file.Close() }

// Tables implements artifacts.Artifact.
func (a *artifact) Tables() []artifacts.TableInfo { return describe(a.tables()) }

func (a *artifact) tables() []table {
	if a.page == summaryPage {
		return []table{summaryTable(a.rows)}
	}
	list := commonTables(a.rows, a.metricNames, a.unitNames)
	if a.page != detailsPage {
		return list
	}
	if a.advised {
		list = append(list, printedRules())
	}
	return append(list, labelsTable())
}

// Scan implements artifacts.Artifact. Rows are delivered by one worker: a print-out
// of 500 launches with all metrics is 13 MB and takes a fraction of a second.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	w := &walker{in: newRecordReader(io.NewSectionReader(a.file, 0, a.size)), known: a.sections}
	return scan(ctx, a, a.tables(), r, emit, source{
		each:     w.each,
		progress: func() (done, total int64) { return w.in.bytes, a.size },
	})
}
