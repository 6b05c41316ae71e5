package ncu

import (
	"bytes"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// page is what kind of ncu output a file holds, in words.
type page string

const (
	noPage      page = ""
	rawPage     page = "ncu's raw page as CSV"
	detailsPage page = "ncu's details page as CSV"
	summaryPage page = "ncu's summary (--print-summary) as CSV"
	sessionPage page = "ncu's session page as CSV"
	sourcePage  page = "ncu's source page as CSV"
	textPage    page = "an ncu print-out as text, made without --csv"
	errorPage   page = "the error message of an ncu run"
	bannerPage  page = "the messages of an ncu run" // a table may follow further down
	utf16Page   page = "an ncu print-out in UTF-16"
	resavedPage page = "an ncu print-out that another program saved in its own way (ncu puts quotes around each cell and commas between them)"
)

// pageOf recognizes ncu's output by its first lines.
func pageOf(head []byte) page {
	if isUTF16(head) {
		return utf16Page
	}
	found, first, previous := noPage, true, ""
	for raw := range bytes.Lines(head) {
		line := strings.TrimRight(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		switch p := pageOfLine(line); {
		case p == bannerPage && found == errorPage:
		case p == bannerPage, p == errorPage:
			found = p
		case p != noPage:
			return p
		case found != noPage && strings.HasPrefix(strings.TrimSpace(line), "Section: "):
			return textPage
		case first && (line == "Launch Settings" || line == "Session Info"):
			return sessionPage
		case isSourceTitle(previous) && strings.Contains(line, `,"Source"`):
			return sourcePage
		default:
			first, previous = false, line
		}
	}
	return found
}

// isUTF16 reports whether a print-out has two bytes a character, in either order and
// with or without the mark that tells the order.
func isUTF16(head []byte) bool {
	for _, words := range []string{"Process ID", "==PROF=="} {
		wide := strings.Join(strings.Split(words, ""), "\x00")
		if bytes.Contains(head, []byte(wide)) {
			return true
		}
	}
	return false
}

// isResaved recognizes the header of a page as spreadsheets and data frames write it.
func isResaved(line string) bool {
	bare := strings.ReplaceAll(line, `"`, "")
	return strings.Contains(bare, "Kernel Name") && slices.ContainsFunc([]string{";", "\t", ","}, func(between string) bool {
		return strings.HasPrefix(bare, "ID"+between+"Process ID"+between)
	})
}

// isSourceTitle reports whether a line is the "Kernel Name","…" that stands above
// each table of the source page.
func isSourceTitle(line string) bool {
	if !strings.HasPrefix(line, `"Kernel Name","`) {
		return false
	}
	fields, open := splitFields(line)
	return len(fields) == 2 && !open
}

// pageOfLine recognizes a page by one line that no other file has.
func pageOfLine(line string) page {
	if at := strings.Index(line, headerMark); at >= 0 {
		return pageOfHeader(line[at:])
	}
	switch {
	case isSummaryHeader(line):
		return summaryPage
	case isResaved(line):
		return resavedPage
	case strings.HasPrefix(line, "==ERROR=="):
		return errorPage
	case strings.HasPrefix(line, "==PROF=="), strings.HasPrefix(line, "==WARNING=="):
		return bannerPage
	case strings.Contains(line, ", Context ") && strings.Contains(line, ", Stream ") && strings.Contains(line, ", Device "):
		return textPage
	}
	return noPage
}

// isSummaryHeader recognizes the header of a summary by kernel, GPU or NVTX range.
func isSummaryHeader(line string) bool {
	if !strings.HasPrefix(line, `"Process ID","Process Name","Host Name"`) && !strings.HasPrefix(line, `"Domain","Range:PL_Type`) {
		return false
	}
	for _, name := range []string{callsColumn, metricColumn, averageColumn} {
		if !strings.Contains(line, `,"`+name+`"`) {
			return false
		}
	}
	return true
}

// isHeader reports whether a row is the header of a page with launches.
func isHeader(fields []string) bool {
	if len(fields) < 2 {
		return false
	}
	switch fields[0] {
	case "ID":
		return fields[1] == "Process ID"
	case "Process ID", "Domain":
		return slices.Contains(fields, callsColumn) && slices.Contains(fields, averageColumn)
	}
	return false
}

// short names a page that is read in one word.
func (p page) short() string {
	switch p {
	case detailsPage:
		return "details"
	case summaryPage:
		return "summary"
	}
	return "raw"
}

// pageOfHeader tells the wide raw page from the long details page. Other CSV that
// begins with the same two columns is a user's own.
func pageOfHeader(line string) page {
	has := func(name string) bool { return strings.Contains(line, `,"`+name+`"`) }
	switch {
	case !has("Kernel Name"):
		return noPage
	case countTrue([]bool{has(sectionColumn), has(metricColumn), has(unitColumn), has(valueColumn)}) >= 3:
		return detailsPage
	}
	return rawPage
}

// refuse is the error for a page that is recognized and not read.
func (p page) refuse() error {
	err := fault.Errorf(fault.Unsupported, "this is %s, which is not read", p)
	if p == textPage || p == bannerPage || p == errorPage {
		return fault.WithRemedy(err, "keep the report of a run (ncu -o REPORT …) and open it, or print it with: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv; or profile with: ncu --csv --page raw --log-file FILE.csv …")
	}
	return fault.WithRemedy(err, "open the report itself, or print its raw page with: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
}
