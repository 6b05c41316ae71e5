package memoryhierarchy

import (
	"slices"
	"strings"
)

// sector is the bytes of a sector, the unit in which caches move data.
const sector = 32

// The metrics of each level.
const (
	l2ReadBytes    = "l1tex__m_xbar2l1tex_read_bytes.sum"
	l2WriteBytes   = "l1tex__m_l1tex2xbar_write_bytes.sum"
	l2ReadSectors  = "lts__t_sectors_srcunit_tex_op_read.sum"
	l2WriteSectors = "lts__t_sectors_srcunit_tex_op_write.sum"
	l2Sectors      = "lts__t_sectors.sum"

	seenSectors  = "memory_l2_theoretical_sectors_global"
	idealSectors = "memory_l2_theoretical_sectors_global_ideal"
)

// access is a way to reach global or local memory, with the name by which metrics
// know it.
type access struct{ name, space, op string }

func accesses() []access {
	return []access{{"global load", "global", "ld"}, {"global store", "global", "st"}, {"global atomic", "global", "atom"},
		{"global reduction", "global", "red"}, {"local load", "local", "ld"}, {"local store", "local", "st"}}
}

func (a access) requests() string {
	return "l1tex__t_requests_pipe_lsu_mem_" + a.space + "_op_" + a.op + ".sum"
}

func (a access) sectors() string {
	return "l1tex__t_sectors_pipe_lsu_mem_" + a.space + "_op_" + a.op + ".sum"
}

func (a access) hitRate() string {
	return "l1tex__t_sector_pipe_lsu_mem_" + a.space + "_op_" + a.op + "_hit_rate.pct"
}

// used is the bytes of a sector that threads asked for.
func (a access) used() string {
	return "smsp__sass_average_data_bytes_per_sector_mem_" + a.space + "_op_" + a.op + ".ratio"
}

// otherSectors are what L1 is asked for beside the accesses.
func otherSectors() []string {
	list := []string{"l1tex__t_sectors_pipe_tex_mem_texture.sum"}
	for _, op := range []string{"ld", "st", "atom", "red"} {
		list = append(list, "l1tex__t_sectors_pipe_tex_mem_surface_op_"+op+".sum")
	}
	return list
}

// sharedAccess is a way to reach shared memory.
type sharedAccess struct{ name, op string }

func sharedAccesses() []sharedAccess {
	return []sharedAccess{{"shared load", "ld"}, {"shared store", "st"}, {"shared atomic", "atom"}}
}

func (a sharedAccess) instructions() []string {
	return []string{"smsp__sass_inst_executed_op_shared_" + a.op + ".sum", "smsp__inst_executed_op_shared_" + a.op + ".sum"}
}

func (a sharedAccess) wavefronts() string {
	return "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_" + a.op + ".sum"
}

func (a sharedAccess) conflicts() string {
	return "l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_" + a.op + ".sum"
}

func wanted(metric string) bool {
	switch metric {
	case l2ReadBytes, l2WriteBytes, l2ReadSectors, l2WriteSectors, l2Sectors, seenSectors, idealSectors:
		return true
	}
	for _, a := range accesses() {
		if metric == a.requests() || metric == a.sectors() || metric == a.hitRate() || metric == a.used() {
			return true
		}
	}
	for _, a := range sharedAccesses() {
		if metric == a.wavefronts() || metric == a.conflicts() || slices.Contains(a.instructions(), metric) {
			return true
		}
	}
	return strings.HasPrefix(metric, "l1tex__t_sectors_pipe_tex_") && slices.Contains(otherSectors(), metric)
}
