package tokens_test

import (
	"testing"
)

// A config.json says how many experts there are, also where nobody chose the highest; a
// number that no model has is not believed.
func TestExpertsOfTheModel(t *testing.T) {
	t.Parallel()
	blob := npy("|u1", small(), 4, 3, 2)
	for _, c := range []struct{ config, want string }{
		{`{"num_experts_per_tok": 2, "num_experts": 8}`, "8"},
		{`{"num_experts_per_tok": 2, "num_experts": 1000000000}`, ""},
	} {
		for name, content := range map[string]string{"a.npy": blob, "a.json": response("a", blob, 3, 2)} {
			a := open(t, write(t, map[string]string{name: content, "config.json": c.config}))
			if got := a.Info().Metadata["experts"]; got != c.want {
				t.Errorf("%s with %s: %q experts, want %q", name, c.config, got, c.want)
			}
			rows := 2 * 4 // layers that route, experts seen
			if c.want != "" {
				rows = 2 * 8
			}
			if n := load(t, a, "activations").Len(); n != rows {
				t.Errorf("%s with %s: %d rows of activations, want %d", name, c.config, n, rows)
			}
		}
	}
}
