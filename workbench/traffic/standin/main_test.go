package standin_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"profilemate/workbench/traffic/standin"
)

// asProgram tells the test binary to be the stand-in.
const asProgram = "STANDIN_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(standin.Main(os.Args[1:], os.Stdout))
	}
	os.Exit(m.Run())
}

// program starts the stand-in and returns it, its lines, and its address.
func program(t *testing.T, o standin.Options, args ...string) (cmd *exec.Cmd, lines *bufio.Scanner, url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	cmd = exec.CommandContext(t.Context(), os.Args[0], append(args, "--port", fmt.Sprint(port))...)
	cmd.Env = append(os.Environ(), asProgram+"=1", o.Environment())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out), fmt.Sprintf("http://127.0.0.1:%d", port)
}

func until(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return
		}
	}
	t.Fatalf("the program ended without saying %s", want)
}

func TestProgramTakesTheFlagsOfVLLM(t *testing.T) {
	t.Parallel()
	cmd, lines, url := program(t, standin.Options{Workers: 2, Loading: 50 * time.Millisecond}, "serve", "my/model", "--max-model-len=100",
		"--profiler-config.profiler", "cuda", "--enable-return-routed-experts", "--tensor-parallel-size", "2")
	until(t, lines, "startup complete")
	if status, body := ask(t, url+"/v1/models", ""); status != 200 || !strings.Contains(body, `"id":"my/model","object":"model","owned_by":"vllm","max_model_len":100`) {
		t.Errorf("models: %d %s", status, body)
	}
	if status, _ := ask(t, url+"/start_profile", "{}"); status != 200 {
		t.Errorf("start_profile: %d", status)
	}
	if _, body := ask(t, url+"/v1/completions", `{"prompt":"a"}`); !strings.Contains(body, "routed_experts") {
		t.Errorf("no routing in %s", body)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, lines, "Shutting down")
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestProgramCrashes(t *testing.T) {
	t.Parallel()
	cmd, lines, _ := program(t, standin.Options{CrashAtOnce: true}, "--model", "m")
	until(t, lines, "CUDA out of memory")
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	cmd, lines, url := program(t, standin.Options{CrashAfter: 1, Workers: 1}, "--model", "m")
	until(t, lines, "startup complete")
	if status, _ := ask(t, url+"/v1/completions", `{"prompt":"a","model":"m"}`); status != 200 {
		t.Errorf("the first request: %d", status)
	}
	if response, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(`{"prompt":"a"}`)); err == nil {
		response.Body.Close()
		t.Errorf("the second request is answered with %d", response.StatusCode)
	}
	until(t, lines, "EngineDeadError")
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
}

func TestProgramRefusesNonsense(t *testing.T) {
	t.Parallel()
	cmd, lines, _ := program(t, standin.Options{}, "serve", "m", "--max-model-len", "many")
	until(t, lines, `"many" is no number`)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("ended with %v", err)
	}
}

// A deaf program must be killed.
func TestDeafProgram(t *testing.T) {
	t.Parallel()
	cmd, lines, _ := program(t, standin.Options{Deaf: true}, "serve", "m")
	until(t, lines, "startup complete")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		t.Errorf("SIGTERM ended it: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	_ = cmd.Process.Kill()
	<-ended
}
