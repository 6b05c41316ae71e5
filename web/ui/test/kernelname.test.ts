import assert from "node:assert/strict";
import { test } from "node:test";
import { looksLikeKernel, shortKernelName } from "../src/tables/kernelname";

// Names as nsys prints them for a PyTorch model on an H100.
const cases: [string, string][] = [
  ["nvjet_sm90_tst_64x8_64x16_2x1_v_bz_NNT", "nvjet_sm90_tst_64x8_64x16_2x1_v_bz_NNT"],
  ["void at::native::sbtopk::gatherTopK<float, unsigned int, (int)2, (bool)0>(at::cuda::detail::TensorInfo<const T1, T2>, T2)", "gatherTopK"],
  ["void at::native::index_elementwise_kernel<(int)128, (int)4, void at::native::index_copy_kernel_impl<at::native::OpaqueType<(int)2>>(at::TensorIterator &, long, long, long)::[lambda(int) (instance 1)]>(long, T3)", "index_elementwise_kernel · index_copy"],
  ["void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<float, at::native::func_wrapper_t<float, at::native::sum_functor<float, float, float>::operator ()(at::TensorIterator &)::[lambda(float, float) (instance 1)]>, unsigned int, float, (int)4, (int)4>>(T3)", "reduce_kernel · sum_functor"],
  ["void at::native::<unnamed>::vectorized_layer_norm_kernel<c10::BFloat16, float, (bool)1>(int, T2, const T1 *)", "vectorized_layer_norm_kernel"],
  ["void at::native::elementwise_kernel<(int)128, (int)4, void at::native::gpu_kernel_impl_nocast<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase &)::[lambda() (instance 3)]::operator ()() const::[lambda(c10::BFloat16) (instance 1)]>(at::TensorIteratorBase &, const T1 &)::[lambda(int) (instance 1)]>(int, T3)", "elementwise_kernel · direct_copy"],
  ["void at::native::vectorized_elementwise_kernel<(int)8, at::native::CUDAFunctor_add<c10::BFloat16>, std::array<char *, (unsigned long)3>>(int, T2, T3)", "vectorized_elementwise_kernel · CUDAFunctor_add"],
  ["void at::native::elementwise_kernel<(int)128, (int)4, void at::native::gpu_kernel_impl_nocast<at::native::BinaryFunctor<c10::BFloat16, c10::BFloat16, c10::BFloat16, at::native::binary_internal::MulFunctor<float>>>(at::TensorIteratorBase &, const T1 &)::[lambda(int) (instance 1)]>(int, T3)", "elementwise_kernel · MulFunctor"],
  ["void <unnamed>::softmax_warp_forward<float, float, float, (int)4, (bool)0, (bool)0>(T2 *, const T1 *, int, int, int)", "softmax_warp_forward"],
  ["void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_bf16_64x64_32x6_tn_align8>(T1::Params)", "cutlass_80_tensorop_bf16_s16816gemm_bf16_64x64_32x6_tn_align8"],
  ["saxpy(int, float, const float *, float *)", "saxpy"],
  ["saxpy", "saxpy"],
  ["", ""],
  ["<<<>>>", "<<<>>>"],
  ["(((", "((("],
];

test("a short name tells what the kernel does", () => {
  for (const [full, want] of cases) assert.equal(shortKernelName(full), want);
});

test("words are not taken for kernels", () => {
  assert.equal(looksLikeKernel("compute bound (by 8 %)"), false);
  assert.equal(looksLikeKernel("Memory (DRAM)"), false);
  assert.equal(looksLikeKernel("void f<int>(T1)"), true);
});
