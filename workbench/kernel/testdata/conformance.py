"""jupyter_kernel_test on the test binary, whose cells are in the language of say_test.go."""
import unittest

import jupyter_kernel_test


class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = "say"
    language_name = "go"
    file_extension = ".go"
    code_hello_world = "out hello, world"
    code_stderr = "err test"
    completion_samples = [{"text": "%%s", "matches": {"%%say"}}, {"text": "o", "matches": {"out"}}]
    complete_code_samples = ["out a", "%%say out b"]
    incomplete_code_samples = ["out \\"]
    code_generate_error = "fail as told"
    code_execute_result = [{"code": "result 42", "result": "42"}, {"code": "result a b", "result": "a b"}]
    code_display_data = [{"code": "show - value", "mime": "text/plain"}]
    code_inspect_sample = "out"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "result 4?"

    test_pager = test_clear_output = None  # there is neither a pager nor a word for clearing


if __name__ == "__main__":
    unittest.main(verbosity=2)
