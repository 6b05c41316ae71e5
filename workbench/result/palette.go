package result

// Okabe-Ito colors: told apart by people with any color vision and in grey print.
const (
	black      = "#000000"
	orange     = "#E69F00"
	skyBlue    = "#56B4E9"
	green      = "#009E73"
	yellow     = "#F0E442"
	blue       = "#0072B2"
	vermillion = "#D55E00"
	purple     = "#CC79A7"
	grey       = "#8A8A8A"
)

// Palette maps the named colors of a Series to hex: one fixed color per kernel
// family and per phase, everywhere.
var Palette = map[string]string{
	"gemm": blue, "attention": vermillion, "moe": purple, "norm": green, "elementwise": skyBlue,
	"reduce": yellow, "copy": orange, "communication": black, "sampling": "#7F3C8D", "other": grey,
	"prefill": vermillion, "decode": blue, "mixed": purple, "chance": grey, "roof": grey,
}

// Cycle is the order of colors for series without a named one.
var Cycle = []string{blue, vermillion, green, purple, orange, black, skyBlue, yellow}
