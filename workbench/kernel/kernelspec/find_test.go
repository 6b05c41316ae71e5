package kernelspec_test

import (
	"os"
	"path/filepath"
	"testing"

	"profilemate/workbench/kernel/kernelspec"
)

func TestFindTakesTheFirst(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	const sound = `{"argv":["python3","-f","{connection_file}"],"display_name":"NAME","language":"python"}`
	for path, text := range map[string]string{
		filepath.Join(first, "kernels/python3/kernel.json"):  `{"argv":["a"],"display_name":"first","language":"python"}`,
		filepath.Join(second, "kernels/python3/kernel.json"): sound,
		filepath.Join(second, "kernels/ir/kernel.json"):      sound,
		filepath.Join(second, "kernels/broken/kernel.json"):  `{"argv":`,
		filepath.Join(second, "kernels/odd/kernel.json"):     `{"argv":["a"],"display_name":"x"}`,
		filepath.Join(second, "kernels/a b/kernel.json"):     sound,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found := kernelspec.Find([]string{filepath.Join(first, "none"), first, second})
	if len(found) != 2 || found[0].Name != "ir" || found[1].Spec.DisplayName != "first" {
		t.Errorf("found %+v", found)
	}
}
