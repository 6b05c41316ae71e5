package names_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/trace/names"
)

// kernelNames are names seen in real traces of several engines and libraries, by
// family.
func kernelNames() map[string][]string {
	return map[string][]string{
		"communication": {"ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<(unsigned long)4096>)", "ncclKernel_AllGather_RING_LL_Sum_int8_t",
			"void sglang::cross_device_reduce_1stage<__nv_bfloat16, 2>", "vllm::cross_device_reduce_2stage", "deep_ep::internode_ll::dispatch",
			"dpsk::ep::internode::combine_ll", "multimem_all_reduce_kernel", "void userbuffers_fp16_sum_inplace_gpu_rr_rs_nvshmem<8>(int)"},
		"attention": {"void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<int>>>(T1::Params)", "flash_fwd_splitkv_kernel",
			"flash_fwd_splitkv_combine_kernel", "kernel_unified_attention_2d", "fmhaSm100fKernel_QkvBfloat16OBfloat16H128PagedKv",
			"void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16>(int)", "void vllm::concat_and_cache_mla_kernel<int>(int)", "_fwd_mla_decode",
			"vllm::merge_attn_states_kernel", "void flashinfer::BatchDecodeWithPagedKVCacheKernel<int>(int)", "void vllm::paged_attention_v1_kernel<int>(int)",
			"cudnn_generated_fort_native_sdpa_sm80_flash_fprop_wmma_f16_knob_35_16x128x64_1x4x1_cga1x1x1_kernel0_0"},
		"moe": {"fused_moe_kernel", "_matmul_ogs_NNT_bf16xbf16xmxfp4_16x256x128x1_swiglu", "void marlin_moe_wna16::Marlin<int>(int)",
			"vllm::moe::count_and_sort_expert_tokens_kernel", "vllm::moe::moe_align_block_size_kernel", "vllm::moe::topkGatingSoftmax",
			"void vllm::moe::moe_sum_kernel<c10::BFloat16, 2>(T1 *)", "void cutlass::device_kernel<cutlass::gemm::kernel::GemmUniversal<cutlass::gemm::GroupProblemShape<int>>>(int)",
			"bmm_Bfloat16_E2m1E2m1_Fp32_t128x8x512", "grouped_topk_kernel"},
		"gemm": {"sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64_warpgroupsize1x1x1", "nvjet_tst_64x24_64x16_4x1_v_bz_splitK_bias_TNT",
			"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT", "ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_64x3", "void cublasLt::splitKreduce_kernel<32, 16>(int)",
			"void gemmk1_kernel<int, float>(int)", "reduce_1Block_kernel<float,128,7,cublasGemvTensorStridedBatched<float const>>",
			"std::enable_if<!T7, void>::type internal::gemvx::kernel<int, int, __nv_bfloat16, float>(T1)", "gemm_wmma(int, const __half *, const __half *, float *)",
			"void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x64>(T1::Params)", "cutlass_gemm_epilogue_silu_quant"},
		"norm": {"void vllm::fused_add_rms_norm_kernel<c10::BFloat16, 8>(int)", "void flashinfer::norm::FusedAddRMSNormKernel<8u, __nv_bfloat16>(int)",
			"triton_red_fused__to_copy_add_mean_mul_pow_rsqrt_rms_norm_0", "void at::native::<unnamed>::vectorized_layer_norm_kernel<c10::BFloat16, float>(int)"},
		"sampling": {"at::native::(anonymous namespace)::cunn_SoftMaxForward", "void at::native::sbtopk::gatherTopK<float, unsigned int, (int)2, (bool)0>(int)",
			"at_cuda_detail::cub::detail::radix_sort::DeviceRadixSortOnesweepKernel<int>", "void <unnamed>::softmax_warp_forward<float, float, float, (int)4>(T2 *)",
			"void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int, long>>(T3)",
			"void at::native::<unnamed>::distribution_elementwise_grid_stride_kernel<float, (int)4, exponential_kernel>(int)", "void flashinfer::sampling::TopKTopPSamplingFromProbKernel<int>(int)"},
		"elementwise": {"void vllm::rotary_embedding_kernel<c10::BFloat16, true>(int)", "void vllm::act_and_mul_kernel<c10::BFloat16, &vllm::silu_kernel<c10::BFloat16>>(int)",
			"_static_quant_fp8", "void vllm::dynamic_scaled_fp8_quant_kernel<int>(int)", "per_token_group_quant_8bit_kernel", "triton_poi_fused_add_mul_3",
			"void <unnamed>::elementwise_kernel_with_index<int, at::native::arange_cuda_out>(int)", "saxpy(int, float, const float *, float *)",
			"void at::native::vectorized_elementwise_kernel<(int)4, at::native::BinaryFunctor<float, float, float, at::native::binary_internal::DivFunctor<float>>>(int, T2, T3)"},
		"copy": {"at::native::vectorized_gather_kernel<16, long>", "void at::native::<unnamed>::indexSelectSmallIndex<float>(int)", "CatArrayBatchedCopy",
			"void at::native::elementwise_kernel<(int)128, (int)4, void at::native::gpu_kernel_impl_nocast<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase &)>>(int, T3)",
			"void at::native::vectorized_elementwise_kernel<(int)8, at::native::FillFunctor<c10::BFloat16>>(int, T2, T3)", "transpose_naive(int, const float *, float *)"},
		"reduce": {"reduce_sum(int, const float *, float *)", "void at::cuda::kernelHistogram1D<long, long>(int)", "triton_per_fused_sum_1",
			"void cudnn::fusion::lean_reduction_kernel<(bool)0>(void *)", "void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<float, at::native::func_wrapper_t<float, sum_functor>>>(T3)"},
		"other": {"fp64_chain(int, double *)", "void at::native::<unnamed>::_assert_async_cuda_kernel<bool>(const T1 *, at::native::Msg)"},
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for family, list := range kernelNames() {
		for _, name := range list {
			if got, _ := names.Family(name); got != family {
				t.Errorf("%s is %s, want %s", name, got, family)
			}
		}
	}
}

// A name is ambiguous when the rules of another family match as well.
func TestAmbiguousFamilies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		want []string
	}{
		{"nvjet_tst_64x24_64x16_4x1_v_bz_TNT", []string{"gemm"}},
		{"void vllm::rotary_embedding_kernel<c10::BFloat16, true>(int)", []string{"elementwise", "copy"}},
		{"fused_moe_gemm", []string{"moe", "gemm"}},
		// The rules of one family twice are no second family.
		{"void at::native::vectorized_elementwise_kernel<4, silu_functor>(int)", []string{"elementwise"}},
		{"fp64_chain(int, double *)", nil},
	}
	for _, c := range cases {
		if got := names.DefaultRules().Matches(c.name); !slices.Equal(got, c.want) {
			t.Errorf("%s matches %v, want %v", c.name, got, c.want)
		}
		if _, ambiguous := names.Family(c.name); ambiguous != (len(c.want) > 1) {
			t.Errorf("%s is ambiguous: %v", c.name, ambiguous)
		}
	}
}

