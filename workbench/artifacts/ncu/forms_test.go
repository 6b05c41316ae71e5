package ncu_test

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// form is how a locale writes numbers.
type form struct{ point, group string }

// forms are what the locales of the printing shell make of a number.
func forms() map[string]form {
	return map[string]form{"C": {".", ""}, "en_US": {".", ","}, "de_DE": {",", "."}, "fr_FR": {",", " "}, "fr_FR narrow": {",", "\u202f"}}
}

// spellings are units as ncu up to 2024 prints them, and as it does since.
func spellings() map[string]string {
	return map[string]string{"nsecond": "ns", "usecond": "us", "msecond": "ms", "second": "s", "cycle/nsecond": "Ghz", "cycle/usecond": "Mhz",
		"cycle/second": "hz", "byte/second": "byte/s", "Kbyte/second": "Kbyte/s", "Mbyte/second": "Mbyte/s", "Gbyte/second": "Gbyte/s",
		"Tbyte/second": "Tbyte/s", "sector/second": "sector/s", "/second": "/s"}
}

// rewrite makes a print-out anew with every cell of a number or unit passed through
// the given functions. On the raw page units stand in the second row, on others in a
// column.
func rewrite(t testing.TB, text string, number, unit func(string) string) string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header := records[0]
	wide := !slices.Contains(header, "Metric Value")
	first := slices.Index(header, "CC") + 1
	var out strings.Builder
	for i, record := range records {
		for j, cell := range record {
			switch {
			case i == 0:
			case wide && i == 1, !wide && header[j] == "Metric Unit":
				cell = unit(cell)
			case wide && j >= first, header[j] == "Metric Value":
				cell = number(cell)
			}
			if j > 0 {
				out.WriteByte(',')
			}
			if j == len(record)-1 && cell == "" && len(record) < len(header) {
				continue // the open end of a row of a metric
			}
			out.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// inForm writes a number of en_US in a form. With six decimals it is one of the raw
// page, the same in every locale.
func inForm(f form) func(string) string {
	grouped, six := regexp.MustCompile(`^-?\d{1,3}(,\d{3})*(\.\d+)?$`), regexp.MustCompile(`^-?\d+\.\d{6}$`)
	return func(cell string) string {
		if !grouped.MatchString(cell) || six.MatchString(cell) {
			return cell
		}
		return strings.NewReplacer(",", f.group, ".", f.point).Replace(cell)
	}
}

func same(cell string) string { return cell }

// respelled writes units in the old or the new way.
func respelled(old bool) func(string) string {
	to := spellings()
	if old {
		back := map[string]string{}
		for a, b := range to {
			back[b] = a
		}
		to = back
	}
	return func(cell string) string {
		if other, ok := to[cell]; ok {
			return other
		}
		return cell
	}
}

// TestFormsAreReal holds the generator to ncu: what it makes of a page in en_US is
// byte for byte what ncu 2024.1 prints in the other locales.
func TestFormsAreReal(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"roof_details_2024_", "roof_raw_2024_"} {
		from := unpacked(t, printedBy(page+"en_US"))
		for _, locale := range []string{"C", "de_DE", "fr_FR"} {
			want := strings.TrimSuffix(unpacked(t, printedBy(page+locale)), "\n")
			if got := strings.TrimSuffix(rewrite(t, from, inForm(forms()[locale]), same), "\n"); got != want {
				t.Errorf("%s%s differs from what ncu prints:\n%.2000s", page, locale, cmp.Diff(want, got))
			}
		}
	}
}

// firstLaunches returns the header of a page and its first launches.
func firstLaunches(text string, launches int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		id, _, _ := strings.Cut(strings.TrimPrefix(line, `"`), `"`)
		if strings.HasPrefix(line, `"ID"`) || id == "" || len(id) == 1 && id < fmt.Sprint(launches) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestForms reads five launches of the captures from every page, in every number
// form and spelling of units, and in every condition that a file is found in: the
// launches are always those of the plain page.
func TestForms(t *testing.T) {
	t.Parallel()
	const launches = 5
	for page, path := range map[string]string{"raw": fullCapture, "raw base": capture("full_raw_base"), "details": capture("full_details")} {
		plain := firstLaunches(unpacked(t, path), launches)
		f := load(t, open(t, plain), "launches")
		all, head := dump(t, without(t, f, []string{"launch"})), dump(t, without(t, f.Head(launches-1), []string{"launch"}))
		metrics := dump(t, load(t, open(t, plain), "metrics"))
		for locale, form := range forms() {
			for _, old := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s old %t", page, locale, old), func(t *testing.T) {
					t.Parallel()
					text := rewrite(t, plain, inForm(form), respelled(old))
					if got := dump(t, load(t, open(t, text), "metrics")); got != metrics {
						t.Errorf("the metrics differ:\n%.2000s", cmp.Diff(metrics, got))
					}
					if old {
						return // the conditions have nothing to do with units
					}
					for condition, c := range conditions(text) {
						f := load(t, open(t, c.text), "launches")
						if f.Len() != c.launches*launches-c.lost {
							t.Fatalf("%s: %d launches", condition, f.Len())
						}
						want := all
						if c.lost > 0 {
							want, f = head, f.Head(launches-1)
						}
						for part := range c.launches {
							rows := []int{}
							for i := range min(launches, f.Len()) {
								rows = append(rows, part*launches+i)
							}
							if got := dump(t, without(t, f.Take(rows), []string{"launch"})); got != want {
								t.Errorf("%s: launches differ:\n%.2000s", condition, cmp.Diff(want, got))
							}
						}
					}
				})
			}
		}
	}
}

// condition is a file made of a page: how often it holds the launches, and how many
// of the last are not whole.
type condition struct {
	text           string
	launches, lost int
}

func conditions(page string) map[string]condition {
	lines := strings.SplitAfter(strings.TrimSuffix(page, "\n"), "\n")
	header, rows := lines[0], lines[1:]
	var chatty strings.Builder
	chatty.WriteString("==WARNING== Note: Running with unmodified GPU clocks.\n==PROF== Connected to process 42 (/app)\nepoch 1, loss \"0,5\"\n" + header)
	for i, row := range rows {
		chatty.WriteString(row)
		if i%7 == 3 {
			chatty.WriteString("==PROF== Profiling \"copy\" - 1: 0%....50%....100% - 9 passes\nstep, \"3\", 0.5\n\"quoted\", by the program\n")
		}
	}
	chatty.WriteString("\n==PROF== Disconnected from process 42\n")
	last := rows[len(rows)-1]
	cut := condition{text: header + strings.Join(rows[:len(rows)-1], "") + last[:len(last)/2], launches: 1}
	if !strings.Contains(header, `"Metric Name"`) {
		cut.lost = 1
	}
	return map[string]condition{
		"plain":   {text: page, launches: 1},
		"windows": {text: "\ufeff" + strings.ReplaceAll(page, "\n", "\r\n"), launches: 1},
		"banners": {text: chatty.String(), launches: 1},
		"joined":  {text: page + page, launches: 2},
		"cut":     cut,
	}
}
