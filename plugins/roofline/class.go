package roofline

import "profilemate/workbench/analysis/launch"

// class is ncu's class of the kernel.
func (k *kernel) class() string {
	return launch.SpeedOfLight(k.sm.value(), k.memory.value(), k.waves.value())
}

// limit is what the class names as the limit: "memory", "compute" or "".
func (k *kernel) limit() string { return launch.Limit(k.class()) }
