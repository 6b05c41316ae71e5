"""A program with NVTX ranges and nothing to install: it speaks to the profiler's
injection library as the NVTX headers do. It pushes two nested ranges, ten times."""

import ctypes
import os
import time

CORE, MODULES, RANGE_PUSH_A, RANGE_POP, SIZE = 1, 6, 9, 11, 16
CALLBACKS, VERSION_INFO = 1, 3

tables = [(ctypes.c_void_p * SIZE)() for _ in range(MODULES + 1)]
entries = [(ctypes.c_void_p * (SIZE + 1))(*(ctypes.addressof(t) + i * ctypes.sizeof(ctypes.c_void_p) for i in range(SIZE))) for t in tables]
core = tables[CORE]


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_uint))
def module_table(module, table, size):
    if not 0 < module <= MODULES:
        return 0
    table[0], size[0] = ctypes.addressof(entries[module]), SIZE
    return 1


@ctypes.CFUNCTYPE(None, ctypes.c_uint32)
def set_version(_version):
    pass


class Callbacks(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("module_table", ctypes.c_void_p)]


class VersionInfo(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("version", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("set_version", ctypes.c_void_p)]


callbacks = Callbacks(ctypes.sizeof(Callbacks), ctypes.cast(module_table, ctypes.c_void_p))
version = VersionInfo(ctypes.sizeof(VersionInfo), 3, 0, ctypes.cast(set_version, ctypes.c_void_p))


@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)
def export_table(which):
    return {CALLBACKS: ctypes.addressof(callbacks), VERSION_INFO: ctypes.addressof(version)}.get(which)


path = os.environ.get("NVTX_INJECTION64_PATH")
if path and ctypes.CDLL(path).InitializeInjectionNvtx2(export_table) != 1:
    raise SystemExit("the profiler does not take NVTX")
push = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)(core[RANGE_PUSH_A]) if core[RANGE_PUSH_A] else lambda _: 0
pop = ctypes.CFUNCTYPE(ctypes.c_int)(core[RANGE_POP]) if core[RANGE_POP] else lambda: 0
for step in range(10):
    push(b"step")
    push(b"work")
    time.sleep(0.01)
    pop()
    pop()
print("ten steps")