// shortNames are names and what they are shortened to, all in one list.
func shortNames() []struct{ name, want string } {
	return []struct{ name, want string }{
		{"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT", "nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT"},
		{"gemm_wmma(int, const __half *, const __half *, float *)", "gemm_wmma"},
		{"at::native::<unnamed>::fill_reverse_indices_kernel(long *, int, at::cuda::detail::IntDivider<unsigned int>)", "fill_reverse_indices_kernel"},
		{"void at::native::(anonymous namespace)::cunn_SoftMaxForward<4, float>(float*)", "cunn_SoftMaxForward"},
		{"void at::native::vectorized_gather_kernel<(int)16, long>(char *, char *, T2 *, int)", "vectorized_gather_kernel"},
		{"void at::native::vectorized_elementwise_kernel<(int)8, at::native::<unnamed>::silu_kernel(at::TensorIteratorBase &)::[lambda() (instance 1)]::operator ()() const::[lambda() (instance 6)], std::array<char *, (unsigned long)2>>(int, T2, T3)",
			"vectorized_elementwise_kernel<silu_kernel>"},
		{"void at::native::elementwise_kernel<(int)128, (int)2, void at::native::gpu_kernel_impl_nocast<at::native::BinaryFunctor<float, float, float, at::native::binary_internal::DivFunctor<float>>>(at::TensorIteratorBase &, const T1 &)::[lambda(int) (instance 1)]>(int, T3)",
			"elementwise_kernel<DivFunctor>"},
		{"void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<int>>>(T1::Params)", "device_kernel<FlashAttnFwdSm90>"},
		{"void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x64>(T1::Params)", "cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x64>"},
		{"std::enable_if<!T7, void>::type internal::gemvx::kernel<int, __nv_bfloat16>(T1)", "gemvx::kernel<int>"},
		// The same function and telling part: what differs is added.
		{"void <unnamed>::softmax_warp_forward<float, float, float, (int)4, (bool)0>(T2 *)", "softmax_warp_forward<4>"},
		{"void <unnamed>::softmax_warp_forward<float, float, float, (int)8, (bool)0>(T2 *)", "softmax_warp_forward<8>"},
		{"void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<c10::BFloat16, at::native::ArgMaxOps<float>, unsigned int>>(T3)", "reduce_kernel<ArgMaxOps, BFloat16>"},
		{"void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int>>(T3)", "reduce_kernel<ArgMaxOps, float>"},
		// Nothing but the parameters differs: the names are written out.
		{"same(int)", "same(int)"}, {"same(float)", "same(float)"},
		// Cut off by a tool.
		{"void at::native::cut_off<(int)4, std::arr", "cut_off"},
		{"void cutlass::device_kernel<cutlass::gemm::kernel::GemmUniversal<int>>(T1::Params)", "device_kernel<GemmUniversal>"},
		// No C++ signature at all.
		{"<<<", "<<<"}, {"(", "("}, {"a::", "a::"}, {" ", " "}, {"f<", "f"}, {"operator()", "operator"},
	}
}

