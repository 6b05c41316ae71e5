package render

import (
	"regexp"
	"slices"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// palette is a set of colors for series: the result's own where cycle is nil.
type palette struct {
	cycle []string // "#RRGGBB"
	grey  bool     // heat maps are grey too
}

// Palettes lists the names that Options.Palette takes, besides a list of colors such as
// "#0072B2,#D55E00".
func Palettes() []string { return []string{"okabe-ito", "tol-bright", "tol-muted", "grey"} }

var colorList = regexp.MustCompile(`^#[0-9A-Fa-f]{6}(,#[0-9A-Fa-f]{6})*$`)

// paletteOf finds a palette by its name or list. Tol's are those of Paul Tol's notes,
// which people with any color vision tell apart.
func paletteOf(name string) (palette, error) {
	switch name {
	case "", "okabe-ito":
		return palette{}, nil
	case "tol-bright":
		return palette{cycle: []string{"#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#000000", "#66CCEE", "#BBBBBB"}}, nil
	case "tol-muted":
		return palette{cycle: []string{"#332288", "#CC6677", "#117733", "#AA4499", "#DDCC77", "#882255", "#88CCEE", "#44AA99"}}, nil
	case "grey":
		return palette{cycle: []string{"#252525", "#969696", "#525252", "#BDBDBD", "#737373", "#000000", "#CFCFCF", "#8A8A8A"}, grey: true}, nil
	}
	if !colorList.MatchString(name) {
		return palette{}, fault.Errorf(fault.Misuse, "there is no palette %q: it is %s, or a list of colors such as #0072B2,#D55E00", name, strings.Join(Palettes(), ", "))
	}
	return palette{cycle: strings.Split(strings.ToUpper(name), ",")}, nil
}

func (p palette) len() int {
	if p.cycle == nil {
		return len(result.Cycle)
	}
	return len(p.cycle)
}

// turn returns the color of the i-th series without a named one.
func (p palette) turn(i int) string {
	if p.cycle == nil {
		return result.Cycle[i%len(result.Cycle)]
	}
	return p.cycle[i%len(p.cycle)]
}

// named returns the color of a name of result.Palette: the one in the place that its own
// has in result.Cycle, so that names of one color stay of one. Grey stays grey. It is
// empty for a name that there is not.
func (p palette) named(name string) string {
	own, ok := result.Palette[name]
	if !ok || p.cycle == nil {
		return own
	}
	if place := slices.Index(result.Cycle, own); place >= 0 {
		return p.cycle[place%len(p.cycle)]
	}
	if name == "other" || name == "chance" || name == "roof" {
		return own
	}
	return p.cycle[len(p.cycle)-1]
}
