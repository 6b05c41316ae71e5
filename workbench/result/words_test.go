package result_test

import (
	"encoding/json"
	"testing"

	"profilemate/workbench/result"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{result.Duration(0), "0 ns"},
		{result.Duration(964), "964 ns"},
		{result.Duration(1200), "1.20 µs"},
		{result.Duration(12_345), "12.3 µs"},
		{result.Duration(999_400), "999 µs"},
		{result.Duration(999_999), "1.00 ms"},
		{result.Duration(9_996_000), "10.0 ms"},
		{result.Duration(123_456_789), "123 ms"},
		{result.Duration(5_000_000_009), "5.00 s"},
		{result.Duration(1_234_567_000_000_000), "1234567 s"},
		{result.Duration(-1500), "-1.50 µs"},
		{result.Size(64), "64 B"},
		{result.Size(67_108_864), "67.1 MB"},
		{result.Size(4096), "4.10 kB"},
		{result.Rate(54.94e9), "54.9 GB/s"},
		{result.Rate(0.5), "0.50 B/s"},
		{result.Count(1, "launch"), "1 launch"},
		{result.Count(1056, "launch"), "1,056 launches"},
		{result.Count(2, "copy"), "2 copies"},
		{result.Count(0, "family"), "0 families"},
		{result.Count(3, "day"), "3 days"},
		{result.Count(3, "pass"), "3 passes"},
		{result.Grouped(289_062), "289,062"},
		{result.Grouped(-123_456), "-123,456"},
		{result.Grouped(-1_234), "-1,234"},
		{result.Grouped(999), "999"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, whole int64
		want        float64
	}{{1, 4, 25}, {0, 4, 0}, {0, 0, 0}, {5, -1, 0}} {
		if got := result.Share(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d is %v %%, want %v", c.part, c.whole, got, c.want)
		}
	}
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(result.Absent(2))
	if err != nil || string(text) != "[null,null]" {
		t.Errorf("two missing numbers are written %s, %v", text, err)
	}
}