func TestShortNames(t *testing.T) {
	t.Parallel()
	cases := shortNames()
	random := rand.New(rand.NewPCG(3, 6))
	for range 20 {
		random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		full := make([]string, len(cases))
		for i, c := range cases {
			full[i] = c.name
		}
		for i, got := range names.ShortNames(full) {
			if got != cases[i].want {
				t.Fatalf("%s\nis shortened to %q, want %q", cases[i].name, got, cases[i].want)
			}
		}
	}
}

// Different kernels have different short names, and equal ones equal names, also
// when there are very many.
func TestShortNamesAreUnique(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 30_000 {
		list = append(list, fmt.Sprintf("void ns%d::f<(int)%d, float>(int)", i%2, i/4), fmt.Sprintf("void g<%s>(int)", strings.Repeat("x", i%50)))
	}
	list = append(list, "h(int)", "h(float)", "h", "ns::h(int)", "", "", "void ns::w<a, b>(int)", "w<a>", "w<a, b>")
	checkDistinct(t, list)
}

func checkDistinct(t *testing.T, list []string) {
	t.Helper()
	full, shortened := map[string]string{}, map[string]string{}
	for i, short := range names.ShortNames(list) {
		if before, taken := full[short]; taken && before != list[i] {
			t.Fatalf("%q and %q are both %q", before, list[i], short)
		}
		if before, known := shortened[list[i]]; known && before != short {
			t.Fatalf("%q is both %q and %q", list[i], before, short)
		}
		full[short], shortened[list[i]] = list[i], short
	}
}

// What ShortName returns alone is what ShortNames returns for a list of one.
func TestShortNameAlone(t *testing.T) {
	t.Parallel()
	for _, list := range kernelNames() {
		for _, name := range list {
			if got, want := names.ShortName(name), names.ShortNames([]string{name})[0]; got != want {
				t.Errorf("%s is %q alone and %q in a list", name, got, want)
			}
		}
	}
}
