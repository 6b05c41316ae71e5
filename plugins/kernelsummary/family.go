package kernelsummary

import (
	"regexp"
	"strings"
)

// The families, named as result.Palette colors them.
const (
	gemm          = "gemm"
	attention     = "attention"
	moe           = "moe"
	norm          = "norm"
	elementwise   = "elementwise"
	reduce        = "reduce"
	copying       = "copy"
	communication = "communication"
	sampling      = "sampling"
	other         = "other"
)

// families are the rules that tell a kernel's family from its name in lower case;
// the first that matches wins. What the order settles:
//   - attention before gemm: FlashAttention kernels are cutlass::device_kernel too
//     (the name space flashinfer holds norms and sampling as well);
//   - moe before gemm: a grouped product of the experts is the work of the experts;
//   - gemm before norm, activation and quantization: a fused epilogue does not
//     make a product something else;
//   - sampling before reduce and copy: argmax is a reduce_kernel, top-k a gather.
var families = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{communication, regexp.MustCompile(`nccl|cross_device_reduce|all_?reduce|all_?gather|reduce_?scatter|all_?to_?all|multimem|deep_ep::|internode|intranode|mscclpp|nvshmem|\bep::.*(dispatch|combine)`)},
	{attention, regexp.MustCompile(`flash([^i]|i[^n]|$)|fmha|attn|attention|sdpa|(^|[^a-z])mla([^a-z]|$)|reshape_and_cache|concat_and_cache|paged_?kv`)},
	{moe, regexp.MustCompile(`moe|grouped_?gemm|groupproblemshape|m_grouped|matmul_ogs|(^|[^a-z])bmm_|topkgating|grouped_topk|expert|router|routing`)},
	{gemm, regexp.MustCompile(`gemm|gemv|nvjet|cutlass|xmma|cublas|splitk|matmul|tensorop|wgrad|dgrad|implicit_convolve|conv2d|marlin`)},
	{norm, regexp.MustCompile(`(rms|layer|group|batch|instance|l2)_?norm|norm_kernel|_norm_|(^|[^a-z])norm::|rowwisemoments`)},
	{sampling, regexp.MustCompile(`sampl|softmax|sort|argmax|argmin|multinomial|penalt|top_?k|top_?p|exponential_kernel|radixfind|gumbel`)},
	{elementwise, regexp.MustCompile(`rotary|rope|act_and_mul|silu|gelu|swiglu|quant|scaled_fp8|cvt_|elementwise_kernel_with_index|arange`)},
	{copying, regexp.MustCompile(`copy|memcpy|memset|catarray|fill|gather|scatter|index_(put|select|elementwise|fill)|indexselect|indexfunc|embedding|transpose|permute`)},
	{reduce, regexp.MustCompile(`reduce|reduction|triton_red|triton_per|histogram|scan|cumsum|(^|[^a-z])sum`)},
	{elementwise, regexp.MustCompile(`elementwise|triton_poi|axpy|functor|foreach|pointwise|where`)},
}

// familyOf returns the family of a kernel name.
func familyOf(name string) string {
	lower := strings.ToLower(name)
	for _, f := range families {
		if f.pattern.MatchString(lower) {
			return f.name
		}
	}
	return other
}
