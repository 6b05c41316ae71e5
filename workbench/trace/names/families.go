package names

import (
	"strings"
	"sync"
)

// familyRules are the rules for kernels, families named as charts color them. What
// the order settles:
//   - attention before gemm: FlashAttention kernels are cutlass::device_kernel too
//     (the name space flashinfer holds norms and sampling as well);
//   - moe before gemm: a grouped product of the experts is the work of the experts;
//   - gemm before norm, activation and quantization: a fused epilogue does not
//     make a product something else;
//   - sampling before reduce and copy: argmax is a reduce_kernel, top-k a gather.
const familyRules = `
communication nccl|cross_device_reduce|all_?reduce|all_?gather|reduce_?scatter|all_?to_?all|multimem|deep_ep::|internode|intranode|mscclpp|nvshmem|\bep::.*(dispatch|combine)
attention     flash([^i]|i[^n]|$)|fmha|attn|attention|sdpa|(^|[^a-z])mla([^a-z]|$)|reshape_and_cache|concat_and_cache|paged_?kv
moe           moe|grouped_?gemm|groupproblemshape|m_grouped|matmul_ogs|(^|[^a-z])bmm_|topkgating|grouped_topk|expert|router|routing
gemm          gemm|gemv|nvjet|cutlass|xmma|cublas|splitk|matmul|tensorop|wgrad|dgrad|implicit_convolve|conv2d|marlin
norm          (rms|layer|group|batch|instance|l2)_?norm|norm_kernel|_norm_|(^|[^a-z])norm::|rowwisemoments
sampling      sampl|softmax|sort|argmax|argmin|multinomial|penalt|top_?k|top_?p|exponential_kernel|radixfind|gumbel
elementwise   rotary|rope|act_and_mul|silu|gelu|swiglu|quant|scaled_fp8|cvt_|elementwise_kernel_with_index|arange
copy          copy|memcpy|memset|catarray|fill|gather|scatter|index_(put|select|elementwise|fill)|indexselect|indexfunc|embedding|transpose|permute
reduce        reduce|reduction|triton_red|triton_per|histogram|scan|cumsum|(^|[^a-z])sum
elementwise   elementwise|triton_poi|axpy|functor|foreach|pointwise|where
`

// componentRules are the rules for the words of NVTX range names. A norm comes
// before what it stands by: post_attention_layernorm is no attention.
const componentRules = `
communication \b(nccl|all ?reduce|all ?gather|reduce ?scatter|all ?to ?all|all2all)\b
norm          \b(norm|norms|rmsnorm|layernorm|batchnorm|groupnorm|ln f|ln [12])\b
moe           \b(moe|expert|experts|router|routing|gating)\b|^gate$
attention     \b(attention|attn|mha|mqa|gqa|mla|sdpa|qkv|kv cache|rotary|rope|([qkvo]|kv|qkv)( [ab])? proj)\b
ffn           \b(ffn|mlp|feed forward|feedforward|(gate|up|down|gate up) proj|fc ?[12]|silu|gelu|swiglu|act fn)\b
sampling      \b(sample|sampler|sampling|argmax|multinomial|penalties|logits processor|rejection)\b
embedding     \b(embedding|embeddings|embed|wte|wpe)\b
head          \b(lm head|logits|unembedding|output layer)\b
host          \b(preprocess|postprocess|bookkeep|bookkeeping|prepare inputs?|schedule|scheduler|scheduling)\b
`

// phaseRules are the rules for ranges that name their phase in plain words, which are
// matched against the words of the whole name. What
// is decoded elsewhere in a server is text, pictures and sound.
const phaseRules = `
-       \b(tokenizer|detokenizer|detokenize|image|video|audio|vae|base64|utf 8|bytes|string)\b.*\bdecode\b
mixed   \bmixed\b|\bprefill\b.*\bdecode\b|\bdecode\b.*\bprefill\b
prefill \b(prefill|prefills|forward extend)\b
decode  \b(decode|decodes|forward decode)\b
`

// DefaultRules returns the rules that tell a kernel's family.
func DefaultRules() *Rules { return defaultFamilies() }

// DefaultComponents returns the rules that tell the component of a model
// (attention, ffn, moe, …) that an NVTX range stands for.
func DefaultComponents() *Rules { return defaultComponents() }

// DefaultPhases returns the rules that tell the phase (prefill, decode, mixed) that an
// NVTX range names in plain words.
func DefaultPhases() *Rules { return defaultPhases() }

// Family returns the family of a kernel name by the default rules; see Rules.Match.
func Family(name string) (family string, ambiguous bool) { return DefaultRules().Match(name) }

// Rules are read-only, so one of each serves all.
var (
	defaultFamilies   = builtIn(familyRules, kernelNames)
	defaultComponents = builtIn(componentRules, rangeParts)
	defaultPhases     = builtIn(phaseRules, rangeWords)
)

// builtIn parses rules of this package when they are first needed. It panics on a
// mistake in them, which a test would have found.
func builtIn(text string, s subject) func() *Rules {
	return sync.OnceValue(func() *Rules {
		rules, err := parseRules(strings.NewReader(text), s)
		if err != nil {
			panic("names: " + err.Error())
		}
		return rules
	})
}
