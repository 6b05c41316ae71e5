package moe

import (
	"fmt"

	"profilemate/workbench/result"
)

// notes collects what is worth saying about one file.
type notes struct {
	file     string
	rows     int64 // read, refused ones included
	refused  int64
	first    int // line of the first refused row
	why      error
	unended  int   // last line, when it was read but has no line end; 0 otherwise
	odd      int64 // values of rows in use that cannot be read
	oddWhy   error // the first of them, with its place
	cut      error // where a JSON text broke off; nil when it did not
	findings []result.Finding
}

func (n *notes) refuse(line int, why error) {
	if n.refused == 0 {
		n.first, n.why = line, why
	}
	n.refused++
}

// miss notes a value that cannot be read in a row that is used without it.
func (n *notes) miss(why error) {
	if n.odd == 0 {
		n.oddWhy = why
	}
	n.odd++
}

func (n *notes) warn(remedy, format string, args ...any) {
	n.findings = append(n.findings, result.Finding{Severity: result.Warning,
		Text: n.file + ": " + fmt.Sprintf(format, args...), Remedy: remedy})
}

func (n *notes) info(format string, args ...any) {
	n.findings = append(n.findings, result.Finding{Severity: result.Info, Text: n.file + ": " + fmt.Sprintf(format, args...)})
}

// agree gives a count with its noun and the verb that goes with it: "1 row repeats" or
// "2 rows repeat".
func agree(n int64, noun, one, many string) string {
	if n == 1 {
		many = one
	}
	return result.Count(n, noun) + " " + many
}

// close turns the counts of refused rows into findings and returns all of them.
func (n *notes) close() []result.Finding {
	if n.refused > 0 {
		n.warn("Mend the file or record it again to have all; the other rows are used.",
			"%d of %d rows cannot be read and are left out, the first at line %d: %v.", n.refused, n.rows, n.first, n.why)
	}
	if n.odd > 0 {
		n.warn("", "%s as missing, the first at %v.", agree(n.odd, "value", "cannot be read and counts", "cannot be read and count"), n.oddWhy)
	}
	if n.cut != nil {
		n.warn("Record the file again to have all; what came before is used.", "it breaks off at %v.", n.cut)
	}
	if n.unended > 0 {
		n.info("line %d has no line end; if the writer was stopped there, its last number may be cut short.", n.unended)
	}
	return n.findings
}
