package ncu_test

import (
	"math"
	"testing"

	"profilemate/workbench/artifacts/ncu"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	const point, comma = ncu.PointDecimal, ncu.CommaDecimal
	for _, c := range []struct {
		text  string
		form  ncu.Convention
		value float64
	}{
		{"63343", point, 63343},
		{"63,343", point, 63343},
		{"201,369,915,579.43", point, 201369915579.43},
		{"-0.010096", point, -0.010096},
		{"-1,024.5", point, -1024.5},
		{"0", point, 0},
		{"000.50", point, 0.5},
		{"1.25e+06", point, 1.25e6},
		{"41.696000", point, 41.696},
		{"1694 (50; 50; 37)", point, 1694},
		{" 7 ", point, 7},
		{"6,75", comma, 6.75},
		{"63.343", comma, 63343},
		{"201.369.915.579,43", comma, 201369915579.43},
		{"63 343", comma, 63343},
		{"63\u00a0343,5", comma, 63343.5},
		{"63\u202f343,5", comma, 63343.5},
		{"-4.096", comma, -4096},
		{"41.696000", comma, 41.696}, // six decimals: ncu's plain form in every locale
		{"1063343", comma, 1063343},
	} {
		d, ok := ncu.ParseDecimal(c.text, c.form)
		if !ok || d.Float() != c.value {
			t.Errorf("ParseDecimal(%q, %s) = %v, %v, want %v", c.text, c.form, d.Float(), ok, c.value)
		}
	}
}

func TestParseDecimalMissing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "n/a", "nan", "-nan", "inf", "no data", "(!) 12", "PolicySpread", "(256, 1, 1)",
		"1,2,3", "12,34", "1234,567", ",123", "1.", "1.2.3", "--1", "1e", "1e999", "0x10", "٣"} {
		if d, ok := ncu.ParseDecimal(text, ncu.PointDecimal); ok {
			t.Errorf("ParseDecimal(%q) = %v, want missing", text, d.Float())
		}
	}
}

// TestDecimalExact holds counts and scaled units to the digits that were printed.
func TestDecimalExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		scale  int
		whole  int64
		ok     bool
		margin float64
	}{
		{"134.225664", 6, 134225664, true, 0.5}, // Mbyte
		{"2,147,483,648", 0, 2147483648, true, 0},
		{"9,007,199,254,740,993", 0, 1<<53 + 1, true, 0}, // no float64
		{"9,223,372,036,854,775,807", 0, math.MaxInt64, true, 0},
		{"9,223,372,036,854,775,808", 0, 0, false, 0},
		{"8.925492", 9, 8925492000, true, 500}, // Gbyte: digits were lost in print
		{"70.816000", 3, 70816, true, 0.0005},
		{"2.5", 0, 3, true, 0.05},
		{"-2.5", 0, -3, true, 0.05},
		{"0.000000", 6, 0, true, 0.5},
		{"1e300", 0, 0, false, 0},
		{"5", 3, 5000, true, 0},
	} {
		d, ok := ncu.ParseDecimal(c.text, ncu.PointDecimal)
		if !ok {
			t.Fatalf("ParseDecimal(%q) fails", c.text)
		}
		d = d.Scale(c.scale)
		n, ok := d.Int()
		if ok != c.ok || (ok && n != c.whole) {
			t.Errorf("%q × 1e%d = %d, %v, want %d, %v", c.text, c.scale, n, ok, c.whole, c.ok)
		}
		if got := d.Margin(); math.Abs(got-c.margin) > 1e-12*c.margin {
			t.Errorf("margin of %q × 1e%d = %v, want %v", c.text, c.scale, got, c.margin)
		}
	}
}

func TestParseUnit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want ncu.Unit
	}{
		{"", ncu.Unit{}},
		{"%", ncu.Unit{Base: "%"}},
		{"nsecond", ncu.Unit{Base: "ns"}}, {"ns", ncu.Unit{Base: "ns"}}, {"nanosecond", ncu.Unit{Base: "ns"}},
		{"usecond", ncu.Unit{Base: "ns", Exp: 3}}, {"us", ncu.Unit{Base: "ns", Exp: 3}}, {"µs", ncu.Unit{Base: "ns", Exp: 3}},
		{"msecond", ncu.Unit{Base: "ns", Exp: 6}}, {"ms", ncu.Unit{Base: "ns", Exp: 6}},
		{"second", ncu.Unit{Base: "ns", Exp: 9}}, {"s", ncu.Unit{Base: "ns", Exp: 9}},
		{"byte", ncu.Unit{Base: "B"}}, {"B", ncu.Unit{Base: "B"}},
		{"Kbyte", ncu.Unit{Base: "B", Exp: 3}}, {"KB", ncu.Unit{Base: "B", Exp: 3}}, {"Mbyte", ncu.Unit{Base: "B", Exp: 6}},
		{"Gbyte", ncu.Unit{Base: "B", Exp: 9}}, {"Tbyte", ncu.Unit{Base: "B", Exp: 12}},
		{"Tbyte/s", ncu.Unit{Base: "B/s", Exp: 12}}, {"byte/second", ncu.Unit{Base: "B/s"}}, {"Kbyte/block", ncu.Unit{Base: "B/block", Exp: 3}},
		{"Kbyte/cycle", ncu.Unit{Base: "B/cycle", Exp: 3}},
		{"cycle/nsecond", ncu.Unit{Base: "Hz", Exp: 9}}, {"cycle/usecond", ncu.Unit{Base: "Hz", Exp: 6}}, {"cycle/second", ncu.Unit{Base: "Hz"}},
		{"hz", ncu.Unit{Base: "Hz"}}, {"Khz", ncu.Unit{Base: "Hz", Exp: 3}}, {"Mhz", ncu.Unit{Base: "Hz", Exp: 6}}, {"Ghz", ncu.Unit{Base: "Hz", Exp: 9}},
		{"inst", ncu.Unit{Base: "inst"}}, {"Kinst", ncu.Unit{Base: "inst", Exp: 3}}, {"Minst", ncu.Unit{Base: "inst", Exp: 6}},
		{"Kcycle", ncu.Unit{Base: "cycle", Exp: 3}}, {"inst/cycle", ncu.Unit{Base: "inst/cycle"}},
		{"sectors", ncu.Unit{Base: "sector"}}, {"sector/ns", ncu.Unit{Base: "sector/s", Exp: 9}}, {"sector/us", ncu.Unit{Base: "sector/s", Exp: 6}},
		{"sector/ms", ncu.Unit{Base: "sector/s", Exp: 3}}, {"%/Kbyte", ncu.Unit{Base: "%/B", Exp: 3}}, {"%/register", ncu.Unit{Base: "%/register"}},
		{"%/", ncu.Unit{Base: "%"}}, {"/second", ncu.Unit{Base: "/s"}}, {"/cycle", ncu.Unit{Base: "/cycle"}},
		{"branches", ncu.Unit{Base: "branch"}}, {"register/thread", ncu.Unit{Base: "register/thread"}}, {"SM", ncu.Unit{Base: "SM"}},
	} {
		if got, ok := ncu.ParseUnit(c.text); !ok || got != c.want {
			t.Errorf("ParseUnit(%q) = %+v, %v, want %+v", c.text, got, ok, c.want)
		}
	}
	for _, text := range []string{"furlong", "Ms", "K", "K%", "Xbyte", "byte/furlong", "Kibyte"} {
		if got, ok := ncu.ParseUnit(text); ok {
			t.Errorf("ParseUnit(%q) = %+v, want it unknown", text, got)
		}
	}
}
