package apisummary

import "strings"

// class is what a CUDA call is for.
type class uint8

const (
	launching class = iota
	replaying
	synchronizing
	copying
	setting
	allocating
	freeing
	loading
	querying
	remaining
	classes // how many there are
)

func (c class) String() string {
	return [...]string{"launch", "graph launch", "synchronize", "copy", "set", "allocate", "free", "load code", "query", "other"}[c]
}

// color names a color of its own for each class, so that a class looks the same in
// every capture.
func (c class) color() string {
	return [...]string{"gemm", "elementwise", "attention", "copy", "reduce", "norm", "moe", "communication", "sampling", "other"}[c]
}

// isRare reports whether steady work should do without calls of a function: those
// that load code or manage memory, unless they are ordered in a stream, which a
// pool makes cheap.
func isRare(name string) bool {
	c := classOf(name)
	return (c == allocating || c == freeing || c == loading) && !isAsync(name)
}

func isAsync(name string) bool { return strings.Contains(strings.ToLower(name), "async") }

// classRules tell the class from a part of the name without its cuda or cu; the
// first that matches wins. What the order settles: cudaGraphLaunch is a launch, and
// cudaGraphAddMemcpyNode, cudaStreamBeginCapture and the attributes of functions
// are neither a copy nor a launch.
var classRules = []struct {
	parts []string
	class class
}{
	{[]string{"graphlaunch"}, replaying},
	{[]string{"graph", "capture", "launchhostfunc"}, remaining},
	{[]string{"launch"}, launching},
	{[]string{"synchronize"}, synchronizing},
	{[]string{"query"}, querying},
	{[]string{"memcpy"}, copying},
	{[]string{"memset"}, setting},
	{[]string{"libraryload", "libraryunload", "moduleload", "moduleunload", "linkcomplete"}, loading},
	{[]string{"free", "memrelease", "memunmap", "hostunregister"}, freeing},
	{[]string{"malloc", "hostalloc", "memalloc", "memcreate", "memmap", "hostregister"}, allocating},
}

// classOf returns the class of a function by its name.
func classOf(name string) class {
	bare := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(name), "cu"), "da")
	for _, rule := range classRules {
		for _, part := range rule.parts {
			if strings.Contains(bare, part) {
				return rule.class
			}
		}
	}
	return remaining
}

// waits reports whether a call holds the host until the GPU has done the work
// before it: a synchronization, a copy without Async, and a free of device memory
// that is not ordered in a stream.
func waits(name string, c class) bool {
	switch c {
	case synchronizing:
		return true
	case copying:
		return !isAsync(name)
	case freeing:
		return !isAsync(name) && strings.Contains(name, "Free") && !strings.Contains(name, "Host")
	}
	return false
}

func isQuery(name string) bool { return strings.Contains(name, "Query") }

// notReady reports whether a query's answer means "not yet": 600 in the driver and
// in the runtime since CUDA 10.1, 34 in the runtime before.
func notReady(result int64) bool { return result == 600 || result == 34 }

// meanings returns the values that calls return when they fail, in the words of the
// CUDA runtime's documentation (cudaError_t); the driver shares the numbers.
func meanings() map[int64]string {
	return map[int64]string{
		1: "invalid value", 2: "out of memory", 3: "initialization failed or not initialized", 4: "driver is shutting down",
		9: "invalid launch configuration", 11: "invalid value", 34: "stub library, or not ready in CUDA before 10.1",
		35: "driver older than the runtime", 46: "devices are all busy", 98: "invalid device function", 100: "no CUDA device",
		101: "invalid device", 200: "invalid kernel image", 201: "invalid context", 209: "no kernel image for this device",
		218: "invalid PTX", 222: "PTX of an unsupported version", 300: "invalid source", 301: "file not found", 302: "symbol not found in a shared object",
		400: "invalid handle", 401: "illegal state", 500: "symbol not found", 600: "not ready", 700: "illegal memory access",
		701: "too many resources for a launch", 702: "launch timed out", 704: "peer access already enabled", 705: "peer access not enabled",
		709: "context destroyed", 710: "device-side assert", 712: "host memory already registered", 713: "host memory not registered",
		715: "illegal instruction", 716: "misaligned address", 719: "launch failed", 720: "cooperative launch too large", 800: "not permitted",
		801: "not supported", 802: "system not ready", 900: "not permitted during stream capture", 901: "stream capture invalidated",
		907: "would depend on work outside the stream capture", 908: "another thread captures a stream", 910: "graph update failed", 999: "unknown error",
	}
}
