package ncu

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// copyAgain is the way out of damage to a report.
const copyAgain = "Copy the report again, or profile again."

// reportArtifact is an open report. After open only damaged changes.
type reportArtifact struct {
	file     *os.File
	report   *report.Report
	size     int64
	names    *nameTable
	info     artifacts.Info
	launches int64
	raw      rawColumns
	skip     map[int]bool // entries that cannot be decoded

	code func() (*modules, error) // reads the code once, when it is first asked for

	mu       sync.Mutex
	damaged  map[string]map[int64]bool // by table, the launches of which a part cannot be read
	codeless int                       // modules of code that cannot be read, once they are asked for
}

func openReport(ctx context.Context, file *os.File) (*reportArtifact, error) {
	stat, err := file.Stat()
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	r, err := report.Open(ctx, file, stat.Size())
	if err != nil {
		return nil, err
	}
	a := &reportArtifact{file: file, report: r, size: stat.Size(), names: newNameTable(r), skip: map[int]bool{}, damaged: map[string]map[int64]bool{}}
	a.code = sync.OnceValues(func() (*modules, error) { return readModules(r) })
	if err := a.survey(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// reportLosses counts what a walk over a report could not tell.
type reportLosses struct {
	undecoded  []string // results that cannot be decoded, the first few
	ranges     int      // launches whose NVTX ranges are damaged
	deviceless int      // launches of which the device is not known
}

// survey reads every result once.
func (a *reportArtifact) survey(ctx context.Context) error {
	c, metrics := newContent(), 0
	var l reportLosses
	fn := func(r row) error {
		c.note(r)
		x := r.values.(*reported)
		a.raw.note(a.names, x.result)
		metrics = max(metrics, len(x.result.Metrics))
		if _, err := x.result.OpenRanges(); err != nil {
			l.ranges++
		}
		if x.device < 0 {
			l.deviceless++
		}
		return nil
	}
	err := a.walk(ctx, fn, nil, func(index int, err error) {
		a.skip[index] = true
		l.undecoded = remember(l.undecoded, err.Error())
	})
	if err != nil {
		return err
	}
	a.launches = c.launches
	if c.launches == 0 {
		return a.refusal(l.undecoded)
	}
	a.info = c.info(ReportFormatName, metrics)
	a.info.Producer = a.producer()
	if command := a.report.Session.Command; command != "" {
		a.info.Metadata["command"] = command
	}
	a.info.Findings = a.findings(l)
	return nil
}

// refusal returns why a report of which no result can be read is of no use.
func (a *reportArtifact) refusal(undecoded []string) error {
	const again = "copy the report again, or profile again"
	switch {
	case len(undecoded) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Corrupt, "no result of the report can be decoded: %s", strings.Join(undecoded, "; ")), again)
	case len(a.report.Damage) > 0:
		d := a.report.Damage[0]
		return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the report of %d bytes is damaged at byte %d, before its first whole result: %s", a.size, d.Offset, d.Lost), again)
	}
	return fault.WithRemedy(fault.Errorf(fault.Missing, "the report holds no results: no kernels were profiled"),
		"check the filters of the ncu command (--kernel-name, --launch-skip, --profile-from-start)")
}

// producer names the version of ncu that profiled.
func (a *reportArtifact) producer() string {
	for _, v := range a.report.Session.Versions {
		if strings.HasPrefix(v.Provider, "Nsight Compute") {
			number, _, _ := strings.Cut(v.Version, " ")
			return "Nsight Compute " + number
		}
	}
	return "Nsight Compute"
}

// findings says what is damaged and what cannot be told.
func (a *reportArtifact) findings(l reportLosses) []result.Finding {
	r := result.Result{Findings: []result.Finding{}}
	for _, d := range a.report.Damage {
		if d.Cut {
			r.Warn(copyAgain, "The report ends early, at byte %d: %s cannot be read. The %d launches before it are complete.", d.Offset, d.Lost, a.launches)
		} else {
			r.Warn(copyAgain, "The report is damaged at byte %d: %s is left out.", d.Offset, d.Lost)
		}
	}
	if len(l.undecoded) > 0 {
		r.Warn(copyAgain, "%d launches cannot be decoded and are left out: %s.", len(a.skip), strings.Join(l.undecoded, "; "))
	}
	if l.ranges > 0 {
		r.Warn(copyAgain, "The NVTX ranges of %d launches are damaged and read only up to the damage.", l.ranges)
	}
	switch devices := len(a.report.Session.Devices); {
	case devices == 0:
		r.Warn(copyAgain, "The report has no device attributes: names and limits of the device are missing.")
	case l.deviceless > 0:
		r.Warn("Profile one device at a time (--devices).", "The report is of %d devices and does not say on which of them %d launches ran: their device is missing.", devices, l.deviceless)
	}
	return r.Findings
}

// Info implements artifacts.Artifact.
func (a *reportArtifact) Info() artifacts.Info { return a.info }

// Close implements artifacts.Artifact.
func (a *reportArtifact) Close() error { return a.file.Close() }

// Tables implements artifacts.Artifact.
func (a *reportArtifact) Tables() []artifacts.TableInfo { return describe(a.tables()) }

// WideTables implements artifacts.Wide.
func (a *reportArtifact) WideTables() []artifacts.TableInfo { return describe([]table{a.rawTable()}) }

// Scan implements artifacts.Artifact. Rows are delivered by one worker, one result
// after the other in the same memory.
func (a *reportArtifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	done := int64(0)
	tables := a.tables()
	if r.Table == RawTable {
		tables = append(tables, a.rawTable())
	}
	return scan(ctx, a, tables, r, emit, source{
		each: func(fn func(row) error) error {
			return a.walk(ctx, fn, func(at int64) { done = at }, nil)
		},
		progress: func() (int64, int64) { return done, a.size },
	})
}

// walk calls fn with every launch. at, when not nil, is told of the bytes read, and
// lost, when not nil, of results that cannot be decoded; those known to be so are
// left out.
func (a *reportArtifact) walk(ctx context.Context, fn func(row) error, at func(int64), lost func(int, error)) error {
	launch := newReported(a.names)
	count := int64(0)
	cursor := a.report.Cursor()
	for i := range a.report.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if a.skip[i] {
			continue
		}
		x, err := cursor.Read(i)
		if err != nil && lost != nil && fault.KindOf(err) == fault.Corrupt {
			lost(i, err)
			continue
		}
		if err != nil {
			return err
		}
		launch.take(x)
		if err := fn(row{launch: count, values: launch}); err != nil {
			return err
		}
		count++
		if at != nil {
			at(x.Offset + x.Size)
		}
	}
	return nil
}

// note remembers that a part of a launch could not be read for a table.
func (a *reportArtifact) note(table string, launch int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.damaged[table] == nil {
		a.damaged[table] = map[int64]bool{}
	}
	a.damaged[table][launch] = true
}

// ScanFindings implements artifacts.Finder.
func (a *reportArtifact) ScanFindings() []result.Finding {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := result.Result{}
	if a.codeless > 0 {
		r.Warn(copyAgain, "Of the report's modules of code %d cannot be read: names and lines of their instructions are missing.", a.codeless)
	}
	for _, t := range a.tables() {
		launches := slices.Sorted(maps.Keys(a.damaged[t.info.Name]))
		if len(launches) == 0 {
			continue
		}
		named := fmt.Sprint(launches[:min(len(launches), maxNamed)])
		r.Warn(copyAgain, "The %s of %d launches are damaged and read only up to the damage, among them of launches %s.", t.info.Name, len(launches), named)
	}
	return r.Findings
}
