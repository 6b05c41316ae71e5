"""jupyter_kernel_test on the installed kernel; CAPTURES is a folder with the demo's captures."""
import os
import unittest

import jupyter_kernel_test


class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = "profilemate"
    language_name = "go"
    file_extension = ".go"
    completion_samples = [
        {"text": "%%an", "matches": {"%%analysis"}},
        {"text": "%%analysis kernel-summ", "matches": {"kernel-summary"}},
    ]
    complete_code_samples = ["%%analysis health", ""]
    incomplete_code_samples = ['%%analysis health "a']
    code_generate_error = "%%analysis nothing"
    code_display_data = [
        {"code": "%%analysis kernel-summary " + os.environ["CAPTURES"] + "/demo_eager.sqlite", "mime": mime}
        for mime in ("text/html", "image/svg+xml", "application/vnd.profilemate.result+json")
    ]
    code_inspect_sample = "%%analysis health"

    # What needs a language that prints or returns values is held in workbench/kernel.
    test_clear_output = test_execute_result = test_execute_stderr = test_execute_stdout = test_history = test_pager = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
