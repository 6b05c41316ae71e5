// Package offered lists the packages that cells may import.
package offered

// Compiled lists the import paths whose functions run as compiled code. No package
// is among them that reads files, starts programs, opens connections or sees past
// the type system.
func Compiled() []string {
	return []string{
		"bufio", "bytes", "container/heap", "container/list", "context", "encoding/base64", "encoding/binary",
		"encoding/csv", "encoding/hex", "encoding/json", "errors", "fmt", "hash/fnv", "io", "math", "math/big",
		"math/bits", "math/cmplx", "math/rand", "regexp", "sort", "strconv", "strings", "sync", "sync/atomic",
		"text/tabwriter", "time", "unicode", "unicode/utf8",
		"github.com/go-gota/gota/dataframe", "github.com/go-gota/gota/series",
		"gonum.org/v1/gonum/floats", "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/stat",
		"profilemate/frames", "profilemate/workbench/result",
	}
}

// TypesOnly lists packages whose types the checker must know although cells cannot
// import them as they are: the declaration of package profilemate, and packages
// that are refused with a reason.
func TypesOnly() []string {
	return []string{"profilemate/workbench/gocell/api", "cmp", "maps", "slices"}
}
