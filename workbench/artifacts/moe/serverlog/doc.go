// Package serverlog reads what the logs of vLLM and SGLang servers say of steps and of
// the balance of experts: vLLM's iteration details (--enable-logging-iteration-details)
// and throughput lines, and the balancedness lines of the expert load balancers of both.
//
// Lines are known by their message alone: prefixes, colors, processes and versions
// differ. A log of any size is read line by line.
package serverlog
