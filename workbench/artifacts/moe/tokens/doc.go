// Package tokens reads routing token by token: which experts each token chose in each
// layer, and where known with which weights. Sources are the responses of vLLM and SGLang
// servers that return routed experts, arrays of ids (.npy, .npz), and router logits of
// Hugging Face models (.npy, .npz, safetensors); one file, or a folder of them.
//
// The ids themselves are the table "tokens". The counts that analyses of a tracker's
// folder read (steps, activations, coselection, affinity, weights) have the same names
// and columns here: they are counted from the ids, streaming, on all cores, when they
// are first asked for. A file of any size is read in bounded memory.
package tokens
