package nsys_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
)

// shown is all that an artifact tells, table by table, and its description.
func shown(t testing.TB, a artifacts.Artifact) map[string]string {
	t.Helper()
	all := map[string]string{"summary": a.Info().Summary + a.Info().Producer}
	for _, f := range append(a.Info().Findings, scanFindings(a)...) {
		all["findings"] += f.Text + "\n" + f.Remedy + "\n"
	}
	for key, value := range a.Info().Metadata {
		all["information"] += key + "=" + value + "\n"
	}
	for _, table := range a.Tables() {
		var columns []string
		for _, f := range table.Schema {
			if f.Kind == frames.String {
				columns = append(columns, f.Name)
			}
		}
		if len(columns) > 0 {
			all[table.Name] = texts(load(t, a, table.Name, columns...))
		}
	}
	return all
}

// texts lists the texts of a frame of String columns, each once.
func texts(f *frames.Frame) string {
	seen := map[string]bool{}
	var b strings.Builder
	for _, field := range f.Schema() {
		c := f.Column(field.Name)
		if field.Kind != frames.String {
			continue
		}
		for row := range f.Len() {
			if text := c.Str(row); !seen[text] {
				seen[text] = true
				b.WriteString(text + "\n")
			}
		}
	}
	return b.String()
}

// No table of any capture tells who made it, where, with which command or in which
// environment.
func TestCapturesTellNobody(t *testing.T) {
	t.Parallel()
	telling := regexp.MustCompile(`/home/[a-z]|/root/|/Users/|/opt/|/usr/bin|/workspace|(?m:^[A-Z_]{3,}=)|\bPATH=|serve\.py|quadd_session|LD_LIBRARY`)
	captures := []artifacts.Artifact{openFolder(t, unpack(t, "testdata/mini_arrowdir.zip")), openFolder(t, unpack(t, "testdata/mini_parquetdir.zip"))}
	for _, packed := range []string{miniNodes, miniHidden, demoEager, demoGraphs} {
		captures = append(captures, openCapture(t, packed))
	}
	for _, a := range captures {
		for table, text := range shown(t, a) {
			if found := telling.FindString(text); found != "" {
				t.Errorf("%s of a capture of %s tells %q", table, a.Info().Format, found)
			}
		}
	}
}

// secretive is an export with all the places in which nsys keeps what is private.
const secretive = stringsSQL + kernelsSQL + `
INSERT INTO StringIds VALUES (1, 'HOME=/home/jane' || char(0) || 'HF_TOKEN=hf_abcdefghijklmnopqrstuvwx' || char(0) || 'SHELL=/bin/zsh'),
	(2, 'gemm'), (3, 'patient record 4711 printed by the program'), (4, '/home/jane/models/llama/run.py'), (5, 'worker on node17.corp'),
	(6, 'C:\Users\jane\work\a.exe'), (7, 'janet and node170 are other words');
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (100, 200, 0, 1, 7, 11, 0x100006f000000, 2, 2);
CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT);
INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_PRODUCT_VERSION', '2025.1.1'), ('EXPORT_HOST', 'node17.corp'), ('EXPORT_USER', 'jane'), ('EXPORT_PARAM_INPUT_PATH', '/home/jane/a.nsys-rep');
CREATE TABLE META_DATA_CAPTURE (name TEXT, value TEXT);
INSERT INTO META_DATA_CAPTURE VALUES ('PROCESS_0:COMMAND', 'vllm'), ('PROCESS_0:ARGUMENT_0', 'secret-model-name'), ('PROCESS_0:COLLECT_CUDA_TRACE', 'true');
CREATE TABLE TARGET_INFO_SYSTEM_ENV (globalVid INTEGER, devStateName TEXT, name TEXT, nameEnum INTEGER, value TEXT);
INSERT INTO TARGET_INFO_SYSTEM_ENV VALUES (1, 'Local', 'CpuCores', 1, '16'), (1, 'Local', 'Hostname', 2, 'node17.corp'), (1, 'Local', 'Serial', 3, 'SN-998');
CREATE TABLE PROCESSES (globalPid INTEGER, pid INTEGER, name TEXT);
INSERT INTO PROCESSES VALUES (0x100006f000000, 111, '/home/jane/venv/bin/python3 serve.py --key value');
CREATE TABLE ProcessStreams (globalPid INTEGER, filenameId INTEGER, contentId INTEGER);
INSERT INTO ProcessStreams VALUES (0x100006f000000, 4, 3);
CREATE TABLE ANALYSIS_FILE (id INTEGER, filename TEXT, content BLOB);
INSERT INTO ANALYSIS_FILE VALUES (1, '/home/jane/x.log', x'6A616E65');
CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER, severity INTEGER, text TEXT);
INSERT INTO DIAGNOSTIC_EVENT VALUES (1, 2, 'lost events of /home/jane/bin/a.out on node17.corp');
`

func TestPrivate(t *testing.T) {
	t.Parallel()
	path := database(t, secretive)
	hidden := []string{"/jane", `\jane`, "jane\n", "node17.corp", "zsh", "4711", "secret-model-name", "vllm", "SN-998", "6a616e65", "venv", "--key"}
	for table, text := range shown(t, openWith(t, path)) {
		for _, word := range hidden {
			if strings.Contains(text, word) {
				t.Errorf("%s tells %q:\n%s", table, word, text)
			}
		}
	}
	open := shown(t, openWith(t, path, nsys.ShowPrivate))
	for table, words := range map[string][]string{
		"strings":                    {"SHELL=/bin/zsh", "4711", "/home/jane/models/llama/run.py", "node17.corp", `C:\Users\jane\work`},
		"metadata":                   {"secret-model-name", "node17.corp"},
		"raw.TARGET_INFO_SYSTEM_ENV": {"SN-998"},
		"raw.PROCESSES":              {"--key value"},
	} {
		for _, word := range words {
			if !strings.Contains(open[table], word) {
				t.Errorf("%s does not tell %q although it was asked for:\n%s", table, word, open[table])
			}
		}
	}
	for table, text := range open {
		if strings.Contains(text, "hf_abcdef") {
			t.Errorf("%s tells a secret", table)
		}
	}
}

// What is masked leaves the rest readable.
func TestMasksNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	all := shown(t, openWith(t, database(t, secretive)))
	for table, words := range map[string][]string{
		"strings":                    {"gemm\n", "/home/***/run.py\n", "worker on ***\n", `C:\Users\***\a.exe` + "\n", "janet and node170 are other words\n"},
		"raw.TARGET_INFO_SYSTEM_ENV": {"16\n"},
		"raw.META_DATA_CAPTURE":      {"true\n", "PROCESS_0:COMMAND\n"},
		"processes":                  {"python3\n"},
		"diagnostics":                {"…/a.out"},
	} {
		for _, word := range words {
			if !strings.Contains(all[table], word) {
				t.Errorf("%s lacks %q:\n%s", filepath.Base(table), word, all[table])
			}
		}
	}
}
