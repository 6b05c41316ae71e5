package doctor

import (
	"context"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"profilemate/workbench/process"
	"profilemate/workbench/result"
)

// driver is NVIDIA's kernel driver.
type driver struct {
	version string // empty: there is none
	cuda    int    // the major version of CUDA that it speaks; 0: not known
}

// gpu is what nvidia-smi says of one.
type gpu struct {
	index, name, uuid string
	total, free       int64 // bytes
	capability        float64
}

// user is a process on a GPU.
type user struct {
	pid, name string
}

var driverVersion = regexp.MustCompile(`\s(\d{3,})\.(\d+(?:\.\d+)?)\s`)

// graphics looks at the driver and the GPUs. Nsight Systems works without them: it
// traces NVTX and the calls of the operating system.
func (e *examination) graphics(ctx context.Context) {
	if text, ok := e.read("proc/driver/nvidia/version"); ok {
		if m := driverVersion.FindStringSubmatch(text + " "); m != nil {
			e.setDriver(m[1] + "." + m[2])
		}
	}
	all := AllNeeds()
	smi, err := e.find("nvidia-smi")
	if err != nil {
		e.add(Outcome{Name: "gpu", For: all, Blocks: []Need{Ncu, VLLM, MoE},
			Said:   "There is no GPU here: nvidia-smi is not on the PATH. Nsight Systems still traces NVTX ranges and calls of the operating system.",
			Remedy: "Run this where the GPU is; in a container, start that with --gpus all."})
		return
	}
	said, err := process.Output(ctx, programLimit, process.Command{Path: smi, Args: []string{
		"--query-gpu=index,name,uuid,driver_version,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits"}})
	if err == nil {
		err = e.readGPUs(said)
	}
	if err != nil {
		e.add(Outcome{Name: "gpu", For: all, Blocks: []Need{Ncu, VLLM, MoE}, Said: fmt.Sprintf("The GPUs cannot be listed: %v.", err),
			Remedy: "Run nvidia-smi and put right what it reports; after an update of the driver that is a reboot."})
		return
	}
	e.add(e.visible())
	e.add(e.unused(ctx, smi))
}

func (e *examination) setDriver(version string) {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return // "[N/A]"
	}
	e.driver.version = version
	switch { // branches of the driver and the CUDA that they brought
	case n >= 580:
		e.driver.cuda = 13
	case n >= 525:
		e.driver.cuda = 12
	case n >= 450:
		e.driver.cuda = 11
	}
}

// readGPUs reads the answer of nvidia-smi: index, name, uuid, driver, MiB, MiB,
// compute capability. What is "[N/A]" stays 0.
func (e *examination) readGPUs(said string) error {
	rows, err := records(said)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if len(r) != 7 {
			return fmt.Errorf("nvidia-smi answers with %d columns where 7 were asked for", len(r))
		}
		g := gpu{index: r[0], name: r[1], uuid: r[2], total: mebibytes(r[4]), free: mebibytes(r[5])}
		g.capability, _ = strconv.ParseFloat(r[6], 64)
		e.setDriver(r[3])
		e.gpus = append(e.gpus, g)
	}
	return nil
}

func records(text string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace, r.FieldsPerRecord, r.LazyQuotes = true, -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the answer of nvidia-smi: %w", err)
	}
	return rows, nil
}

func mebibytes(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0
	}
	return n << 20
}

// visible says which GPUs there are and whether programs may see them.
func (e *examination) visible() Outcome {
	c := Outcome{Name: "gpu", Status: OK, For: AllNeeds()}
	if len(e.gpus) == 0 {
		c.Blocks, c.Said = []Need{Ncu, VLLM, MoE}, "nvidia-smi lists no GPU."
		c.Remedy = "Run this where the GPU is; in a container, start that with --gpus all."
		return c
	}
	var names []string
	for _, g := range e.gpus {
		names = append(names, fmt.Sprintf("GPU %s is a %s with %s", g.index, g.name, result.Size(g.total)))
	}
	c.Said = fmt.Sprintf("%s. The driver is %s.", strings.Join(names, "; "), e.driver.version)
	if v := e.getenv("CUDA_VISIBLE_DEVICES"); v == "-1" || v == "NoDevFiles" {
		c.Blocks = []Need{Ncu, VLLM, MoE}
		c.Said += fmt.Sprintf(" CUDA_VISIBLE_DEVICES=%s hides them all.", v)
		c.Remedy = "Unset CUDA_VISIBLE_DEVICES, or name a GPU in it."
	}
	return c
}

// unused says who is on the GPUs already. What they do is in the times of a capture.
func (e *examination) unused(ctx context.Context, smi string) Outcome {
	c := Outcome{Name: "gpu-free", Status: OK, For: AllNeeds(), Said: "No other process uses a GPU."}
	said, err := process.Output(ctx, programLimit, process.Command{Path: smi, Args: []string{
		"--query-compute-apps=gpu_uuid,pid,process_name", "--format=csv,noheader,nounits"}})
	rows, bad := records(said)
	if err != nil || bad != nil {
		c.Status, c.Said = Unknown, "nvidia-smi does not say who uses the GPUs."
		return c
	}
	users := map[string][]user{}
	for _, r := range rows {
		if len(r) == 3 {
			users[r[0]] = append(users[r[0]], user{pid: r[1], name: r[2]})
		}
	}
	var sentences []string
	for _, g := range e.gpus {
		if s := g.occupied(users[g.uuid]); s != "" {
			sentences = append(sentences, s)
		}
	}
	if len(sentences) > 0 {
		c.Status, c.Said = Warning, strings.Join(sentences, " ")
		c.Remedy = "Stop them, or choose another GPU with CUDA_VISIBLE_DEVICES: their work is in the times that you measure."
	}
	return c
}

// usedByNone is how much memory a GPU without processes may show as used, in bytes. An
// H100 shows 480 MiB.
const usedByNone = 1 << 30

func (g gpu) occupied(users []user) string {
	free := ""
	if g.total > 0 {
		free = fmt.Sprintf(", %s of its %s are free", result.Size(g.free), result.Size(g.total))
	}
	switch {
	case len(users) > 0:
		return fmt.Sprintf("GPU %s has %s (%s %s)%s.", g.index, result.Count(int64(len(users)), "process"), users[0].name, users[0].pid, free)
	case g.total-g.free > usedByNone: // processes of other containers are not listed
		return fmt.Sprintf("GPU %s is in use by a process that is not visible here%s.", g.index, free)
	}
	return ""
}
