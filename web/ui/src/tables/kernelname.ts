// Short forms of kernel names. A demangled C++ name hides what it does in its
// template arguments: the short form keeps the function and the one argument that
// tells kernels of the same function apart.

/** wrappers launch what their first telling template argument does. */
const wrappers = new Set(["Kernel", "Kernel2", "device_kernel", "kernel"]);
/** generics do whatever their functor says, so the functor belongs to the name. */
const generic = /elementwise|reduce_kernel|^gather|scan|_apply|_foreach|CatArray|for_each|transform/i;
const telling = /(functor|impl|_kernel|Op$|Op\b|kernel_cuda|_cuda|Functor|softmax|copy|_out$)/i;
const dull = new Set(["func_wrapper_t", "gpu_kernel_impl_nocast", "gpu_kernel_impl", "ReduceOp", "BinaryFunctor", "UnaryFunctor", "AUnaryFunctor", "BUnaryFunctor", "array", "Array", "OpaqueType"]);

/** looksLikeKernel reports whether a text is a demangled C++ function. */
export function looksLikeKernel(text: string): boolean {
  return text.length > 8 && (/\w<.*>/.test(text) || /\w\(.*\)/.test(text) || /\w::\w/.test(text));
}

/** shortKernelName gives the part of a kernel's name that tells what it does; a plain name stays whole. */
export function shortKernelName(full: string): string {
  const name = full.trim().replace(/\[clone [^\]]*\]$/, "").replaceAll("(anonymous namespace)", "<unnamed>")
    .replaceAll("<unnamed>::", "").replaceAll("operator ()", "operator()");
  if (!looksLikeKernel(name)) return full;
  const { base, args } = split(name);
  if (base === "") return full;
  if (args === "") return base;
  if (wrappers.has(base)) return tellingArgument(args) ?? base;
  if (!generic.test(base)) return base;
  const functor = tellingArgument(args);
  return functor === null || functor === base ? base : `${base} · ${functor}`;
}

/** split finds the function's own name and the text of its template arguments. */
function split(name: string): { base: string; args: string } {
  const head = name.slice(0, topLevel(name, "("));
  const open = topLevel(head, "<");
  const path = head.slice(0, open);
  const args = open < head.length ? head.slice(open + 1, head.lastIndexOf(">")) : "";
  const words = path.split(/\s+/);
  const base = (words[words.length - 1] ?? "").split("::").pop() ?? "";
  return { base, args };
}

/** topLevel is the position of a bracket outside all template brackets, or the end. */
function topLevel(text: string, bracket: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (depth === 0 && c === bracket && i > 0) return i;
    if (c === "<") depth++;
    if (c === ">") depth--;
  }
  return text.length;
}

/** tellingArgument is the first name in the template arguments that says what is computed. */
function tellingArgument(args: string): string | null {
  const names = [...args.matchAll(/[A-Za-z_][\w]*(?:::[A-Za-z_~][\w]*)*/g)].map((m) => m[0].split("::").pop() ?? "");
  const found = names.find((n) => telling.test(n) && !dull.has(n)) ?? names.find((n) => /^(cutlass|cute|sm\d+|nvjet|flash)/i.test(n));
  return found === undefined ? null : found.replace(/_kernel(_cuda|_impl)?$|_kernel_impl$|_cuda$/, "");
}
