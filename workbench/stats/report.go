package stats

import (
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// Report declares one report.
type Report struct {
	Name    string   // as nsys 2023.4.4 calls it
	Title   string   // heading in formats for people
	Aliases []string // older names of nsys
	Doc     string   // what it tells, one sentence
	Args    []string // what may follow the name after a colon, such as "base"

	needs [][]string // of each list, a table must be there
	make  func(c Choice) maker
}

// kernelArgs choose the name that kernels go by.
func kernelArgs() []string { return []string{"base", "mangled", "nvtx-name"} }

// Reports lists the reports, in the order of nsys's help. The caller owns the slice.
func Reports() []Report {
	kernels, calls, ranges := []string{"kernels"}, []string{"api_calls"}, []string{"nvtx"}
	memory, work := []string{"copies", "sets"}, []string{"kernels", "copies", "sets"}
	return []Report{
		{Name: "cuda_api_sum", Title: "CUDA API Summary", Aliases: []string{"cudaapisum"},
			Doc: "time of each CUDA function on the host", needs: [][]string{calls}, make: newCallSum},
		{Name: "cuda_api_trace", Title: "CUDA API Trace", Aliases: []string{"cudaapitrace"},
			Doc: "every CUDA call on the host, by time", needs: [][]string{calls}, make: newCallTrace},
		{Name: "cuda_gpu_kern_gb_sum", Title: "CUDA GPU Kernel/Grid/Block Summary", Aliases: []string{"gpukerngbsum"}, Args: kernelArgs(),
			Doc: "GPU time of each kernel, grid and block", needs: [][]string{kernels}, make: newShapeSum},
		{Name: "cuda_gpu_kern_sum", Title: "CUDA GPU Kernel Summary", Aliases: []string{"gpukernsum"}, Args: kernelArgs(),
			Doc: "GPU time of each kernel", needs: [][]string{kernels}, make: newKernelSum},
		{Name: "cuda_gpu_mem_size_sum", Title: "CUDA GPU MemOps Summary (by Size)", Aliases: []string{"gpumemsizesum"},
			Doc: "bytes of copies and sets, by direction", needs: [][]string{memory}, make: newMemorySizes},
		{Name: "cuda_gpu_mem_time_sum", Title: "CUDA GPU MemOps Summary (by Time)", Aliases: []string{"gpumemtimesum"},
			Doc: "GPU time of copies and sets, by direction", needs: [][]string{memory}, make: newMemoryTimes},
		{Name: "cuda_gpu_sum", Title: "CUDA GPU Summary (Kernels/MemOps)", Aliases: []string{"gpusum"}, Args: kernelArgs(),
			Doc: "GPU time of kernels, copies and sets", needs: [][]string{work}, make: newGPUSum},
		{Name: "cuda_gpu_trace", Title: "CUDA GPU Trace", Aliases: []string{"gputrace"}, Args: kernelArgs(),
			Doc: "every kernel, copy and set, by time", needs: [][]string{work}, make: newGPUTrace},
		{Name: "cuda_kern_exec_sum", Title: "CUDA Kernel Launch & Exec Time Summary", Aliases: []string{"kernexecsum"}, Args: kernelArgs(),
			Doc: "time of launch call, queue and kernel, by kernel and thread", needs: [][]string{kernels, calls}, make: newLaunchSum},
		{Name: "nvtx_gpu_proj_sum", Title: "NVTX GPU Projection Summary",
			Doc: "NVTX ranges as their work ran on the GPU, by name", needs: [][]string{ranges, calls, work}, make: newProjectionSum},
		{Name: "nvtx_kern_sum", Title: "NVTX Range Kernel Summary", Aliases: []string{"nvtxkernsum"}, Args: []string{"base", "mangled"},
			Doc: "GPU time of each kernel within each NVTX range", needs: [][]string{ranges, kernels, calls}, make: newRangeKernelSum},
		{Name: "nvtx_pushpop_sum", Title: "NVTX Push/Pop Range Summary", Aliases: []string{"nvtxppsum"},
			Doc: "host time of push/pop ranges, by name", needs: [][]string{ranges}, make: newPushPopSum},
		{Name: "nvtx_sum", Title: "NVTX Range Summary", Aliases: []string{"nvtxsum"},
			Doc: "host time of NVTX ranges, by name and style", needs: [][]string{ranges}, make: newRangeSum},
		{Name: "osrt_sum", Title: "OS Runtime Summary", Aliases: []string{"osrtsum"},
			Doc: "time of each function of the operating system's runtime", needs: [][]string{{"os_calls"}}, make: newSystemSum},
	}
}

// Defaults returns the names of the reports that nsys makes when none is asked for,
// in its order, as far as they are among Reports.
func Defaults() []string {
	return []string{"nvtx_sum", "osrt_sum", "cuda_api_sum", "cuda_gpu_kern_sum", "cuda_gpu_mem_time_sum", "cuda_gpu_mem_size_sum"}
}

// Choice is a report as it was asked for.
type Choice struct {
	Report Report
	Name   string   // the name used, which may be an alias
	Args   []string // after the colons, each one of Report.Args
}

// Parse reads NAME[:ARG…]. It is Misuse when there is no such report or argument,
// and Unsupported for a report that only nsys makes.
func Parse(text string) (Choice, error) {
	parts := strings.Split(text, ":")
	c := Choice{Name: parts[0], Args: parts[1:]}
	list := Reports()
	at := slices.IndexFunc(list, func(r Report) bool { return r.Name == c.Name || slices.Contains(r.Aliases, c.Name) })
	if at < 0 {
		return c, unknownReport(c.Name, list)
	}
	c.Report = list[at]
	for _, arg := range c.Args {
		if !slices.Contains(c.Report.Args, arg) {
			return c, fault.Errorf(fault.Misuse, "report %s has no argument %q (there are: %s)", c.Name, arg, orNone(c.Report.Args))
		}
	}
	return c, nil
}

func unknownReport(name string, list []Report) error {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = r.Name
	}
	slices.Sort(names)
	known := strings.Join(names, ", ")
	if slices.Contains(strings.Fields(elsewhere), name) {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "report %s is not made here (these are: %s)", name, known),
			"nsys stats --report %s FILE makes it", name)
	}
	return fault.Errorf(fault.Misuse, "no report %q (there are: %s)", name, known)
}

// elsewhere are the other reports of nsys 2023.4.4.
const elsewhere = `apigpusum cuda_api_gpu_sum cuda_kern_exec_trace dx11_pix_sum dx11pixsum dx12_gpu_marker_sum dx12_pix_sum
dx12gpumarkersum dx12pixsum kernexectrace khrdebuggpusum khrdebugsum mpi_event_trace network_congestion nvtx_gpu_proj_trace
nvtx_pushpop_trace nvtx_startend_sum nvtxgpuproj nvtxpptrace nvtxsesum nvtxsssum nvvideo_api_sum openacc_sum openaccsum
opengl_khr_gpu_range_sum opengl_khr_range_sum openmp_sum openmpevtsum um_cpu_page_faults_sum um_sum um_total_sum umcpupagefaults
unifiedmemory unifiedmemorytotals vulkan_api_sum vulkan_api_trace vulkan_gpu_marker_sum vulkan_marker_sum vulkanapisum
vulkanapitrace vulkangpumarkersum vulkanmarkerssum wddm_queue_sum wddmqueuesdetails`

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// has reports whether the argument was given.
func (c Choice) has(arg string) bool { return slices.Contains(c.Args, arg) }

// FileName returns what nsys adds to the base of an output file's name.
func (c Choice) FileName() string { return strings.Join(append([]string{c.Name}, c.Args...), "_") }
